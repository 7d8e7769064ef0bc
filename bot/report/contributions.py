"""PURE: what each symbol of a portfolio brought, for people."""

from components.schema.results.values import Contribution, ExecutionResult

HEAD = ("Symbol", "Profit", "Of closed trades", "Of open ones", "Trades", "Bars")


def largest(result: ExecutionResult) -> list[Contribution]:
    """The largest profits and losses first."""
    return sorted(result.contributions, key=lambda one: (-abs(one.pnl), one.symbol))


def contribution_rows(result: ExecutionResult) -> list[tuple[str, ...]]:
    """A row a symbol as `HEAD` names it, in account currency; none of a result on one symbol."""
    return [
        (
            one.symbol,
            f"{one.pnl:+z,.2f}",
            f"{one.closed:+z,.2f}",
            f"{one.open:+z,.2f}",
            f"{one.trades:,}",
            _span(one),
        )
        for one in largest(result)
    ]


def _span(one: Contribution) -> str:
    if not one.first:
        return "none in this time"
    return f"from {one.first[:10]}" + (f", delisted {one.delisted[:10]}" if one.delisted else "")
