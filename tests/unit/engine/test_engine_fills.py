"""Money from nowhere: fills that were better than any price of their bar."""

from types import SimpleNamespace

import pandas as pd
import pytest

from components.engine.fills import fill_findings, windfall
from components.schema.values import Severity

FRAME = pd.DataFrame(
    {"Open": [10.0, 11, 12], "High": [11.0, 12, 13], "Low": [9.0, 10, 11], "Close": [11.0, 11, 12]},
    index=pd.date_range("2020-01-01", periods=3),
)


def _trade(size, entry, at, exit_price=None, left=None):
    return SimpleNamespace(
        size=size, entry_price=entry, entry_bar=at, exit_price=exit_price, exit_bar=left
    )


def test_fills_within_their_bars_are_no_windfall():
    assert windfall([_trade(5, 10.0, 1, 13.0, 2), _trade(-5, 12.0, 1)], FRAME, 0.0) is None
    assert windfall([], FRAME, 0.0) is None


def test_fill_that_was_worse_than_its_bar_is_no_windfall():
    assert windfall([_trade(5, 99.0, 1, 1.0, 2), _trade(-5, 1.0, 1, 99.0, 2)], FRAME, 0.0) is None


def test_spread_is_no_windfall():
    assert windfall([_trade(-5, 12.0 * 0.99, 1), _trade(5, 10.0 * 1.01, 1)], FRAME, 0.01) is None


def test_each_side_of_a_trade_counts():
    found = windfall([_trade(-5, 14.0, 1, 10.0, 2), _trade(2, 12.0, 2, 12.0, 2)], FRAME, 0.0)
    assert found is not None
    assert found.fills == 2
    assert found.money == pytest.approx(5 * (14 - 12) + 5 * (11 - 10))
    assert (found.bar, found.price, found.best) == (1, 14.0, 12.0)


def test_trade_that_is_still_open_counts():
    found = windfall([_trade(3, 1.0, 2)], FRAME, 0.0)
    assert found is not None
    assert found.money == pytest.approx(30)


@pytest.mark.parametrize(
    ("capital", "severity"), [(299, Severity.ERROR), (301, Severity.WARNING), (3_001, None)]
)
def test_windfall_weighs_by_the_initial_capital(capital, severity):
    found = fill_findings(windfall([_trade(3, 1.0, 2)], FRAME, 0.0), FRAME.index, capital)
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_stop_filled_within_a_gap_is_never_an_error():
    """The close before was 11, the bar opened at 15: a buy at 12 had the market on its way."""
    gap = pd.DataFrame(
        {"Open": [10.0, 15], "High": [11.0, 16], "Low": [9.0, 14], "Close": [11.0, 15]},
        index=pd.date_range("2020-01-01", periods=2),
    )
    found = windfall([_trade(100, 12.0, 1)], gap, 0.0)
    assert found is not None
    assert (found.money, found.beyond_close) == (200, 0)
    (finding,) = fill_findings(found, gap.index, 100)
    assert finding.severity is Severity.WARNING
