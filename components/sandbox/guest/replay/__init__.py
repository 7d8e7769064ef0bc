"""A backtest inside the guest: bars in, orders out."""
