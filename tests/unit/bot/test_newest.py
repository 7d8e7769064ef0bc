"""Which bars of a portfolio's symbols are there, late, not due, or will never come."""

import pandas as pd
import pytest

from bot.forward.newest import DataDecision, newest
from components.ports import Bars


def at(text):
    return pd.Timestamp(text, tz="UTC")


def bars(symbol, end, *, freq="B", periods=2_000, without=()):
    index = pd.date_range(end=end, periods=periods, freq=freq)
    index = index[~index.isin(pd.DatetimeIndex(without))]
    return Bars(symbol, "1d", pd.DataFrame({"Close": 1.0}, index), symbol)


FRIDAY = bars("AAA", "2026-11-27")
DEPLOYED = DataDecision(at("2026-11-01"), as_it_is=False)
SOON, LATE = at("2026-11-27 22:00"), at("2026-11-28 09:00")


def look(*others, members=None, decided=DEPLOYED, now=SOON):
    return newest([FRIDAY, *others], members, decided, now)


def test_all_that_have_their_bar_are_ordered_until_the_first_next_one_is_late():
    found = look(bars("BBB", "2026-11-27", freq="D"), now=at("2026-11-28"))
    assert (found.reason, found.going_on) == ("", ())
    assert found.late_at == at("2026-11-29"), "BBB trades on Saturday, AAA on Monday"


def test_missing_bar_is_waited_for_and_then_late():
    found = look(bars("BBB", "2026-11-26"))
    assert (
        found.reason == "the bar of BBB is not there yet; it should be by 2026-11-28T00:00:00.000Z"
    )
    assert found.waits
    found = look(bars("BBB", "2026-11-26"), now=LATE)
    assert found.reason.startswith("the data of BBB is late: the next bar should have been there")
    assert not found.waits


def test_holiday_that_is_known_from_the_years_before_withholds_nothing():
    days = [f"{year}-11-01" for year in range(2019, 2027)]
    thanksgivings = [
        next(d for d in pd.date_range(day, periods=7) if d.day_of_week == 3) + pd.Timedelta(weeks=3)
        for day in days
    ]
    there = bars("AAA", "2026-11-26")
    closed = bars("BBB", "2026-11-26", without=thanksgivings)
    found = newest([there, closed], None, DEPLOYED, SOON)
    assert (found.reason, found.going_on) == ("", ("BBB",))
    assert found.late_at == at("2026-11-28")


def test_symbol_that_was_late_beyond_patience_at_the_deploy_is_over_for_good():
    gone = bars("BBB", "2026-10-01")
    assert look(gone).reason == ""
    assert look(gone).going_on == ()
    assert "BBB is late" in look(bars("BBB", "2026-10-26")).reason


def test_symbol_that_was_late_when_the_data_was_accepted_is_over_and_one_that_was_due_is_not():
    accepted = DataDecision(SOON, as_it_is=True)
    assert look(bars("BBB", "2026-11-25"), decided=accepted).reason == ""
    assert "not there yet" in look(bars("BBB", "2026-11-26"), decided=accepted).reason


def test_former_member_is_waited_for_until_its_bar_is_due_and_no_longer():
    left = bars("BBB", "2026-11-26")
    assert look(left, members={"AAA"}).waits
    assert look(left, members={"AAA"}, now=LATE).reason == ""
    assert "late" in look(left, members={"AAA", "BBB"}, now=LATE).reason


def test_symbol_with_two_bars_has_the_habits_of_the_longest_one():
    assert look(bars("NEW", "2026-11-27", periods=2)).reason == ""
    assert "NEW" in look(bars("NEW", "2026-11-26", periods=1)).reason
    weekend = newest(
        [bars("ALL", "2026-11-28", freq="D"), bars("NEW", "2026-11-28", periods=1, freq="D")],
        None, DEPLOYED, at("2026-11-29"),
    )  # fmt: skip
    assert weekend.reason == ""


def test_symbol_that_is_not_listed_yet_is_not_waited_for():
    assert look(bars("BBB", "2026-11-27", periods=0)).reason == ""


@pytest.mark.parametrize(("zone", "missing"), [("America/New_York", False), ("Asia/Tokyo", True)])
def test_times_of_several_zones_are_compared_as_moments(zone, missing):
    index = pd.date_range(end="2026-11-27 18:00", periods=300, freq="h", tz="UTC").tz_convert(zone)
    one = Bars("AAA", "1h", pd.DataFrame({"Close": 1.0}, index), "AAA")
    other = pd.date_range(end="2026-11-27 18:00", periods=300, freq="h", tz="UTC")
    two = Bars("BBB", "1h", pd.DataFrame({"Close": 1.0}, other[: -1 if missing else None]), "BBB")
    assert bool(newest([one, two], None, DEPLOYED, at("2026-11-27 19:00")).reason) is missing


def test_many_late_symbols_are_named_in_part():
    others = [bars(f"B{n}", "2026-11-26") for n in range(9)]
    assert "B0, B1, B2, B3, B4 and 4 more is late" in look(*others, now=LATE).reason


def test_bar_of_tomorrow_is_named_and_waits_for_its_day_however_whole_the_others_are():
    found = look(bars("BBB", "2026-11-30"))
    assert found.reason.startswith(
        "the data of BBB has a bar of 2026-11-30T00:00:00.000Z, which has not come yet"
    )
    assert (found.waits, found.late_at) == (True, at("2026-11-30"))
    assert "BBB" not in look(bars("BBB", "2026-11-30"), now=at("2026-11-30")).reason


def test_clock_that_was_set_back_is_said_of_all_bars_that_seem_ahead():
    found = look(bars("BBB", "2026-11-27"), now=at("2025-01-01"))
    assert found.reason.startswith("the data of AAA, BBB has a bar of 2026-11-27T00:00")
    assert "or this machine's clock" in found.reason


def test_bar_of_a_day_on_which_auckland_has_closed_is_not_ahead():
    assert look(now=at("2026-11-27 03:45")).reason == ""
    assert "has not come yet" in look(now=at("2026-11-26 23:59:59")).reason


@pytest.mark.parametrize(
    ("freq", "end", "zone", "ends"),
    [
        ("5min", "2026-11-27 10:00", None, "2026-11-27 10:05"),
        ("h", "2026-11-27 10:00", "Asia/Tokyo", "2026-11-27 02:00"),
        ("D", "2026-11-27", None, "2026-11-28"),
        ("D", "2026-11-27", "America/New_York", "2026-11-28 05:00"),
        ("D", "2026-11-01", "America/New_York", "2026-11-02 05:00"),
    ],
)
def test_bar_that_still_moves_is_waited_for_until_it_is_over(freq, end, zone, ends):
    """The last one has 25 hours."""
    index = pd.date_range(end=end, periods=300, freq=freq, tz=zone)
    moving = [Bars("AAA", "1x", pd.DataFrame({"Close": 1.0}, index), "AAA")]
    found = newest(moving, None, DEPLOYED, at(ends) - pd.Timedelta(seconds=1))
    assert f"AAA is not over before {at(ends):%Y-%m-%dT%H:%M}:00.000Z" in found.reason
    assert (found.waits, found.late_at) == (True, at(ends))
    assert newest(moving, None, DEPLOYED, at(ends)).reason == ""


@pytest.mark.parametrize("freq", ["B", "W-MON", "MS"])
def test_bar_of_an_exchange_whose_close_is_not_known_is_over_when_the_file_has_it(freq):
    assert newest([bars("AAA", "2026-11-27", freq=freq)], None, DEPLOYED, SOON).reason == ""
