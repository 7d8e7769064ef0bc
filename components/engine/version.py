"""What computes fills and metrics, by name and version, known without loading any of it."""

from importlib.metadata import version

WIRE_VERSION = 3
ENGINE = f"backtesting {version('backtesting')}, wire {WIRE_VERSION}"
"""Part of every content key."""
