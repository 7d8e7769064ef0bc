"""Definitions of version 1.x to version 2."""
