"""The one broker: of notebooks, of the sandbox, and of the trusted side, which counts."""
