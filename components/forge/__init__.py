"""Forges: where proposals live (a local bare repository, or GitHub)."""
