"""Market data: names of files, one file of bars, and what is suspicious in it."""
