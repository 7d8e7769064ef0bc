"""Output Validator: static code safety."""
