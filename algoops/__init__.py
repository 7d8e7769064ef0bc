"""For authors: strategies over several symbols on one account, in a notebook and in the bot.

from algoops import PortfolioStrategy, backtest, plot
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from algoops.plotting import plot as plot  # exported
    from algoops.run import backtest as backtest  # as above
    from algoops.strategy import PortfolioStrategy as PortfolioStrategy  # as above

__all__ = ["PortfolioStrategy", "backtest", "plot"]


def __getattr__(name: str) -> Any:
    """Loads pandas only for those who want a strategy: the exchange is used without."""
    if name == "PortfolioStrategy":
        from algoops.strategy import PortfolioStrategy  # noqa: PLC0415  # see above

        return PortfolioStrategy
    if name == "backtest":
        from algoops.run import backtest  # noqa: PLC0415  # see above

        return backtest
    if name == "plot":
        from algoops.plotting import plot  # noqa: PLC0415  # see above

        return plot
    raise AttributeError(f"module 'algoops' has no attribute {name!r}")
