"""Days on which a market is closed, known from the years before."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.data.calendar import coming
from components.engine.data.holidays import easter, is_holiday
from components.engine.market_data import FolderData
from tests.engine_support import ROOT

EPOCH = date(1970, 1, 1).toordinal()


def traded(symbol="SPX"):
    index = FolderData(ROOT / "examples" / "data").bars(symbol, "1d", None, None).frame.index
    return frozenset(day.toordinal() - EPOCH for day in index.date)


def test_closed_days_of_a_real_market_are_known_and_no_trading_day_is_taken_for_one():
    days = traded()
    asked = range(date(2005, 1, 1).toordinal() - EPOCH, max(days))
    weekdays = [day for day in asked if date.fromordinal(EPOCH + day).weekday() < 5]
    told = {day for day in weekdays if is_holiday(frozenset(d for d in days if d < day), day)}
    closed = {day for day in weekdays if day not in days}
    assert told <= closed
    assert (len(told), len(closed)) == (114, 128)


@pytest.mark.parametrize(
    ("year", "day"), [(1818, (3, 22)), (1943, (4, 25)), (2000, (4, 23)), (2026, (4, 5))]
)
def test_easter_is_on_its_day(year, day):
    assert easter(year) == date(year, *day)


@given(st.dates(date(1975, 1, 1), date(2100, 1, 1)), st.integers(0, 3_000))
def test_market_that_trades_each_weekday_has_no_holiday(day, before):
    number = day.toordinal() - EPOCH
    days = range(number - before, number)
    assert not is_holiday(frozenset(days), number)


def weekdays(end, *, without=()):
    index = pd.bdate_range(end=end, periods=2_000)
    return index[~index.isin(pd.DatetimeIndex(without))]


def christmases():
    return [f"{year}-12-25" for year in range(2015, 2027)]


def test_bar_after_a_known_holiday_is_not_due_on_it():
    begins, over = coming(weekdays("2026-12-24", without=christmases()))
    assert begins == pd.Timestamp("2026-12-28", tz="UTC"), "the 25th is a Friday"
    assert over == pd.Timestamp("2026-12-29", tz="UTC")
    begins, _ = coming(weekdays("2026-12-24"))
    assert begins == pd.Timestamp("2026-12-25", tz="UTC")


def test_market_that_never_trades_is_not_closed_for_ever():
    index = weekdays("2026-12-24", without=christmases())[:-1]
    assert coming(index)[0] == pd.Timestamp("2026-12-24", tz="UTC")
    hours = pd.date_range(end="2026-12-24 23:00", periods=500, freq="h")
    assert coming(hours)[0] == pd.Timestamp("2026-12-25 00:00", tz="UTC")
    assert np.isfinite(coming(hours)[1].value)
