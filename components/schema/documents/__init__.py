"""Untrusted YAML and JSON to plain values with positions, and back."""
