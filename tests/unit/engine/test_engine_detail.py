"""Finer bars say what came first in a bar, or that they don't know; they are never wrong."""

import pandas as pd
import pytest
from backtesting._util import _Data
from backtesting.backtesting import _OutOfMoneyError
from hypothesis import given
from hypothesis import strategies as st

from algoops.exchange.undecided import Question
from components.engine.detail import FinerBars
from components.engine.intervals import check_detail
from components.engine.ledger import Ledger, account_of
from components.errors import ConfigError, UserError
from components.ports import Bars
from components.protocol.exchange import Impossible, replay
from components.protocol.messages import Decided, PlaceOrder
from components.sandbox.guest.replay.recorder import StrategyBroker
from components.schema.definition.backtest import BacktestConfig
from tests.engine_requests import CONFIGS, requests


def bars_of(path, size):
    """A path of prices, so many steps a bar; each bar begins where the one before ended."""
    parts = [path[max(0, at - 1) : at + size] for at in range(0, len(path), size)]
    rows = [(part[0], max(part), min(part), part[-1]) for part in parts]
    index = pd.date_range("2020-01-01", periods=len(rows), freq="min")
    return pd.DataFrame(rows, index, ["Open", "High", "Low", "Close"], dtype=float)


def detail_of(path, size, *, shift=0.0, keep=slice(None)):
    fine = bars_of(path, size)
    coarse = pd.DataFrame(
        [[path[0], max(path), min(path), path[-1]]], fine.index[:1], fine.columns, dtype=float
    )
    return FinerBars(coarse, Bars("X", "1m", (fine + shift).iloc[keep], "hash"), "1h")


def truth(question, path):
    """What came first on the path itself."""
    side = 1 if question.long else -1
    entered = question.entered is None
    for price in path:
        if not entered and price == question.entered:
            entered = True
            continue
        if entered and question.stop is not None and side * (price - question.stop) <= 0:
            return "stop"
        if entered and question.target is not None and side * (price - question.target) >= 0:
            return "target"
    return "wait"


PATHS = st.lists(st.sampled_from([-1, 1]), min_size=4, max_size=59).map(
    lambda steps: [100 + sum(steps[:at]) for at in range(len(steps) + 1)]
)


@given(PATHS, st.integers(1, 9), st.booleans(), st.data())
def test_finer_bars_never_say_what_did_not_happen(path, size, long, data):
    low, high = min(path), max(path)
    levels = st.integers(low, high)
    entered = data.draw(st.none() | levels)
    start = 100 if entered is None else entered
    below, above = st.integers(low, max(low, start - 1)), st.integers(min(high, start + 1), high)
    stop, target = data.draw(below if long else above), data.draw(above if long else below)
    side = 1 if long else -1
    if (start - stop) * side <= 0 or (target - start) * side <= 0:
        return
    question = Question(long, entered, float(stop), float(target))
    answer = detail_of(path, size).decide(question)
    assert answer in {None, truth(question, path)}
    if size == 1 and entered is None:
        assert answer is not None


UP_FIRST = [100, 104, 108, 112, 108, 104, 100, 96, 92, 88]
BOTH = Question(long=True, entered=None, stop=90.0, target=110.0)


def test_finer_bars_tell_which_price_came_first():
    assert detail_of(UP_FIRST, 2).decide(BOTH) == "target"
    assert detail_of([200 - price for price in UP_FIRST], 2).decide(BOTH) == "stop"
    short = Question(long=False, entered=None, stop=110.0, target=90.0)
    assert detail_of(UP_FIRST, 2).decide(short) == "stop"


@pytest.mark.parametrize(
    "how",
    [{"keep": slice(0, 0)}, {"shift": 5.0}, {"keep": slice(0, 2)}],
    ids=["none there", "of another feed", "only some of them"],
)
def test_finer_bars_that_are_missing_or_of_something_else_decide_nothing(how):
    assert detail_of(UP_FIRST, 2, **how).decide(BOTH) is None


def test_finer_bar_that_has_both_prices_decides_nothing():
    assert detail_of(UP_FIRST, 10).decide(BOTH) is None


@pytest.mark.parametrize(
    ("detail", "interval"),
    [("1d", "1h"), ("1h", "1h"), ("45m", "1h"), ("1d", "1mo"), ("1wk", "1mo")],
)
def test_detail_that_does_not_divide_the_interval_is_refused(detail, interval):
    with pytest.raises(UserError, match="must be shorter than the interval"):
        check_detail(detail, interval)
    check_detail("1m", "1h")
    check_detail("1h", "1d")


