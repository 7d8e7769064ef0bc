"""Strategies written as rules, executed."""
