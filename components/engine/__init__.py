"""The trusted engine: fills, equity and metrics are computed here and nowhere else."""

from components.sandbox.guest.runtime.warm import leave_out_plotting

leave_out_plotting()  # before any module of the engine imports `backtesting`