def test_times_in_a_zone_beside_times_in_none_are_the_data_s_fault():
    fine = bars_of(UP_FIRST, 2)
    with pytest.raises(ConfigError, match="must both be in a zone"):
        FinerBars(fine, Bars("X", "1m", fine.tz_localize("UTC"), ""), "1h")


STEPS_A_BAR, FINE = 12, 3


def _rows(broker):
    trades = [(t.size, t.entry_price, t.exit_price, t.sl, t.tp) for t in broker.trades]
    closed = [(t.size, t.entry_price, t.exit_price, t.exit_bar) for t in broker.closed_trades]
    orders = [(o.size, o.limit, o.stop, o.sl, o.tp) for o in broker.orders]
    return broker.equity, trades, closed, orders


def test_finer_bars_are_told_of_in_the_bar_that_they_decide_and_in_no_other():
    path = [100] * 8 + [106, 94, 100, 100] + [100] * 4
    frame = bars_of(path, 4).assign(Volume=1.0)
    frame.index = pd.date_range("2020-01-01", periods=len(frame), freq="4min")
    detail = FinerBars(frame, Bars("X", "1m", bars_of(path, 1), ""), "4m")
    ledger = Ledger(frame, BacktestConfig(), detail=detail)
    ledger.begin(1, [PlaceOrder(10, None, None, 95, 105, None)])
    told = [ledger.bar(bar) for bar in (1, 2, 3)]
    assert told == [[], [Decided(True, None, 95, 105, "target")], []]  # noqa: FBT003  # the message's order


@given(
    st.lists(st.sampled_from([-2, -1, 1, 2]), min_size=STEPS_A_BAR * 7, max_size=STEPS_A_BAR * 7),
    st.lists(requests(92, 108), min_size=7, max_size=7),
    CONFIGS,
)
@pytest.mark.filterwarnings("ignore::UserWarning:backtesting")
def test_mirror_that_is_told_fills_as_the_broker_that_has_the_finer_bars(steps, asks, config):
    path = [100 + sum(steps[:at]) for at in range(len(steps))]
    frame = bars_of(path, STEPS_A_BAR).assign(Volume=1.0)
    frame.index = pd.date_range("2020-01-01", periods=len(frame), freq="4min")
    detail = FinerBars(frame, Bars("X", "1m", bars_of(path, FINE), ""), "4m")
    ledger = Ledger(frame, config, detail=detail)
    told, seen = {}, _Data(frame.copy(deep=False))
    mirror = StrategyBroker(seen, account_of(config), len(frame), told)
    ledger.begin(1, [])
    try:
        for bar in range(1, len(frame)):
            told[bar] = {
                Question(t.long, t.entered, t.stop, t.target): t.answer
                for t in ledger.bar(bar, alone=bar == 1)
            }
            seen._set_length(bar + 1)
            mirror.next()
            if _rows(mirror) != _rows(ledger._broker):
                pytest.fail(f"bar {bar}: {_rows(mirror)} beside {_rows(ledger._broker)}")
            for op in asks[bar - 1]:
                try:
                    ledger.apply([op])
                except Impossible:
                    continue
                replay(mirror, op)
    except _OutOfMoneyError:
        assert ledger.broke
    except AssertionError:
        return  # the package's own checks: the run fails


@pytest.mark.parametrize("zone", ["America/New_York", "America/Sao_Paulo", "UTC", None])
def test_days_of_a_zone_hold_all_of_their_hours(zone):
    """One of them has 25 hours, one 23, and in Sao Paulo one begins at one o'clock."""
    days = pd.date_range("2018-10-20", "2018-11-10", freq="D")
    hours = pd.date_range("2018-10-20", "2018-11-10 23:00", freq="h")
    if zone:
        days = days.tz_localize(zone, nonexistent="shift_forward")
        end = pd.Timestamp("2018-11-11", tz=zone)
        hours = pd.date_range(days[0], end, freq="h", inclusive="left")
    columns = ["Open", "High", "Low", "Close"]
    detail = FinerBars(
        pd.DataFrame(1.0, days, columns),
        Bars("X", "1h", pd.DataFrame(1.0, hours, columns), ""),
        "1d",
    )
    assert detail._first.tolist() == [0, *detail._last[:-1]]
    assert detail._last[-1] == len(hours)
