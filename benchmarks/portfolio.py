"""What a portfolio costs beside the package bt, on the same bars and weights, in one process.

python -m benchmarks.portfolio [--json FILE] [--years N] [--symbols N ...] [--zipline]

With `--zipline` also whether zipline-reloaded comes to the same worth; it is installed into a
folder of its own, which needs the package index once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import bt
import numpy as np
import pandas as pd

from algoops import PortfolioStrategy, backtest
from benchmarks.honesty.peer import python_with

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_A_YEAR = 252
ZIPLINE = Path(__file__).parent / "zipline"
ENVIRONMENTS = Path(__file__).parents[1] / "build"
SO_MUCH = 1e11
"""Capital with which whole units are as good as parts of them."""


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


def beside_zipline(symbols: int, months: int, every: int) -> dict[str, float]:
    """The largest relative difference of the two accounts' worth over all days, and CPU seconds.

    Zipline sizes an order when it is given and fills it at the next close, here it is sized at the
    open that fills it. So each price stands for two days: an order of the first is filled at the
    price that it was sized by.
    """
    days = months * DAYS_A_YEAR // 12
    closes = {s: frame["Close"].round(3).repeat(2) for s, frame in made_up(symbols, days).items()}
    index = pd.date_range("2004-01-02", periods=2 * days)
    prices = pd.DataFrame({s: close.to_numpy() for s, close in closes.items()}, index)
    weights = np.random.default_rng(5).dirichlet(np.ones(symbols + 1), days)[:, :symbols]
    rows = np.arange(2, 2 * days - 1, 2 * every)
    plan = pd.DataFrame(weights[rows // 2], rows, prices.columns)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("closes.csv", "plan.csv", "said.json")]
        prices.reset_index(drop=True).to_csv(files[0])
        plan.to_csv(files[1])
        python = python_with(ZIPLINE / "zipline.txt", ENVIRONMENTS)
        words = [python, ZIPLINE / "zipline_side.py", *files, SO_MUCH]
        subprocess.run([str(word) for word in words], check=True)
        theirs = json.loads(files[2].read_text())
    names = ("Open", "High", "Low", "Close")
    frames = {s: pd.DataFrame(dict.fromkeys(names, prices[s])) for s in prices}
    asked = {"plan": plan.set_axis(index[rows])}
    ours = backtest(Weights, frames, asked, cash=SO_MUCH)["_equity_curve"]["Equity"] / SO_MUCH
    return {
        "largest_difference": float(np.abs(ours.to_numpy() / theirs["worth"] - 1).max()),
        "worth": float(ours.iloc[-1]),
        "ours_s": cpu_s(lambda: backtest(Weights, frames, asked, cash=SO_MUCH)),
        "zipline_s": theirs["cpu_s"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--symbols", type=int, nargs="*", default=[10, 50])
    parser.add_argument("--zipline", action="store_true")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = {f"{n} symbols": measured(n, given.years * DAYS_A_YEAR) for n in given.symbols}
    if given.zipline:
        found["beside zipline, monthly"] = beside_zipline(10, 60, 21)
        found["beside zipline, daily"] = beside_zipline(10, 24, 1)
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
