"""Canonical Schema v2: definitions, configurations, results, policies, the rule language."""
