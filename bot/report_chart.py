"""PURE: the chart of a report's comment: equity of each checked strategy as GitHub can draw it."""

from components.engine import charts
from components.schema.report import Report


def chart(report: Report) -> str:
    """A Mermaid block of the first backtested strategy's equity, "" where there is none."""
    for strategy in report.strategies:
        for result in strategy.results:
            if len(result.equity) > 1:
                return charts.mermaid(result)
    return ""
