"""The rules, and what is open of each allowed module."""
