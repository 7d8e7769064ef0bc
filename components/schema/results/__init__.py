"""Findings, results, verdicts and the report: values that travel between the parts."""
