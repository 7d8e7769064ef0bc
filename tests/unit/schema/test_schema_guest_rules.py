"""What a compiled rule program does, bar by bar, in a plain backtest."""

import json
import math
import warnings

import numpy as np
import pandas as pd
import pytest
import talib
from backtesting import Backtest
from hypothesis import given
from hypothesis import strategies as st

from components.sandbox.guest.rules.strategy import build_strategy
from components.schema.definition.models import StrategyDefinition
from components.schema.rule_language.compiler import compile_rules
from components.schema.rule_language.functions import functions

warnings.filterwarnings("ignore", category=UserWarning, module="backtesting")


def bars(closes, *, spread=0.0, opens=None) -> pd.DataFrame:
    close = np.asarray(closes, dtype=float)
    first = np.r_[close[:1], close[:-1]] if opens is None else np.asarray(opens, dtype=float)
    frame = pd.DataFrame({"Open": first, "Close": close})
    frame["High"] = frame.max(axis=1) + spread
    frame["Low"] = frame[["Open", "Close"]].min(axis=1) - spread
    frame["Volume"] = 1000
    frame.index = pd.date_range("2020-01-01", periods=len(frame), freq="D")
    return frame[["Open", "High", "Low", "Close", "Volume"]]


def definition(**fields) -> StrategyDefinition:
    return StrategyDefinition(**{"name": "T", "description": "", **fields})


def strategy(**fields):
    return build_strategy(json.dumps(compile_rules(definition(**fields)).program))


def trades(frame, *, cash=10_000, params=None, **fields) -> pd.DataFrame:
    test = Backtest(frame, strategy(**fields), cash=cash, finalize_trades=True)
    return test.run(**(params or {}))["_trades"]


UP = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
WAVE = [10, 12, 11, 13, 12, 14, 13, 15, 12, 9, 8, 10, 12, 14, 13, 15, 17, 16, 12, 8, 9, 11, 13]


def entries(frame, rule, **fields) -> list[int]:
    """Bars on which a rule held: each is entered on the next bar and left right after."""
    held = []

    class Watch(strategy(entry_rules=[rule], **fields)):
        def next(self):
            if self._entry["long"](self, 0) is True:
                held.append(len(self.data) - 1)

    Backtest(frame, Watch, cash=10_000).run()
    return held


def test_all_rules_of_a_side_must_hold():
    both = entries(bars(UP), "close > 13 and close < 17")
    assert both == [4, 5, 6]
    rows = trades(bars(UP), entry_rules=["close > 13", "close < 17"], exit_rules=["close > 18"])
    assert list(rows["EntryBar"]) == [5]
    assert list(rows["ExitBar"]) == [10]


def test_lag_reads_earlier_bars_and_is_undefined_before_the_first():
    assert entries(bars(UP), "close[-3] == 11") == [4]
    assert entries(bars(UP), "close[-5] > 0") == [5, 6, 7, 8, 9, 10]
    assert entries(bars(UP), "not (close[-5] > 0)") == []
    assert entries(bars(UP), "close[-5] > 0 or close > 0") == list(range(1, 11))


def test_crossings_are_those_of_the_backtesting_package():
    closes = pd.Series(WAVE, dtype=float)
    up = (closes.shift() < 12) & (closes > 12)
    down = (closes.shift() > 12) & (closes < 12)
    frame = bars(WAVE)
    assert entries(frame, "crossover(close, 12)") == list(np.flatnonzero(up))
    assert entries(frame, "crossunder(close, 12)") == list(np.flatnonzero(down))
    assert entries(frame, "crossover(12, close)") == list(np.flatnonzero(down))


def test_windows_hold_the_present_bar_and_the_ones_before():
    closes = pd.Series(WAVE, dtype=float)
    frame = bars(WAVE)
    high = closes.rolling(4).max()
    assert entries(frame, "close == highest(close, 4)") == list(np.flatnonzero(closes == high))
    over = closes > high.shift()
    assert entries(frame, "close > highest(close, 4)[-1]") == list(np.flatnonzero(over))
    double = (closes * 2) == (closes * 2).rolling(3).min()
    assert entries(frame, "close * 2 == lowest(close * 2, 3)") == list(np.flatnonzero(double))


