"""Deployed strategies on each new bar: what they want next, and the record of it."""
