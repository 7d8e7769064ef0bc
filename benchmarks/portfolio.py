"""What a portfolio costs beside the package bt, on the same bars and weights, in one process.

python -m benchmarks.portfolio [--json FILE] [--years N] [--symbols N ...]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import bt
import numpy as np
import pandas as pd

from algoops import PortfolioStrategy, backtest

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_A_YEAR = 252


class Weights(PortfolioStrategy):
    """Trades to given weights on given days."""

    plan = pd.DataFrame()

    def init(self) -> None:
        """Look the days up once."""
        self.rows = {day: row.to_dict() for day, row in self.plan.iterrows()}

    def next(self) -> None:
        """Trade where the plan has weights for today."""
        today = self.data[self.symbols[0]].index[-1]
        if today in self.rows:
            self.target(self.rows[today])


def made_up(symbols: int, days: int) -> dict[str, pd.DataFrame]:
    """Daily bars of random walks."""
    index = pd.bdate_range("2004-01-02", periods=days)
    frames = {}
    for seed in range(symbols):
        chance = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, days)))
        opening = np.r_[100, close[:-1]]
        prices = (opening, np.maximum(opening, close), np.minimum(opening, close), close)
        names = ("Open", "High", "Low", "Close")
        frames[f"S{seed}"] = pd.DataFrame(dict(zip(names, prices, strict=True)), index=index)
    return frames


def theirs(frames: dict[str, pd.DataFrame], plan: pd.DataFrame) -> None:
    """The same weights in bt, which trades at the closes."""
    closes = pd.DataFrame({name: frame["Close"] for name, frame in frames.items()})
    algos = [bt.algos.RunOnDate(*plan.index), bt.algos.WeighTarget(plan), bt.algos.Rebalance()]
    run = bt.Backtest(bt.Strategy("s", algos), closes, initial_capital=1e6, integer_positions=False)
    bt.run(run)


def cpu_s(call: Callable[[], object]) -> float:
    """The least of two."""
    found = []
    for _ in range(2):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


def measured(symbols: int, days: int) -> dict[str, dict[str, float]]:
    """CPU seconds of both, monthly and daily."""
    frames = made_up(symbols, days)
    index = frames["S0"].index
    months = index.to_series().groupby([index.year, index.month]).first()
    weights = np.random.default_rng(1).dirichlet(np.ones(symbols), len(index))
    every = pd.DataFrame(weights, index, list(frames))
    return {
        name: {
            "ours_s": cpu_s(lambda p=plan: backtest(Weights, frames, {"plan": p}, cash=1e8)),
            "bt_s": cpu_s(lambda p=plan: theirs(frames, p)),
        }
        for name, plan in (("monthly", every.loc[months]), ("daily", every))
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--symbols", type=int, nargs="*", default=[10, 50])
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = {f"{n} symbols": measured(n, given.years * DAYS_A_YEAR) for n in given.symbols}
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