def test_rising_and_falling_compare_each_bar_with_the_one_before():
    closes = pd.Series(WAVE, dtype=float)
    rises = (closes.diff() > 0).rolling(2).sum() == 2
    falls = (closes.diff() < 0).rolling(3).sum() == 3
    assert entries(bars(WAVE), "rising(close, 2)") == list(np.flatnonzero(rises))
    assert entries(bars(WAVE), "falling(close, 3)") == list(np.flatnonzero(falls))


def test_bars_since_counts_from_the_last_time_and_is_infinite_before():
    expected, last = [], None
    for i, close in enumerate(WAVE):
        last = i if close > 14 else last
        since = math.inf if last is None else i - last
        if i >= 1 and since == 2:
            expected.append(i)
    assert entries(bars(WAVE), "barssince(close > 14) == 2") == expected
    assert entries(bars(UP), "barssince(close > 500) > 1000000") == list(range(1, 11))


def test_division_by_zero_is_undefined_not_an_error():
    assert entries(bars(UP), "1 / (close - 15) > 0") == [6, 7, 8, 9, 10]
    assert entries(bars(UP), "not (1 / (close - 15) > 0)") == [1, 2, 3, 4]


def test_position_counts_units_and_its_sign_is_the_side():
    rows = trades(
        bars(UP),
        entry_rules=["position == 0 and close == 12"],
        exit_rules=["position > 3"],
        position_sizing={"method": "fixed_units", "value": 5},
    )
    assert list(rows["Size"]) == [5]
    assert list(rows["EntryBar"]) == [3]
    assert list(rows["ExitBar"]) == [4]


def test_exit_wins_over_entry_of_the_same_side():
    rows = trades(bars(UP), entry_rules=["close > 11"], exit_rules=["close > 13"])
    assert list(rows["EntryBar"])[:2] == [3, 6]
    assert list(rows["ExitBar"])[:2] == [5, 7]


def test_other_side_is_entered_only_when_this_one_is_left():
    sides = {
        "entry_rules": ["close == 12", "short: close == 14"],
        "position_sizing": {"method": "fixed_units", "value": 2},
    }
    held = trades(bars(UP), exit_rules=["close == 18", "short: close == 3"], **sides)
    assert list(held["Size"]) == [2]
    turned = trades(bars(UP), exit_rules=["close == 14", "short: close == 3"], **sides)
    assert sorted(turned["Size"]) == [-2, 2]


@pytest.mark.parametrize("side", ["long", "short"])
def test_stop_loss_and_target_are_set_from_the_signal_bar(side):
    rows = trades(
        bars([100] * 6),
        entry_rules=[f"{side}: close > 0"],
        risk_limits={"stop_loss_pct": 5, "take_profit_pct": 10},
    )
    sign = 1 if side == "long" else -1
    assert rows["SL"].iloc[0] == pytest.approx(100 - sign * 5)
    assert rows["TP"].iloc[0] == pytest.approx(100 + sign * 10)


def test_stop_loss_closes_the_trade_at_its_price():
    falling = bars([100, 100, 100, 98, 96, 94, 92], spread=0.5)
    rows = trades(
        falling,
        entry_rules=["close[-2] == 100 and close == 100"],
        risk_limits={"stop_loss_pct": 5},
    )
    assert rows["ExitPrice"].iloc[0] == pytest.approx(95)


@pytest.mark.parametrize("side", ["long", "short"])
def test_trailing_stop_follows_the_close_and_never_retreats(side):
    rise = [100, 100, 110, 120, 130, 125, 119, 115, 110]
    closes = rise if side == "long" else [200 - c for c in rise]
    rows = trades(
        bars(closes),
        entry_rules=[f"{side}: close == 100 and close[-1] == 100"],
        risk_limits={"trailing_stop_pct": 10},
    )
    peak = 130 if side == "long" else 70
    expected = peak * (0.9 if side == "long" else 1.1)
    assert rows["SL"].iloc[0] == pytest.approx(expected)


