"""The trusted engine: fills, equity and metrics are computed here and nowhere else."""
