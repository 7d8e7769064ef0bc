"""A picture of a run for notebooks: the account's worth, its drawdown, and what symbols brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bokeh.io import save
from bokeh.layouts import column
from bokeh.models import HoverTool
from bokeh.palettes import Category20
from bokeh.plotting import figure
from bokeh.resources import INLINE

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

_WIDTH = 900
_COLOURS = Category20[20]


def plot(stats: pd.Series[Any], filename: str | PathLike[str] | None = None) -> Any:
    """Draw what `backtest` returned.

    Args:
        stats: of `algoops.backtest`.
        filename: where an HTML page of it is written, which needs no network to be looked at.

    Returns:
        A layout of bokeh: `bokeh.io.show(plot(stats))` after `bokeh.io.output_notebook()`.
    """
    curve = stats["_equity_curve"]
    worth = _panel("Worth", 260)
    worth.line(curve.index, curve["Equity"], color=_COLOURS[0])
    down = _panel("Drawdown [%]", 130, worth)
    down.varea(curve.index, 0, -100 * curve["DrawdownPct"], color=_COLOURS[6])
    panels = [worth, down]
    if len(stats["_trades"]):
        panels.append(_by_symbol(stats["_trades"], stats["_contributions"]["PnL"], worth))
    made = column(*panels)
    if filename is not None:
        save(made, filename, resources=INLINE, title="algoops")
    return made


def _by_symbol(trades: pd.DataFrame, brought: pd.Series[Any], beside: Any) -> Any:
    """Each symbol's closed profit over time; the legend has all that it brought."""
    made = _panel("Closed profit by symbol", 260, beside)
    for number, (symbol, own) in enumerate(trades.groupby("Symbol")):
        closed = own.sort_values("ExitTime", kind="stable")
        made.step(
            closed["ExitTime"],
            closed["PnL"].cumsum(),
            mode="after",
            color=_COLOURS[number % len(_COLOURS)],
            legend_label=f"{symbol} ({brought[symbol]:,.0f})",
            name=str(symbol),
        )
    made.legend.click_policy = "hide"
    made.legend.location = "top_left"
    return made


def _panel(title: str, height: int, beside: Any = None) -> Any:
    """A figure over time; those beside each other are moved together."""
    ranges = {} if beside is None else {"x_range": beside.x_range}
    made = figure(
        title=title, width=_WIDTH, height=height, x_axis_type="datetime",
        tools="xpan,xwheel_zoom,box_zoom,reset", **ranges,
    )  # fmt: skip
    made.add_tools(
        HoverTool(
            tooltips=[("", "$name $y{0,0.00}"), ("", "$x{%F}")], formatters={"$x": "datetime"}
        )
    )
    return made
