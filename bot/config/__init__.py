"""config.yaml and environment into frozen settings; logging."""
