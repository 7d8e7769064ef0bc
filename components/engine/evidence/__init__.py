"""How much of a result is luck: pure formulas over returns (docs/metrics.md has each source)."""
