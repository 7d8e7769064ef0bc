"""Weights are held as the package bt holds them, on the same prices."""

import numpy as np
import pandas as pd
import pytest

from algoops import backtest
from tests.unit.portfolio.made_up import walk
from tests.unit.portfolio.test_portfolio_account import Once

pytestmark = pytest.mark.filterwarnings("ignore")
CASH = 1e12
"""So much that whole units are as good as parts of them."""

THEIR_CASH = 1e6
"""With more, bt's own rounding stops it."""


def plans(prices, often):
    """Weights of each day, and the days (from the second on) on which they are traded."""
    weights = np.random.default_rng(5).dirichlet(np.ones(4), len(prices))[:, :3]
    if often == "short":
        weights[:, 1] *= -1
    months = prices.index.month
    return weights, [
        day
        for day in range(2, len(prices))
        if often != "month" or day == 2 or months[day] != months[day - 1]
    ]


@pytest.mark.parametrize("often", ["month", "day", "short"])
def test_account_that_is_brought_back_to_its_weights_is_worth_what_bt_says(often):
    """Bars that do not move but between days: the open, at which we trade, is bt's price."""
    import bt  # two seconds: not in processes that run other tests

    prices = pd.DataFrame({name: walk(seed, 400)["Close"] for seed, name in enumerate("ABC")})
    frames = {
        name: pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), prices[name]))
        for name in prices
    }
    weights, days = plans(prices, often)
    plan = {day: dict(zip(prices, weights[day], strict=True)) for day in days}
    ours = backtest(Once, frames, {"plan": plan}, cash=CASH)["_equity_curve"]["Equity"].iloc[2:]
    traded = pd.DataFrame(weights, prices.index, prices.columns).iloc[days]
    algos = [bt.algos.RunOnDate(*traded.index), bt.algos.WeighTarget(traded), bt.algos.Rebalance()]
    theirs = bt.Backtest(
        bt.Strategy("s", algos),
        prices.iloc[2:],
        initial_capital=THEIR_CASH,
        integer_positions=False,
    )
    bt.run(theirs)
    worth = theirs.strategy.values.loc[ours.index] / THEIR_CASH  # noqa: PD011  # bt's
    np.testing.assert_allclose(ours.to_numpy() / CASH, worth.to_numpy(), rtol=1e-6)
    assert abs(worth.iloc[-1] - 1) > 0.01
