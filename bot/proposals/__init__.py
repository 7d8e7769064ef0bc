"""A proposal's run: check it, publish its report, cancel it."""
