"""Bars that are possible and yet suspicious: what is named, and what is left alone."""

import numpy as np
import pandas as pd
import pytest
from backtesting.test import BTCUSD, EURUSD, GOOG
from hypothesis import given
from hypothesis import strategies as st

from components.engine.data.doubts import doubts, longest_gap
from components.engine.data.judge import check_bars, data_findings
from components.errors import ConfigError
from components.ports import Bars
from components.schema.policies.risk import DataPolicy

PRICES = ["Open", "High", "Low", "Close"]
DEVIATION = 0.015


def place(at):
    return f"bar {at}"


def walk(bars, freq="B", seed=1, deviation=DEVIATION):
    """Bars of a random walk of 20 steps each, without gaps."""
    moves = np.random.default_rng(seed).standard_normal((bars, 20)) * deviation / np.sqrt(20)
    path = 100 * np.exp(np.cumsum(moves.ravel())).reshape(bars, 20)
    first = np.concatenate(([100], path[:-1, -1]))
    columns = {
        "Open": first,
        "High": np.maximum(first, path.max(axis=1)),
        "Low": np.minimum(first, path.min(axis=1)),
        "Close": path[:, -1],
    }
    return pd.DataFrame(columns, index=pd.date_range("2010-01-04", periods=bars, freq=freq))


def kinds(frame):
    return [doubt.kind for doubt in doubts(frame, place)]


@pytest.mark.parametrize("frame", [GOOG, EURUSD, BTCUSD], ids=["daily", "hours", "months"])
def test_real_data_is_not_suspected(frame):
    assert doubts(frame, place) == ()


@pytest.mark.parametrize("freq", ["B", "D", "h", "min", "W", "MS"])
def test_random_walks_are_not_suspected(freq):
    assert [kinds(walk(2_000 if freq != "MS" else 300, freq, seed)) for seed in range(10)] == [
        []
    ] * 10


@pytest.mark.parametrize("column", ["High", "Low", "Close"])
@pytest.mark.parametrize("size", [0.2, 1, 9])
def test_one_bar_spike_undone_by_the_next_bar_is_named_with_bar_and_size(column, size):
    frame = walk(600)
    at = frame.index[300]
    frame.loc[at, column] *= 1 / (1 + size) if column == "Low" else 1 + size
    frame.loc[at, "High"] = frame.loc[at, PRICES].max()
    (spike,) = doubts(frame, place)
    assert spike.kind == "spike"
    assert spike.message.startswith(f"bar 300 ({at})")
    assert "%" in spike.message


@pytest.mark.parametrize("ratio", [1.5, 2, 3, 4, 5, 10, 20, 1 / 2, 1 / 4, 1 / 10])
@pytest.mark.parametrize("inside", [False, True], ids=["between bars", "inside a bar"])
def test_split_that_is_not_adjusted_is_named_with_bar_and_ratio(ratio, inside):
    frame = walk(600)
    frame.iloc[300:] /= ratio
    if inside:
        frame.iloc[300, 0] *= ratio
        frame.iloc[300, 1] = frame.iloc[300].max()
        frame.iloc[300, 2] = frame.iloc[300].min()
    (split,) = doubts(frame, place)
    assert split.kind == "split"
    assert split.message.startswith("bar 300 ")
    said = f"{ratio:g}:1" if ratio > 1 else f"1:{1 / ratio:g}"
    assert f"like a split of {said} " in split.message


@pytest.mark.parametrize("flat", [False, True])
def test_frozen_stretch_is_named_with_bar_and_length(flat):
    frame = walk(600)
    frame.iloc[300:310] = frame.iloc[300].to_numpy()
    if flat:
        frame.iloc[300:310] = frame.iloc[300, 3]
    (frozen,) = doubts(frame, place)
    assert frozen.kind == "frozen"
    assert frozen.message.startswith("bar 300 ")
    assert "10 bars with the same four prices" in frozen.message


def frozen_at(frame, starts, length):
    """Bars that a source filled with the last price."""
    for start in starts:
        frame.iloc[start : start + length] = frame.iloc[start - 1, 3]
    return frame