def test_max_positions_caps_trades_open_at_once():
    rows = trades(
        bars(UP),
        entry_rules=["close > 0"],
        position_sizing={"method": "fixed_units", "value": 1},
        risk_limits={"max_positions": 3},
    )
    assert list(rows.sort_values("EntryBar")["EntryBar"]) == [2, 3, 4]


def test_risk_percent_loses_that_percentage_at_the_stop():
    rows = trades(
        bars([100] * 5 + [80] * 5, opens=[100] * 6 + [80] * 4),
        entry_rules=["close == 100"],
        position_sizing={"method": "risk_percent", "value": 2},
        risk_limits={"stop_loss_pct": 10},
    )
    assert rows["Size"].iloc[0] == 20
    assert rows["PnL"].iloc[0] == pytest.approx(-200)


def test_risk_too_small_for_one_unit_places_no_order():
    rows = trades(
        bars([5000] * 6),
        entry_rules=["close > 0"],
        position_sizing={"method": "risk_percent", "value": 1},
        risk_limits={"stop_loss_pct": 10},
    )
    assert rows.empty


def test_drawdown_limit_closes_everything_and_ends_trading():
    closes = [100] * 3 + [95, 90, 85, 80, 90, 100, 110, 120]
    rows = trades(bars(closes), entry_rules=["close > 0"], risk_limits={"max_drawdown_pct": 12})
    assert len(rows) == 1
    assert rows["ExitBar"].iloc[0] == 6


def test_short_target_below_zero_is_no_target():
    rows = trades(
        bars([100] * 5),
        entry_rules=["short: close > 0"],
        risk_limits={"take_profit_pct": 150, "stop_loss_pct": 5},
    )
    assert np.isnan(rows["TP"].astype(float)).all()


def test_flag_parameter_switches_a_rule():
    fields = {
        "entry_rules": ["close > 12 and (not careful or close > 15)"],
        "parameters": {"careful": False},
    }
    assert trades(bars(UP), **fields)["EntryBar"].iloc[0] == 4
    assert trades(bars(UP), params={"careful": True}, **fields)["EntryBar"].iloc[0] == 7


def test_count_overridden_with_nonsense_is_an_error_that_names_it():
    fields = {"entry_rules": ["close > highest(close, n)[-1]"], "parameters": {"n": 3}}
    assert not trades(bars(UP), **fields).empty
    with pytest.raises(ValueError, match="`n` counts bars: 0"):
        trades(bars(UP), params={"n": 0}, **fields)


def test_parameter_given_as_a_numpy_number_still_decides():
    fields = {"entry_rules": ["close > level"], "parameters": {"level": 12.0}}
    rows = trades(bars(UP), params={"level": np.float64(15)}, **fields)
    assert list(rows["EntryBar"]) == [7]


def test_program_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        build_strategy('{"version": 2}')


def sample(count: int = 260) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    closes = 100 * np.exp(rng.normal(0, 0.02, count).cumsum())
    frame = bars(closes, spread=0.5)
    frame["Volume"] = rng.integers(100, 10_000, count)
    return frame


def one_indicator(name: str) -> tuple[dict, list[str]]:
    """A function as an indicator of the sample, and the names of its inputs."""
    function = functions()[name]
    supply = iter(("close", "periods" if "periods" in function.inputs else "low"))
    inputs = [next(supply) if i in ("real", "periods") else i for i in function.inputs]
    sources = [
        i for i, kind in zip(inputs, function.inputs, strict=True) if kind in ("real", "periods")
    ]
    spec = {"type": name}
    if sources:
        spec["source"] = sources[0] if len(sources) == 1 else sources
    return spec, inputs


