"""The bot: decides and runs; imports components, never the other way round."""

import os

# Before pandas loads Arrow, and for all processes below: its unused jemalloc keeps a thread which,
# when the machine has no process left, asks for another one without a pause and says so each time.
os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
