"""The loop and its upkeep; the composition root."""
