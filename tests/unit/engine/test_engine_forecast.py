"""When a streamed run is given up because it would cost too much."""

import itertools

import pytest

from components.engine import forecast
from components.engine.forecast import Forecast, TooDear


class Counted:
    """A guest whose CPU time is known at each bar."""

    def __init__(self, cost) -> None:
        self.cost, self.done = cost, 0

    def cpu_s(self):
        return self.cost(self.done)


def _streamed(monkeypatch, cost, bars=5_000, budget_s=10.0):
    """The bar at which it is given up, and the seconds foretold; (bars, None): it is not."""
    clock = itertools.count(step=forecast.LOOK_S)
    monkeypatch.setattr(forecast.time, "monotonic", lambda: next(clock))
    guest = Counted(cost)
    watch = Forecast(guest, bars, budget_s)
    for bar in range(1, bars + 1):
        guest.done = bar
        try:
            watch.look(bar)
        except TooDear as dear:
            return bar, dear.whole_s
    return bars, None


@pytest.mark.parametrize("whole_s", [12.0, 60.0, 600.0])
def test_cost_that_grows_with_the_bars_is_foretold_early(monkeypatch, whole_s):
    bar, foretold = _streamed(monkeypatch, lambda n: whole_s * (n / 5_000) ** 2)

    assert foretold == pytest.approx(whole_s, rel=0.05)
    assert whole_s * (bar / 5_000) ** 2 < 1.1


def test_same_cost_at_each_bar_is_foretold_early(monkeypatch):
    bar, foretold = _streamed(monkeypatch, lambda n: 20 * n / 5_000)

    assert foretold == pytest.approx(20, rel=0.05)
    assert bar < 300


@pytest.mark.parametrize("power", [1, 2])
def test_run_that_fits_its_budget_is_never_given_up(monkeypatch, power):
    cost = _streamed(monkeypatch, lambda n: 9.0 * (n / 1_000) ** power, bars=1_000)
    assert cost == (1_000, None)


def test_dear_first_bars_of_a_cheap_run_are_no_reason(monkeypatch):
    assert _streamed(monkeypatch, lambda n: 0.9 + 5 * n / 1_000, bars=1_000) == (1_000, None)


@pytest.mark.parametrize(("cost", "budget_s"), [(lambda n: None, 10.0), (lambda n: 9e9, None)])
def test_no_count_or_no_budget_gives_nothing_up(monkeypatch, cost, budget_s):
    assert _streamed(monkeypatch, cost, budget_s=budget_s) == (5_000, None)
