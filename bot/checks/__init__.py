"""All checks of one strategy, stage by stage, and of one proposal."""
