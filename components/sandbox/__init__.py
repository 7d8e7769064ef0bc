"""Sandbox Orchestrator: Docker or bubblewrap, warm pool, limits, clean-up."""
