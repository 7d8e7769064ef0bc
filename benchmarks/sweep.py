"""A sweep of 200 cells on twenty years of days, beside `Backtest.optimize` on the same values.

    python benchmarks/sweep.py [--turns N] [--json FILE]

Each is a process of its own, in turns; the least of each is taken. The sweep counts each cell as a
try, runs the best ten again bar by bar and says how much of the best is luck; optimize does none of
that.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
SETS = ("--set", "fast=5:100:5", "--set", "slow=110:200:10")


def seconds(*command: str) -> float:
    """How long a process takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def swept(algoops: str) -> float:
    """A sweep that knows nothing yet."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG)
        words = ("sweep", str(STRATEGY), "--symbol", "SPX", *SETS, "--config", str(config))
        return seconds(algoops, *words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    algoops = str(Path(sys.executable).with_name("algoops"))
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "optimize.py"
        script.write_text(OPTIMIZE)
        for _ in range(asked.turns):
            plain.append(seconds(sys.executable, "-W", "ignore", str(script)))
            ours.append(swept(algoops))
    figures = {"optimize_s": min(plain), "sweep_s": min(ours), "ratio": min(ours) / min(plain)}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
