"""At which bars an audited run is looked at, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.audit import MOST_ORDER_BARS, SAMPLED_BARS, Coverage, Picked, pick
from components.engine.findings import looked_at
from components.engine.forecast import TooDear
from components.engine.run import _coverage
from components.protocol.messages import Diagnosis
from components.schema.results.values import Limits

LIMITS = Limits(cpu_s=60)


def test_run_somewhat_too_dear_is_looked_at_on_more_than_a_tenth_of_its_bars():
    assert _coverage(TooDear(whole_s=14, budget_s=10), LIMITS, 5_000).others > 2_000


def test_run_much_too_dear_is_looked_at_on_a_tenth_of_its_bars():
    assert _coverage(TooDear(whole_s=125, budget_s=10), LIMITS, 5_000).others == 500


def test_long_series_is_looked_at_on_2500_bars_without_orders():
    assert _coverage(TooDear(whole_s=600, budget_s=10), LIMITS, 200_000).others == 2_500


def test_look_that_would_reach_the_limit_takes_fewer_bars_and_never_none():
    coverage = _coverage(TooDear(whole_s=50_000, budget_s=10), LIMITS, 5_000)

    assert coverage == Coverage(orders=MOST_ORDER_BARS, others=SAMPLED_BARS)


@given(
    st.integers(3, 400),
    st.integers(1, 399),
    st.sets(st.integers(1, 399)),
    st.integers(0, 50),
    st.integers(0, 500),
)
def test_bars_are_picked_as_often_as_wanted_and_only_where_there_are_any(
    bars, start, placed, orders, others
):
    start = min(start, bars - 1)
    placed = sorted(bar for bar in placed if start <= bar < bars)

    picked = pick(bars, start, {"buy": placed}, Coverage(orders, others))

    assert picked.orders == min(orders, len(placed)) == len(set(placed) & set(picked.cuts)) or (
        start in placed  # the first bar is always looked at
    )
    assert picked.others == min(others, picked.of_others)
    assert picked.cuts == sorted(set(picked.cuts))
    assert all(1 <= bar < bars for bar in picked.cuts)


@pytest.mark.parametrize(
    ("picked", "words"),
    [
        (
            Picked([1, 2], 7, 7, 100, 1_000),
            "all 7 with orders among them; a use of later bars on 29",
        ),
        (Picked([1, 2], 5, 7, 100, 1_000), "5 of the 7 with orders among them"),
        (Picked([1, 2], 7, 7, 50, 50), "no bar was left out"),
    ],
)
def test_look_says_how_many_bars_and_what_it_can_find(picked, words):
    assert words in looked_at(Diagnosis(0, 1, 2, []), 1_000, None, picked)
