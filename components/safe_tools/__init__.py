"""Safe Tools: the one door for paths and git objects from outside."""

import os

# GitPython fails its import where git is missing; we want a message for people at first use.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
