"""The bot: decides and runs; imports components, never the other way round."""

from importlib.metadata import version

__version__ = version("algoops")