@pytest.mark.parametrize("batch", range(3))
def test_every_talib_function_runs_as_an_indicator_and_gives_talibs_values(batch):
    names = sorted(functions())[batch::3]
    specs = {f"x_{name}": one_indicator(name)[0] for name in names}
    outputs = {
        n: f"x_{n}.{functions()[n].outputs[-1]}" if len(functions()[n].outputs) > 1 else f"x_{n}"
        for n in names
    }
    result = compile_rules(
        definition(
            entry_rules=[f"{output} > 1" for output in outputs.values()][:50],
            exit_rules=[f"{output} > 1" for output in outputs.values()][50:],
            indicators={"periods": {"type": "STDDEV", "source": "volume"}, **specs},
        )
    )
    ignored = ("always-true", "never-true", "unused-indicator")
    assert [p for p in result.problems if p.rule not in ignored] == []
    seen = {}

    class Watch(build_strategy(json.dumps(result.program))):
        def init(self):
            super().init()
            seen.update({name: np.asarray(getattr(self, f"x_{name}")) for name in names})

        def next(self):
            pass

    frame = sample()
    Backtest(frame, Watch, cash=10_000).run()
    columns = {c.lower(): frame[c].to_numpy(float) for c in frame}
    columns["periods"] = talib.STDDEV(columns["volume"])
    for name in names:
        inputs = [columns[i] for i in one_indicator(name)[1]]
        np.testing.assert_array_equal(seen[name], np.asarray(getattr(talib, name)(*inputs)))


FRAME = sample(90)
VOCABULARY = definition(
    indicators={"rsi": {"type": "RSI", "timeperiod": 5}, "macd": {"type": "MACD"}},
    parameters={"n": {"default": 3, "min": 1, "max": 9}, "flag": True},
)
numbers = st.recursive(
    st.sampled_from(
        ["close", "open", "volume", "rsi", "macd.hist", "n", "3", "0.5", "position", "high[-1]"]
    ),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("highest({}, 3)".format, inner)
        | st.builds("min({}, {})".format, inner, inner)
        | st.builds("({})[-n]".format, inner)
        | st.builds("-{}".format, inner)
    ),
    max_leaves=4,
)
conditions = st.recursive(
    st.builds("{} {} {}".format, numbers, st.sampled_from(["<", ">=", "==", "!="]), numbers)
    | st.builds("crossover({}, {})".format, numbers, numbers)
    | st.builds("rising({}, n)".format, numbers)
    | st.just("flag"),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not {}".format, inner)
        | st.builds("barssince({}) > 2".format, inner)
    ),
    max_leaves=4,
)


@given(st.lists(conditions, min_size=1, max_size=2), st.lists(conditions, max_size=2))
def test_any_accepted_rules_run_and_know_nothing_of_later_bars(entry, leave):
    given_rules = VOCABULARY.model_copy(
        update={"entry_rules": tuple(entry), "exit_rules": tuple(leave)}
    )
    result = compile_rules(given_rules)
    ran = build_strategy(json.dumps(result.program))
    whole, part = orders_of(ran, FRAME), orders_of(ran, FRAME.iloc[:60])
    assert [o for o in whole if o[0] <= 60] == part


def orders_of(kind, frame):
    placed = []

    class Watch(kind):
        def next(self):
            super().next()
            placed.extend((len(self.data), o.size, o.sl, o.tp) for o in self.orders)

    Backtest(frame, Watch, cash=10_000).run()
    return placed


@pytest.mark.parametrize("n", [3.0, {"default": 3.0, "min": 2.0, "max": 5e0, "step": 1.0}])
def test_whole_number_written_with_a_point_counts_bars_like_one_without(n):
    rules = {
        "indicators": {"s": {"type": "SMA", "timeperiod": "$n"}},
        "entry_rules": ["close > s and close > highest(close, n)[-1]"],
        "exit_rules": ["close < s and close < lowest(close, 2e0)[-1]"],
    }
    found = trades(bars(WAVE), parameters={"n": n}, **rules)
    assert found.equals(trades(bars(WAVE), parameters={"n": 3}, **rules))
    assert len(found)


@pytest.mark.parametrize(
    "n", [3.5, {"default": 3.0, "step": 0.5}, {"default": 3.0, "choices": [3.0, 3.5]}]
)
def test_number_that_may_be_a_fraction_does_not_count_bars(n):
    compiled = compile_rules(
        definition(
            parameters={"n": n},
            indicators={"s": {"type": "SMA", "timeperiod": "$n"}},
            entry_rules=("close > highest(close, n)[-1]", "close > s"),
        )
    )
    assert {"indicator-argument", "rule-count"} <= {p.rule for p in compiled.problems}
