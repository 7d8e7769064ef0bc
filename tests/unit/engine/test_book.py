"""Strategies against the book of what is deployed: clones, diversifiers, and what can't be said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine import gates
from components.engine.evidence.book import FEWEST, alike, bets, fit, weekly, whole
from components.engine.evidence.track import track_of
from components.schema.policies.risk import Gate, RiskPolicy

YEARS = 8
CLONE = Gate(id="no-clone", metric="correlation_with_book", op="<=", value=0.95)
ADDS = Gate(id="adds", metric="marginal_sharpe", op=">", value=0)
POLICY = RiskPolicy(gates=(CLONE, ADDS))


def returns(seed, count, drift=0.0006):
    return np.random.default_rng(seed).normal(drift, 0.01, count)


def days(years=YEARS, start="2010-01-04", freq="B"):
    return pd.date_range(start, periods=int(years * 261), freq=freq)


def series(values, index):
    """As the ledger keeps them: returns of the bars after the first."""
    return weekly([track_of(values[1:], index)])


def one(seed, index=None, **more):
    index = days() if index is None else index
    return series(returns(seed, len(index), **more), index)


def judged(found):
    return {g.id: g for g in gates.judge_book(POLICY, found)}


def clone(seed):
    """The returns of the deployed one, as other costs, leverage and a few other trades make them."""
    random, values = np.random.default_rng(seed), returns(1, len(days()))
    changed = values * random.uniform(0.5, 3) - random.uniform(0, 0.0002)
    changed[random.integers(0, len(values), 20)] = 0
    return series(changed, days())


def test_twenty_relabelled_clones_are_all_refused_and_twenty_diversifiers_pass():
    book = {"original": one(1), "another": one(2)}
    clones = [judged(fit(clone(seed), book))["no-clone"] for seed in range(20)]
    assert [g.passed for g in clones] == [False] * 20
    assert all("with original" in g.message for g in clones)
    fresh = [judged(fit(one(100 + seed), book)) for seed in range(20)]
    assert [g["no-clone"].passed for g in fresh] == [True] * 20
    assert sum(g["adds"].passed for g in fresh) >= 15


def test_an_empty_book_passes_with_its_reason():
    found = judged(fit(one(1), {}))
    assert all(g.passed for g in found.values())
    assert "nothing else is deployed" in found["no-clone"].message


@pytest.mark.parametrize(
    ("own", "other", "why"),
    [
        (one(1), "its returns are not kept yet", "x: its returns are not kept yet"),
        ("its returns are not kept yet", one(1), "its returns are not kept yet"),
        (one(1), one(2, days(start="2019-06-03")), "0 weeks in common with x"),
        (one(1), one(2, days(0.9)), f"weeks in common with x, {FEWEST} are needed"),
        (series(np.zeros(2088), days()), one(1), "do not move"),
        (one(1), series(np.full(2088, 1e-4), days()), "do not move"),
        (series(np.full(2088, np.nan), days()), one(1), "0 weeks in common"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_breaks_the_gate_and_says_why(own, other, why):
    found = fit(own, {"x": other})
    for gate in judged(found).values():
        assert not gate.passed
        assert why in gate.message
    assert found.line.startswith("Book: not compared")


def test_one_incomparable_strategy_is_not_hidden_behind_others():
    found = fit(one(1), {"known": one(2), "unknown": "its returns are not kept yet"})
    assert not any(g.passed for g in judged(found).values())
    assert [a.name for a in found.alike] == ["known", "unknown"]


def test_the_same_bets_on_a_calendar_with_weekends_are_as_alike():
    every = days(freq="D")
    values = returns(3, len(every))
    closed = every.day_of_week < 5
    own = series(values, every)
    # what came over the weekend is in Monday's return of the exchange that closes
    worked = np.cumsum(closed) - closed
    other = series(np.bincount(worked, weights=values)[: closed.sum()], every[closed])
    found = fit(own, {"weekdays": other})
    assert found.correlation_with_book > 0.7
    strangers = fit(one(4, every), {"weekdays": other})
    assert abs(strangers.correlation_with_book) < 0.3


def test_hours_are_compared_with_days_by_week():
    hours = pd.date_range("2015-01-05", periods=24 * 7 * 70, freq="h")
    values = returns(5, len(hours), drift=0) / 5
    daily = pd.Series(values, hours).groupby(hours.floor("D")).sum()
    own, other = series(values, hours), series(daily.to_numpy(), pd.DatetimeIndex(daily.index))
    assert fit(own, {"daily": other}).correlation_with_book > 0.98


def test_joint_figures_are_those_of_the_plain_formulas():
    first, second, own = one(1), one(2), one(3)
    found = fit(own, {"a": first, "b": second})
    weeks = {"a": first, "b": second, "own": own}
    frame = pd.DataFrame({n: w.cut(w.first, w.end) for n, w in weeks.items()})
    for names, sharpe, drawdown in (
        (["a", "b"], found.sharpe_without, found.drawdown_without_pct),
        (["a", "b", "own"], found.sharpe_with, found.drawdown_with_pct),
    ):
        part = frame[names]
        weights = (1 / part.std(ddof=0)) / (1 / part.std(ddof=0)).sum()
        joint = part @ weights
        assert sharpe == pytest.approx(joint.mean() / joint.std() * (365.25 / 7) ** 0.5, rel=1e-9)
        equity = pd.concat([pd.Series([1.0]), (1 + joint).cumprod()])
        assert drawdown == pytest.approx((equity / equity.cummax() - 1).min() * 100, rel=1e-9)
    assert found.marginal_sharpe == pytest.approx(found.sharpe_with - found.sharpe_without)
    assert found.alike[0].correlation == pytest.approx(
        max(frame["own"].corr(frame["a"]), frame["own"].corr(frame["b"])), rel=1e-9
    )


def test_bets_of_copies_are_one_and_of_strangers_their_number():
    assert bets(np.ones((20, 20))) == pytest.approx(1)
    assert bets(np.eye(20)) == pytest.approx(20)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True))
def test_contributions_of_the_whole_book_sum_to_all_of_it(seeds):
    book = whole({f"s{seed}": one(seed, days(2)) for seed in seeds})
    assert sum(book.contributions_pct) == pytest.approx(100)
    assert sum(book.weights_pct) == pytest.approx(100)
    assert 1 <= book.bets <= len(seeds) + 1e-9


def test_correlations_of_all_at_once_are_those_of_each_pair():
    """Also with gaps, short common times, other scales, copies, and one that stands still there."""
    short, late = days(1.1), days(start="2017-01-02")
    held = returns(7, len(days()))
    held[len(held) // 2 :] = 0
    found = {
        **{f"s{seed}": one(seed, drift=seed / 1e4) for seed in range(4)},
        "copy": one(1, drift=1 / 1e4),
        "large": series(returns(5, len(days())) * 1e4, days()),
        "late": one(6, late),
        "short": one(8, short),
        "still later": series(held, days()),
        "new": one(9, days(1.5, start="2017-07-03")),
    }
    book = whole(found)
    assert book.names == tuple(found)
    for a, row in zip(book.names, book.correlations, strict=True):
        for b, value in zip(book.names, row, strict=True):
            pair = 1.0 if a == b else alike(b, found[a], found[b]).correlation
            assert value == (None if pair is None else pytest.approx(pair, abs=1e-9)), (a, b)
    assert book.bets is None


def test_the_whole_book_names_what_it_leaves_out():
    flat = series(np.zeros(2088), days())
    book = whole({"a": one(1), "flat": flat, "new": "its returns are not kept yet"})
    assert book.names == ("a",)
    assert {m.name for m in book.missing} == {"flat", "new"}
    assert whole({"flat": flat}).why == "no deployed strategy has returns to show"
    assert whole({}).why == "nothing is deployed"


@pytest.mark.parametrize("wrong", [{"compare": "base"}, {"scope": "aggregate"}])
def test_a_gate_on_the_book_that_compares_or_averages_is_refused(wrong):
    with pytest.raises(ValueError, match="marginal_sharpe"):
        Gate(id="x", metric="marginal_sharpe", op=">=", value=0, **wrong)
