"""Pictures of results: text for comments (Mermaid, sparkline), SVG and PNG for files."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.schema.results.report import Report
    from components.schema.results.values import EquityPoint, ExecutionResult

_TICKS = "▁▂▃▄▅▆▇█"
MERMAID_POINTS = 60
SPARK_POINTS = 40
_LABELS = 6
_FIGURE = (10, 7.5)


def mermaid(result: ExecutionResult, deployed: ExecutionResult | None = None) -> str:
    """A Mermaid `xychart-beta` block of the equity curve; GitHub draws it in a comment.

    First line: the strategy; then buy and hold, then the deployed version where given.

    Returns:
        The fenced block, or "" where there is nothing to draw.
    """
    points = _thinned(result.equity, MERMAID_POINTS)
    if len(points) < 2:  # noqa: PLR2004  # a line has two ends
        return ""
    lines = [[p.equity for p in points]]
    names = ["strategy"]
    if all(p.benchmark is not None for p in points):
        lines.append([p.benchmark or 0.0 for p in points])
        names.append("buy and hold")
    if deployed is not None and len(other := _thinned(deployed.equity, len(points))) == len(points):
        lines.append([p.equity for p in other])
        names.append("deployed")
    low, high = min(map(min, lines)), max(map(max, lines))
    pad = (high - low) * 0.02 or 1.0
    symbol = "".join(c for c in result.symbol if c.isalnum() or c in ".-+")
    body = [
        "```mermaid",
        "xychart-beta",
        f'    title "Equity on {symbol}: {", ".join(names)}"',
        f"    x-axis [{', '.join(_label(points, at) for at in range(len(points)))}]",
        f'    y-axis "equity" {low - pad:z.0f} --> {high + pad:z.0f}',
        *(f"    line [{', '.join(f'{value:z.0f}' for value in line)}]" for line in lines),
        "```",
    ]
    return "\n".join(body)


def _label(points: Sequence[EquityPoint], at: int) -> str:
    """The point's day, or blanks between labels (each distinct, as Mermaid asks)."""
    every = max(1, len(points) // _LABELS)
    return f'"{points[at].time[:10]}"' if at % every == 0 else f'"{" " * (at + 1)}"'


def sparkline(result: ExecutionResult, points: int = SPARK_POINTS) -> str:
    """The equity curve as a line of block characters; "" where there is none."""
    values = [p.equity for p in _thinned(result.equity, points)]
    if not values:
        return ""
    low, span = min(values), max(values) - min(values)
    scale = (len(_TICKS) - 1) / span if span else 0.0
    return "".join(_TICKS[round((value - low) * scale)] for value in values)


def _thinned(equity: Sequence[EquityPoint], points: int) -> list[EquityPoint]:
    if len(equity) <= points:
        return list(equity)
    last = len(equity) - 1
    return [equity[round(at * last / (points - 1))] for at in range(points)]


def picture(
    result: ExecutionResult,
    kind: Literal["svg", "png"],
    deployed: ExecutionResult | None = None,
) -> bytes:
    """Equity against buy and hold and the deployed version, drawdown, and trades.

    Args:
        result: a finished backtest with its equity curve.
        kind: file format.
        deployed: the deployed version on the same data.

    Returns:
        The file's content; equal results give equal bytes.

    Raises:
        ValueError: the result has no equity curve.
    """
    if not result.equity:
        raise ValueError(f"nothing to draw: the backtest ended as {result.status}")
    import matplotlib as mpl  # noqa: PLC0415  # slow to import, needed for files only
    from matplotlib.figure import Figure  # noqa: PLC0415  # as above

    with mpl.rc_context({"svg.hashsalt": "algoops", "font.size": 9}):
        figure = Figure(figsize=_FIGURE, layout="constrained")
        equity, drawdown, trades = figure.subplots(
            3, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1, 1]}
        )
        _draw_equity(equity, result, deployed)
        _draw_drawdown(drawdown, result, deployed)
        _draw_trades(trades, result)
        file = io.BytesIO()
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()


def page(result: ExecutionResult) -> str:
    """A self-contained HTML page with the picture and the metrics. Raises as `picture`."""
    drawn = picture(result, "svg").decode()
    drawing = drawn[drawn.index("<svg") :]
    metrics = result.metrics.model_dump() if result.metrics else {}
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(_shown(value))}</td></tr>"
        for name, value in metrics.items()
    )
    title = html.escape(f"{result.symbol} {result.interval}".strip())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:14px system-ui;max-width:60rem;margin:2rem auto}svg{width:100%}"
        "th{text-align:left;padding-right:2rem;font-weight:normal}</style>"
        f"<h1>{title}</h1>{drawing}<table>{rows}</table></html>\n"
    )


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _draw_equity(axes: Any, result: ExecutionResult, deployed: ExecutionResult | None) -> None:
    axes.plot(_times(result), [p.equity for p in result.equity], label="strategy", color="#1f77b4")
    held = [(t, p.benchmark) for t, p in zip(_times(result), result.equity, strict=True)]
    held = [(t, value) for t, value in held if value is not None]
    if held:
        axes.plot(*zip(*held, strict=True), label="buy and hold", color="#999999", linewidth=1)
    if deployed is not None and deployed.equity:
        curve = [p.equity for p in deployed.equity]
        axes.plot(_times(deployed), curve, label="deployed", color="#ff7f0e", linewidth=1)
    axes.set_ylabel("equity")
    axes.set_title(f"{result.symbol} {result.interval}".strip())
    axes.legend(loc="upper left", frameon=False)
    axes.grid(alpha=0.3)


def _draw_drawdown(axes: Any, result: ExecutionResult, deployed: ExecutionResult | None) -> None:
    falls = [p.drawdown_pct for p in result.equity]
    axes.fill_between(_times(result), falls, color="#d62728", alpha=0.4)
    if deployed is not None and deployed.equity:
        axes.plot(_times(deployed), [p.drawdown_pct for p in deployed.equity], color="#ff7f0e")
    axes.set_ylabel("drawdown %")
    axes.grid(alpha=0.3)


def _draw_trades(axes: Any, result: ExecutionResult) -> None:
    axes.axhline(0, color="#999999", linewidth=0.8)
    for trade in result.trades:
        span = _moments([trade.entry_time, trade.exit_time])
        color = "#2ca02c" if trade.pnl > 0 else "#d62728"
        axes.plot(span, [trade.return_pct] * 2, color=color, linewidth=2)
    axes.set_ylabel("trades %")
    axes.grid(alpha=0.3)


def _times(result: ExecutionResult) -> Any:
    return _moments([point.time for point in result.equity])


def _moments(times: list[str]) -> Any:
    """ISO times as one axis in UTC: with summer time their offsets differ within one series."""
    import pandas as pd  # noqa: PLC0415  # only for files, as above

    return pd.to_datetime(times, format="ISO8601", utc=True)


def chart(report: Report) -> str:
    """Mermaid text of the first backtested strategy's equity, "" where there is none.

    Without its fence: whoever embeds it chooses one that its content cannot close.
    """
    for strategy in report.strategies:
        for result in strategy.results:
            block = mermaid(result)
            if block:
                return "\n".join(block.strip().splitlines()[1:-1])
    return ""
