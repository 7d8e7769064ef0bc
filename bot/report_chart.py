"""PURE: the chart of a report's comment: equity of each checked strategy as GitHub can draw it."""

from components.engine import charts
from components.schema.report import Report


def chart(report: Report) -> str:
    """Mermaid text of the first backtested strategy's equity, "" where there is none.

    Without its fence: whoever embeds it chooses one that its content cannot close.
    """
    for strategy in report.strategies:
        for result in strategy.results:
            block = charts.mermaid(result)
            if block:
                return "\n".join(block.strip().splitlines()[1:-1])
    return ""
