"""What a portfolio costs beside the package bt, on the same bars and weights, in one process.

python -m benchmarks.portfolio [--json FILE] [--years N] [--symbols N ...] [--streamed N ...]
    [--audited N ...] [--zipline]

`--streamed` and `--audited` are numbers of symbols that a monthly rotation is run over in a
sandbox, the streamed one with a lookback declared, as the bot does it, with all of its checks.
With `--zipline` also whether zipline-reloaded comes to the same worth; it is installed into a
folder of its own, which needs the package index once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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
from components.engine.market_data import FolderData
from components.engine.run import run_backtest
from components.ports import BacktestJob
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image import inventory
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_A_YEAR = 252
ZIPLINE = Path(__file__).parent / "zipline"
ENVIRONMENTS = Path(__file__).parents[1] / "build"
SO_MUCH = 1e11
"""Capital with which whole units are as good as parts of them."""
LIMITS = Limits(wall_s=1800)
"""The shipped ones, but for the clock."""
LOOKBACK, LONE = 127, 10
"""Bars that are declared where there are more symbols than so many."""

ROTATION = """
import pandas as pd
from algoops import PortfolioStrategy


def gain(close, bars):
    return pd.Series(close).pct_change(bars)


class Rotation(PortfolioStrategy):
    def init(self):
        self.gain = {s: self.I(gain, self.data[s].Close, 126) for s in self.symbols}
        self.month = None

    def next(self):
        month = self.data[self.symbols[0]].index[-1].month
        if month != self.month:
            self.month = month
            best = sorted(self.listed, key=lambda s: self.gain[s][-1])[-5:]
            self.target(dict.fromkeys(best, 0.19))
"""


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


def in_the_bot(symbols: int, days: int, causality: str, lookback: int | None) -> dict[str, object]:
    """One run in a sandbox: seconds, CPU seconds and most memory outside and inside of it."""
    with tempfile.TemporaryDirectory() as folder:
        for symbol, frame in made_up(symbols, days).items():
            frame.to_csv(Path(folder) / f"{symbol}_1d.csv", index_label="Date")
        names = tuple(f"S{number}" for number in range(symbols))
        job = BacktestJob(
            strategy="rotation",
            files={"strategy.py": ROTATION.encode()},
            rules="",
            parameters={},
            config=BacktestConfig(initial_capital=1e8),
            symbol=f"{symbols} symbols",
            symbols=names,
            interval="1d",
            start=None,
            end=None,
            limits=LIMITS,
            causality=causality,
            lookback=lookback,
        )
        sandbox = open_sandbox(SandboxSpec(LIMITS, "auto", warm=1, contents=inventory.take()))
        try:
            began, ours = time.monotonic(), _cpu()
            result = run_backtest(job, sandbox, FolderData(Path(folder)))
            took = time.monotonic() - began
        finally:
            sandbox.close()
    return {
        "status": str(result.status),
        "message": result.message,
        "trades": len(result.trades),
        "seconds": took,
        "cpu_s_outside": _cpu() - ours,
        "cpu_s_inside": result.resource_usage.cpu_s,
        "memory_mb_inside": result.resource_usage.max_memory_mb,
        "memory_mb_outside": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "phases_s": dict(result.phases_s),
        "looked_at": result.looked_at,
    }


def _cpu() -> float:
    """Of this process and of those of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


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
    parser.add_argument("--streamed", type=int, nargs="*", default=[10, 50])
    parser.add_argument("--audited", type=int, nargs="*", default=[])
    parser.add_argument("--zipline", action="store_true")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = {f"{n} symbols": measured(n, given.years * DAYS_A_YEAR) for n in given.symbols}
    modes = [(n, "streamed", LOOKBACK if n > LONE else None) for n in given.streamed]
    modes += [(n, "audited", None) for n in given.audited]
    for n, causality, lookback in modes:
        name = f"{n} symbols {causality}, lookback {lookback}"
        found[name] = in_the_bot(n, given.years * DAYS_A_YEAR, causality, lookback)
        print(name, found[name], flush=True)
    if given.zipline:
        found["beside zipline, monthly"] = beside_zipline(10, 60, 21)
        found["beside zipline, daily"] = beside_zipline(10, 24, 1)
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