@pytest.mark.parametrize("freq", ["h", "min"])
@pytest.mark.parametrize(("stretches", "length"), [(6, 12), (1, 8), (3, 7)])
def test_feed_that_freezes_for_some_bars_of_a_market_that_always_moves_is_named(
    freq, stretches, length
):
    frame = frozen_at(
        walk(3_000, freq, deviation=0.004), range(400, 2_900, 450)[:stretches], length
    )
    (frozen,) = doubts(frame, place)
    assert (frozen.kind, frozen.count) == ("frozen", stretches)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("quiet", [0.01, 0.1, 0.4])
def test_market_in_which_often_nobody_trades_is_not_suspected(quiet, seed):
    frame = walk(5_000, "min", seed, deviation=0.0005)
    still = np.random.default_rng(seed).random(len(frame)) < quiet
    for at in np.flatnonzero(still[1:]) + 1:
        frame.iloc[at] = frame.iloc[at - 1, 3]
    assert "frozen" not in kinds(frame)


def test_quiet_nights_are_not_suspected():
    """At night seven bars of ten have no trade, by day one of a hundred; never fifteen in a row."""
    frame = walk(5_000, "min", deviation=0.0005)
    random = np.random.default_rng(2)
    night = (np.arange(len(frame)) // 500) % 2 == 1
    still = random.random(len(frame)) < np.where(night, 0.7, 0.01)
    still[::14] = False
    for at in np.flatnonzero(still[1:]) + 1:
        frame.iloc[at] = frame.iloc[at - 1, 3]
    assert "frozen" not in kinds(frame)


@pytest.mark.parametrize(
    ("freq", "missing"),
    [("h", 240), ("h", 4), ("min", 30), ("D", 3), ("B", 8), ("W", 1), ("MS", 1)],
)
def test_outage_is_named_with_bar_and_length(freq, missing):
    frame = walk(600 if freq == "h" else 300, freq)
    frame = frame.drop(frame.index[150 : 150 + missing])
    (outage,) = doubts(frame, place)
    assert outage.kind == "outage"
    assert outage.message.startswith("bar 150: no bars between")


def session_minutes():
    """A quarter of minute bars of an exchange: 9:30 to 16:00 with a lunch break, no weekends."""
    clock = pd.date_range("2024-01-01", "2024-04-01", freq="min")
    minute = clock.hour * 60 + clock.minute
    lunch = (minute >= 720) & (minute < 780)
    times = clock[(clock.day_of_week < 5) & (minute >= 570) & (minute < 960) & ~lunch]
    frame = walk(len(times), "min", deviation=0.0005)
    return frame.set_index(times)


def test_nights_weekends_lunch_breaks_and_holidays_are_usual():
    frame = session_minutes()
    holiday = pd.Timestamp("2024-02-14").date()
    assert kinds(frame[frame.index.date != holiday]) == []


def test_two_hours_missing_inside_a_session_are_an_outage():
    frame = session_minutes()
    hole = (frame.index >= "2024-02-14 13:00") & (frame.index < "2024-02-14 15:31")
    assert kinds(frame[~hole]) == ["outage"]


def bars(frame):
    return Bars("X", "1d", frame, "", doubts(frame, place), longest_gap(frame, place))


def test_policy_blocks_the_doubts_that_it_names():
    frame = walk(600)
    frame.iloc[300:] /= 10
    suspicious = bars(frame)
    assert [f.rule for f in data_findings(suspicious)] == ["data-split"]
    check_bars(suspicious, DataPolicy(block=("spike",)))
    with pytest.raises(ConfigError, match=r"split of 10:1.*data.block"):
        check_bars(suspicious, DataPolicy(block=("split",)))


def test_gap_above_the_bound_of_the_policy_is_refused():
    frame = walk(600).drop(walk(600).index[300:315])
    with pytest.raises(ConfigError, match=r"bar 300: a gap, no bars between.*max_gap_days"):
        check_bars(bars(frame), DataPolicy())
    check_bars(bars(frame), DataPolicy(max_gap_days=30))


@given(
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=40),
    st.lists(st.integers(1, 10**6), min_size=40, max_size=40),
)
def test_any_valid_bars_are_judged_without_an_error(closes, steps):
    index = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.cumsum(steps[: len(closes)]), unit="s")
    frame = pd.DataFrame(dict.fromkeys(PRICES, closes), index=pd.DatetimeIndex(index))
    with np.errstate(all="raise"):
        found = doubts(frame, place)
        longest_gap(frame, place)
    assert len({doubt.kind for doubt in found}) == len(found)
