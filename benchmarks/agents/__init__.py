"""Briefs for agents, and what they take over MCP and by text."""
