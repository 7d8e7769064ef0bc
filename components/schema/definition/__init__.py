"""strategy.yaml: models, checks, backtest configuration."""
