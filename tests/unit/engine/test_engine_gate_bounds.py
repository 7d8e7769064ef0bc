"""Gates that nothing can pass are found, and no others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.gate_bounds import impossible_gates
from components.schema.policies.risk import Gate, RiskPolicy

OPS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def gates(*rules, **more):
    made = [
        Gate(id=f"g{n}", metric=metric, op=op, value=value, **more)
        for n, (metric, op, value) in enumerate(rules)
    ]
    return list(impossible_gates(RiskPolicy(gates=tuple(made))))


@pytest.mark.parametrize(
    "rule",
    [
        ("win_rate_pct", ">", 100),
        ("exposure_pct", ">=", 101),
        ("max_drawdown_pct", ">", 0),
        ("trades", "<", 0),
        ("sharpe", ">=", math.inf),
        ("sharpe", ">=", math.nan),
    ],
)
def test_bound_outside_of_what_the_metric_can_be_is_impossible(rule):
    ((place, why),) = gates(rule)
    assert place == 0
    assert rule[0] in why or "nan" in why


@pytest.mark.parametrize(
    "rule", [("win_rate_pct", ">=", 100), ("max_drawdown_pct", ">=", 0), ("trades", "<=", 0)]
)
def test_bound_at_the_edge_of_the_range_is_possible(rule):
    assert gates(rule) == []


def test_warning_and_comparison_exclude_nothing():
    pair = (("sharpe", ">=", 2), ("sharpe", "<=", 1))
    assert [place for place, _ in gates(*pair)] == [1]
    assert gates(*pair, severity="warn") == []
    assert gates(*pair, compare="base") == []


def test_gates_that_are_never_judged_on_the_same_result_do_not_meet():
    one = Gate(id="a", metric="sharpe", op=">=", value=2, scope="symbol")
    other = Gate(id="b", metric="sharpe", op="<=", value=1, scope="aggregate")
    assert list(impossible_gates(RiskPolicy(gates=(one, other)))) == []


@given(st.lists(st.tuples(st.sampled_from(list(OPS)), st.integers(-3, 3)), min_size=1, max_size=2))
def test_a_pair_is_impossible_exactly_where_no_value_holds_for_both(rules):
    values = [n / 4 for n in range(-20, 21)]
    found = gates(*[("sharpe", op, float(value)) for op, value in rules])
    holds = any(all(OPS[op](x, value) for op, value in rules) for x in values)
    assert bool(found) != holds
