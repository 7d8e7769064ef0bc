"""The operator's policy files as frozen models."""
