"""Double costs, and parameters chosen on the past: formulas held to cases worked out by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.costs import MOST_MULTIPLE, at_double_costs, cost_multiple
from components.engine.gate_bounds import impossible_gates
from components.engine.gates import judge_further
from components.engine.walk_forward import choices, walked
from components.errors import ConfigError
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.definition.models import ParameterSpec
from components.schema.policies.file import load_policy
from components.schema.policies.risk import Gate, OutOfSample, RiskPolicy
from components.schema.results.evidence import Track
from components.schema.results.further import Further

WEEK = 7 * 86_400
RULE = OutOfSample(windows=4, first_past=0.2)


def track(*returns):
    series = np.array(returns, "<f4").tobytes()
    return Track(fingerprint="", step_s=WEEK, first=1_700, series=series)


def lively(weeks, mean, seed=0):
    """Returns with exactly this mean and a deviation of one percent."""
    drawn = np.random.default_rng(seed).normal(size=weeks)
    return (drawn - drawn.mean()) / drawn.std(ddof=1) * 0.01 + mean


def sharpe(returns):
    return returns.mean() / returns.std(ddof=1) * math.sqrt(365.25 / 7)


# --- costs ---------------------------------------------------------------------------------------


@given(
    gain=st.floats(0.001, 3),
    cost=st.floats(0.0001, 0.5),
)
def test_costs_that_take_a_share_of_each_order_are_gone_at_the_multiple_that_is_told(gain, cost):
    once, twice = (math.expm1(gain - k * cost) * 100 for k in (1, 2))
    found = cost_multiple(once, twice)
    assert found == pytest.approx(min(MOST_MULTIPLE, gain / cost), rel=1e-6)


def test_strategy_that_loses_without_any_costs_bears_none():
    assert cost_multiple(-10, -10.5) == 0


def test_strategy_that_loses_only_by_its_costs_bears_less_than_once():
    assert 0 < cost_multiple(-1, -5) < 1


@pytest.mark.parametrize(("once", "twice"), [(20, -100), (20, -130), (-5, -5), (0, 0)])
def test_what_two_runs_cannot_tell_is_undefined(once, twice):
    assert cost_multiple(once, twice) is None


def test_strategy_that_never_pays_bears_the_most():
    assert cost_multiple(10, 10) == MOST_MULTIPLE


def test_double_costs_double_every_part_of_the_costs_and_nothing_else():
    config = BacktestConfig(
        commission=CommissionScheme(fixed=3, pct=0.001), slippage=0.0002, margin=0.5
    )
    doubled = at_double_costs(config)
    assert doubled.commission == CommissionScheme(fixed=6, pct=0.002)
    assert doubled.slippage == 0.0004
    assert doubled.model_copy(update={"commission": config.commission, "slippage": 0.0002}) == (
        config
    )


@pytest.mark.parametrize("dear", [{"commission": 0.06}, {"slippage": 0.5}])
def test_costs_that_no_backtest_takes_doubled_are_no_fault_of_ours(dear):
    assert at_double_costs(BacktestConfig(**dear)) is None


def test_double_costs_keep_the_days_of_the_configuration():
    config = BacktestConfig.model_validate({"start": "2001-02-03", "end": "2002-02-03"})
    assert at_double_costs(config).start == config.start


# --- which parameters are tried ------------------------------------------------------------------


def test_sets_of_parameters_stay_within_the_declared_ranges_and_leave_the_rest():
    declared = {
        "fast": ParameterSpec(default=10, min=5, max=25, step=5),
        "share": ParameterSpec(default=0.5, min=0.1, max=0.9),
        "kind": ParameterSpec(default="SMA", choices=("SMA", "EMA")),
        "half": ParameterSpec(default=3, min=1),
        "plain": 7,
    }
    own = {"fast": 10, "share": 0.5, "kind": "SMA", "half": 3, "plain": 7}
    found = choices(declared, own, 8)
    assert len(found) == 8
    assert own not in found
    assert {one["fast"] for one in found} <= {5, 10, 15, 20, 25}
    assert all(isinstance(one["fast"], int) for one in found)
    assert len({one["fast"] for one in found}) >= 4
    assert all(0.1 <= one["share"] <= 0.9 for one in found)
    assert {one["kind"] for one in found} == {"SMA", "EMA"}
    assert all((one["half"], one["plain"]) == (3, 7) for one in found)
    assert found == choices(declared, own, 8)


def test_range_with_fewer_values_than_wanted_gives_each_once():
    declared = {"n": ParameterSpec(default=2, min=1, max=3)}
    assert sorted(one["n"] for one in choices(declared, {"n": 2}, 8)) == [1, 3]


def test_strategy_without_declared_ranges_has_nothing_to_choose_from():
    assert choices({"n": 2}, {"n": 2}, 8) == ()


@given(
    low=st.integers(-(10**14), 10**14),
    wide=st.integers(0, 10**14),
    step=st.one_of(st.none(), st.integers(1, 10**6)),
)
def test_whole_numbers_of_any_range_stay_whole_and_inside(low, wide, step):
    spec = ParameterSpec(default=low, min=low, max=low + wide, step=step)
    for one in choices({"n": spec}, {"n": low}, 4):
        assert isinstance(one["n"], int)
        assert low <= one["n"] <= low + wide


@given(
    ends=st.tuples(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15)).map(sorted),
    step=st.one_of(st.none(), st.floats(1e-300, 1e15)),
    whole=st.booleans(),
)
def test_steps_too_small_to_count_and_odd_ends_stay_inside_the_range(ends, step, whole):
    low, high = ends
    default = math.ceil(low) if whole else low
    if default > high:
        default = low
    spec = ParameterSpec(default=default, min=low, max=high, step=step)
    for one in choices({"x": spec}, {"x": default}, 4):
        assert low <= one["x"] <= high
        assert isinstance(one["x"], type(default))


# --- the walk ------------------------------------------------------------------------------------


def test_parameters_that_were_best_on_the_past_are_judged_by_what_came_after():
    """One set earns, then loses; the other the reverse: chosen each time too late."""
    before, after = lively(20, 0.004), lively(20, -0.004)
    turns = np.concatenate([before, after, before, after, before])
    found = walked(RULE, "SPX", track(*turns), [track(*-turns)])
    assert found.past_sharpe == pytest.approx(sharpe(before), rel=1e-5)
    assert all(w.sharpe == pytest.approx(-sharpe(before), rel=1e-5) for w in found.windows)
    assert found.oos_keep < -0.5
    assert found.curve[-1].equity < 1


def test_edge_that_lasts_keeps_its_result():
    steady = np.tile(lively(20, 0.004), 5)
    noise = lively(100, -0.001, seed=3)
    found = walked(RULE, "SPX", track(*noise), [track(*steady)])
    assert found.oos_keep == pytest.approx(1, abs=0.05)
    joined = np.prod(1 + steady[20:].astype("<f4").astype(float))
    assert found.curve[-1].equity == pytest.approx(joined)


def test_windows_follow_one_another_and_a_past_part_ends_where_its_window_starts():
    returns = track(*lively(100, 0.001))
    rolling = walked(RULE, "SPX", returns, []).windows
    anchored = walked(RULE.model_copy(update={"past": "anchored"}), "SPX", returns, []).windows
    assert [(w.start, w.end) for w in rolling] == [(w.start, w.end) for w in anchored]
    assert len({w.past_start for w in anchored}) == 1
    assert len({w.past_start for w in rolling}) == 4
    for one, other in pairwise(rolling):
        assert np.datetime64(one.end) + 1 == np.datetime64(other.start)


@given(st.integers(0, 3), st.integers(0, 1_000))
def test_what_came_after_a_window_changes_nothing_of_it(window, seed):
    own, other = lively(100, 0.001), lively(100, 0.001, seed=1)
    end = 20 + 20 * (window + 1)
    later = np.random.default_rng(seed).normal(size=100 - end) * 0.02
    first = walked(RULE, "SPX", track(*own), [track(*other)]).windows
    changed = [track(*returns[:end], *later) for returns in (own, other)]
    second = walked(RULE, "SPX", changed[0], changed[1:]).windows
    assert first[: window + 1] == second[: window + 1]


def test_set_that_did_not_run_is_counted_and_never_chosen():
    own = track(*lively(100, 0.001))
    found = walked(RULE, "SPX", own, [None, None])
    assert (found.choices, found.failed) == (3, 2)
    assert found.windows == walked(RULE, "SPX", own, []).windows


@pytest.mark.parametrize(
    "own", [None, track(*lively(30, 0.004)), track(*[0.0] * 100), track(*lively(100, -0.004))]
)
def test_walk_that_says_nothing_or_had_nothing_to_keep_never_reads_as_passed(own):
    """No returns; too few weeks; no movement; a loss on the past parts."""
    found = walked(RULE, "SPX", own, [])
    assert found.oos_keep is None
    gate = Gate(id="keeps", metric="oos_keep", op=">=", value=-100)
    (judged,) = judge_further(RiskPolicy(gates=(gate,)), [found])
    assert not judged.passed
    assert "undefined" in judged.message


# --- the policy ----------------------------------------------------------------------------------


def test_gate_on_costs_that_break_even_too_early_says_so():
    policy = RiskPolicy(
        gates=(Gate(id="dear", metric="cost_multiple", op=">=", value=2, message="too dear"),)
    )
    (judged,) = judge_further(policy, [Further(symbol="SPX", cost_multiple=1.4)])
    assert not judged.passed
    assert judged.message == "SPX: too dear: cost_multiple 1.4, needs >= 2"


@pytest.mark.parametrize("value", [100, 250])
def test_more_than_two_runs_can_show_is_a_gate_that_nothing_passes(value):
    gate = Gate(id="dear", metric="cost_multiple", op=">", value=value)
    assert list(impossible_gates(RiskPolicy(gates=(gate,))))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"gates: []\nout_of_sample:\n  windows: 1\n", 3),
        (b"gates: []\nout_of_sample: {window: 8}\n", 2),
        (b"gates:\n  - {id: a, metric: oos_keep, op: '>=', value: 1, compare: base}\n", 2),
        (b"gates:\n  - {id: a, metric: cost_multiple, op: '>=', value: 1, scope: aggregate}\n", 2),
    ],
)
def test_wrong_key_is_named_with_its_file_and_line(text, line):
    with pytest.raises(ConfigError) as caught:
        load_policy(text, RiskPolicy, file="policies/risk.yaml")
    assert f"policies/risk.yaml:{line}" in str(caught.value)
