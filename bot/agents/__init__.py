"""The tools for agents over MCP: eight, each answer bounded; none of them deploys."""
