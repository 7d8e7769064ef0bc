"""Parameter sweeps: grid, statistics, picture."""
