"""A sweep of 200 cells on twenty years of days, beside `Backtest.optimize` on the same values.

    python -m benchmarks.sweep [--turns N] [--json FILE]

Each is a process of its own, in turns; the least of each is taken, by the clock and in CPU seconds
of all its processes (on a busy machine only these are a measure). The sweep counts each cell as a
try, runs the best ten again bar by bar and says how much of the best is luck; optimize does none of
that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._cpu import adopt_orphans, tree_s
from components.state import DATABASE, Store
from components.state.tables.tries import Of

ROOT = Path(__file__).parents[1]
STRATEGY = ROOT / "examples/strategies/sma_cross"
CONFIG = f"""
policies: {ROOT}/policies
data: {{dir: {ROOT}/examples/data}}
state: {{dir: state}}
sandbox: {{backend: bubblewrap}}
"""
OPTIMIZE = f"""
import sys
sys.path.insert(0, {str(STRATEGY)!r})
import pandas as pd
from backtesting import Backtest
from strategy import SmaCross
if __name__ == "__main__":
    file = {str(ROOT / "examples/data/SPX_1d.csv")!r}
    bars = pd.read_csv(file, index_col="Date", parse_dates=True)
    terms = dict(cash=100_000, commission=0.0005, spread=0.0002, finalize_trades=True)
    values = dict(fast=range(5, 101, 5), slow=range(110, 201, 10))
    print(Backtest(bars, SmaCross, **terms).optimize(maximize="Sharpe Ratio", **values))
"""
CELLS = 200
SETS = ("--set", "fast=5:100:5", "--set", "slow=110:200:10")


def seconds(*command: str) -> tuple[float, float]:
    """How long a process takes, and CPU seconds of it and all that it starts."""
    before, began = tree_s(os.getpid()), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began, tree_s(os.getpid()) - before


def swept(algoops: str) -> tuple[float, float]:
    """A sweep that knows nothing yet. Raises RuntimeError where a cell was not counted."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG)
        Store(Path(folder) / "state" / DATABASE).close()
        words = ("sweep", str(STRATEGY), "--symbol", "SPX", *SETS, "--config", str(config))
        took = seconds(algoops, *words)
        with Store(Path(folder) / "state" / DATABASE) as store:
            tries = store.tries.family(Of("local", "sma_cross", "SPX", "1d"), "strategy").tries
        if tries != CELLS:
            raise RuntimeError(f"{tries} tries are in the ledger, not {CELLS}")
        return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    adopt_orphans()
    algoops = str(Path(sys.executable).with_name("algoops"))
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "optimize.py"
        script.write_text(OPTIMIZE)
        for _ in range(asked.turns):
            plain.append(seconds(sys.executable, "-W", "ignore", str(script)))
            ours.append(swept(algoops))
    figures = {}
    for at, unit in enumerate(("s", "cpu_s")):
        least, most = (min(took[at] for took in side) for side in (plain, ours))
        figures |= {f"optimize_{unit}": least, f"sweep_{unit}": most}
        figures[f"ratio_{unit}"] = most / least
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
