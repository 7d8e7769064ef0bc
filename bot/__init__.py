"""The bot: decides and runs; imports components, never the other way round."""
