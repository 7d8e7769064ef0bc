"""Figures of further runs are shown wherever a report is read."""

from bot.report.details import details
from bot.report.further import further_line, further_rows
from bot.report.terminal import plain
from components.schema.results.further import EquityAt, Further, Window
from tests.github_support import report_of, strategy_of
from tests.unit.report.test_tear_sheet import Reader, drawn

FOUND = Further(
    symbol="SPX",
    cost_multiple=35.77,
    double_cost_return_pct=84.39,
    delay_keep=0.38,
    delayed_sharpe=0.19,
    delayed_return_pct=12.34,
    oos_keep=0.69,
    oos_sharpe=0.51,
    past_sharpe=0.73,
    choices=9,
    failed=2,
    windows=(
        Window(past_start="1999-01-04", start="2005-08-04", end="2007-04-04", past_sharpe=0.7),
    ),
    curve=(EquityAt(day="2005-08-10", equity=1.0), EquityAt(day="2007-04-04", equity=1.53)),
)


def test_figures_of_further_runs_are_in_comment_terminal_and_sheet():
    strategy = strategy_of(further=(FOUND,))
    comment, terminal = details(strategy), plain(report_of(strategies=[strategy]))
    sheet = " ".join(Reader(drawn(further=(FOUND,))).words)
    for told in (
        "84.39 %",
        "35.77",
        "12.34 %",
        "0.38",
        "9, 2 of them did not run",
        "0.69",
        "53.0 %",
        "2005-08-04",
    ):
        assert told in comment
        assert told in sheet
    assert "the profit is gone at 35.8 times the costs" in terminal
    assert "one bar later a Sharpe ratio of 0.19" in terminal
    assert "in 1 window a Sharpe ratio of 0.51, 0.73 on the parts before" in terminal


def test_walk_that_says_nothing_says_why_and_is_no_empty_line():
    alone = Further(symbol="SPX", choices=1)
    rows = dict(further_rows(alone))
    assert rows["Windows"] == "none: too few bars, or no returns"
    assert rows["Sets of parameters to choose from"] == "1: no parameter has a declared range"
    assert further_line(alone) == ""
    assert further_rows(Further(symbol="SPX")) == []
