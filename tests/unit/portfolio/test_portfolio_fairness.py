"""Who knows nothing earns nothing, also where symbols that move together share their money."""

import functools

import numpy as np
import pandas as pd
import pytest

from algoops import PortfolioStrategy
from algoops.exchange.shared import SharedAccount
from algoops.run import _NotebookRun
from algoops.timeline import checked
from tests.engine_fairness import STEPS, VOLATILITY, t_value

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS, BARS, TOO_MUCH = 60, 40, 3.0
COMMON = 0.95
"""Correlation of the two symbols."""


def bars_of(steps):
    """Bars of a martingale with these logarithmic steps inside each bar."""
    inside = np.zeros((BARS, STEPS + 1))
    inside[:, 1:] = steps.cumsum(axis=1) - VOLATILITY**2 / 2 * np.linspace(0, 1, STEPS + 1)[1:]
    before = np.concatenate([[0.0], inside[:-1, -1].cumsum()])
    price = 1_000 * np.exp(inside + before[:, None])
    columns = {
        "Open": price[:, 0],
        "High": price.max(1),
        "Low": price.min(1),
        "Close": price[:, -1],
    }
    return pd.DataFrame(columns, index=pd.date_range("2000-01-01", periods=BARS))


@functools.cache
def pair(seed):
    chance = np.random.default_rng(seed)
    common, one, two = chance.normal(0, VOLATILITY / STEPS**0.5, (3, BARS, STEPS))
    own = (1 - COMMON) ** 0.5
    return {
        name: bars_of(COMMON**0.5 * common + own * part) for name, part in (("A", one), ("B", two))
    }


class TakeProfitPaysForMarketOrder(PortfolioStrategy):
    """All money in A with a near take-profit, and an order for B that only its money could pay."""

    def init(self):
        pass

    def next(self):
        self.position("B").close()
        if self.position("A"):
            self.buy("B")
        else:
            self.buy("A", tp=self.data["A"].Close[-1] * 1.006)


class ShareBesideHeld(TakeProfitPaysForMarketOrder):
    """Half of the money stays in A; B is bought anew each day with what is free."""

    def next(self):
        self.position("B").close()
        self.buy("B", size=0.9)
        if not self.position("A"):
            self.buy("A", size=0.5)


class WeightsEachDay(TakeProfitPaysForMarketOrder):
    def next(self):
        self.target({"A": 0.5, "B": 0.5})


class WeightsInTurn(TakeProfitPaysForMarketOrder):
    def next(self):
        self.target({"AB"[len(self.data["A"]) % 2]: 1.0, "BA"[len(self.data["A"]) % 2]: -0.5})


class LimitPaidByStop(TakeProfitPaysForMarketOrder):
    """A is left by a stop near the market, and B entered by a limit with the same money."""

    def next(self):
        for order in self.orders:
            if not order.is_contingent:
                order.cancel()
        if not self.position("A"):
            self.buy("A", sl=self.data["A"].Close[-1] * 0.995)
        if not self.position("B"):
            self.buy("B", limit=self.data["B"].Close[-1] * 0.996)
        else:
            self.position("B").close()


class BracketsOfOneAccount(TakeProfitPaysForMarketOrder):
    def next(self):
        for symbol in self.symbols:
            close = self.data[symbol].Close[-1]
            units = max(1, int(self.equity / close * 0.9))
            if not self.position(symbol):
                self.buy(symbol, size=units, sl=close * 0.994, tp=close * 1.006)


STYLES = [TakeProfitPaysForMarketOrder, *TakeProfitPaysForMarketOrder.__subclasses__()]


def log_returns(style, seeds=SEEDS):
    """Of each pair of walks; without statistics, which take the most of a short run's time."""
    ends = []
    for seed in range(seeds):
        run = _NotebookRun(style, checked(pair(seed)), {}, {"cash": 1e7})
        run.trade()
        ends.append(run.strategy.equity / 1e7)
    return np.log(ends)


@pytest.mark.parametrize("style", STYLES)
def test_orders_without_knowledge_earn_nothing_on_a_shared_account(style):
    returns = log_returns(style)
    assert t_value(returns) <= TOO_MUCH, f"{returns.mean():+.4f} log return"
    assert returns.std() > 0.001


def test_the_same_orders_earn_money_where_a_bar_is_worked_out_symbol_by_symbol(monkeypatch):
    """Then what the take-profit frees in the afternoon has bought B in the morning."""
    monkeypatch.setattr(SharedAccount, "_is_scarce", lambda *_: False)
    assert t_value(log_returns(TakeProfitPaysForMarketOrder, 3 * SEEDS)) > TOO_MUCH
