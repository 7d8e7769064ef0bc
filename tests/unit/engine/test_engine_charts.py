"""Pictures: Mermaid text, sparkline, SVG, PNG, HTML."""

import pandas as pd
import pytest

from bot.report.charts import mermaid, page, picture, sparkline
from components.schema.results.values import EquityPoint, ExecutionResult, Metrics, Status, Trade


def result(values=(100.0, 120.0, 90.0, 150.0), *, benchmark=True, symbol="SPX"):
    points = tuple(
        EquityPoint(
            time=f"2020-01-{at + 1:02}T00:00:00",
            equity=value,
            drawdown_pct=min(0.0, value - 120),
            benchmark=100.0 + at if benchmark else None,
        )
        for at, value in enumerate(values)
    )
    trade = Trade(
        entry_bar=0,
        exit_bar=2,
        entry_time="2020-01-01T00:00:00",
        exit_time="2020-01-03T00:00:00",
        size=1,
        entry_price=1,
        exit_price=2,
        pnl=1,
        return_pct=100,
        commission=0,
    )
    metrics = Metrics(start="a", end="b", duration="c", sharpe=0.5)
    return ExecutionResult(
        status=Status.PASSED, symbol=symbol, equity=points, trades=(trade,), metrics=metrics
    )


def test_mermaid_draws_strategy_buy_and_hold_and_deployed():
    text = mermaid(result(), result((100.0, 101.0, 102.0, 103.0)))
    assert text.splitlines()[:2] == ["```mermaid", "xychart-beta"]
    assert "    line [100, 120, 90, 150]" in text
    assert "    line [100, 101, 102, 103]" in text
    assert text.count("line [") == 3
    assert text.endswith("```")


def test_mermaid_title_cannot_be_broken_out_of():
    text = mermaid(result(symbol='X"]\n```\n<b>'))
    assert text.count("```") == 2
    assert '"Equity on Xb:' in text


def test_mermaid_of_nothing_is_empty():
    assert mermaid(result(())) == ""


def test_long_curve_is_thinned_but_keeps_its_ends():
    text = mermaid(result(tuple(float(v) for v in range(31)) * 1, benchmark=False))
    assert "line [0, 1," in text
    assert "30]" in text


def test_sparkline_runs_from_lowest_to_highest():
    assert sparkline(result()) == "▂▅▁█"
    assert sparkline(result((5.0, 5.0))) == "▁▁"
    assert sparkline(result(())) == ""


@pytest.mark.parametrize(("kind", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_picture_is_the_same_for_the_same_result(kind, magic):
    first = picture(result(), kind, result())
    assert first.startswith(magic)
    assert first == picture(result(), kind, result())


NEW_YORK = (
    "2024-11-01T15:00:00-04:00",
    "2024-11-03T01:30:00-04:00",
    "2024-11-03T01:30:00-05:00",
    "2024-11-04T09:00:00-05:00",
)


def at(times):
    made = result()
    points = [p.model_copy(update={"time": t}) for p, t in zip(made.equity, times, strict=True)]
    (trade,) = made.trades
    trade = trade.model_copy(update={"entry_time": times[0], "exit_time": times[-1]})
    return made.model_copy(update={"equity": tuple(points), "trades": (trade,)})


def test_hours_on_both_sides_of_the_change_of_clocks_are_drawn_in_utc():
    utc = [pd.Timestamp(time).tz_convert("UTC").isoformat() for time in NEW_YORK]
    assert picture(at(NEW_YORK), "svg", result()) == picture(at(utc), "svg", result())
    assert "<svg" in page(at(NEW_YORK))


def test_page_escapes_what_comes_from_outside():
    text = page(result(symbol="<script>"))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<svg" in text


def test_failed_backtest_has_no_picture():
    with pytest.raises(ValueError, match="nothing to draw"):
        picture(ExecutionResult(status=Status.TIMEOUT), "svg")
