"""The packages offered to strategies: a small strategy with each, in each sandbox backend.

python benchmarks/libraries.py [--json FILE]

Builds examples/sandbox-requirements.txt where this user has not built it yet, which needs an index
of packages. Exit code 1 where a strategy does not pass.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from components.engine.market_data import FolderData
from components.engine.run import run_backtest
from components.errors import TransientError
from components.ports import BacktestJob
from components.sandbox.backends.pool import PooledSandbox
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image import packages
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult, Limits, Status

ROOT = Path(__file__).parents[1]
FILE = ROOT / "examples/sandbox-requirements.txt"
LIMITS = Limits(memory_mb=512)
HEAD = """
import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import crossover
"""
BODY = """
class Sample(Strategy):
    def init(self):
        self.line = self.I(indicator, self.data.Close.s)

    def next(self):
        if crossover(self.data.Close, self.line):
            self.buy()
        elif crossover(self.line, self.data.Close):
            self.position.close()
"""
PLAIN = "def indicator(close):\n    return close.rolling(20).mean()\n"
INDICATORS = {
    "(none)": PLAIN,
    "pandas_ta": "import pandas_ta as ta\ndef indicator(close):\n    return ta.ema(close, 20)\n",
    "pandas_ta_classic": (
        "import pandas_ta_classic as ta\ndef indicator(close):\n    return ta.sma(close, 20)\n"
    ),
    "scipy": (
        "from scipy import signal\n"
        "def indicator(close):\n    return signal.lfilter([0.1], [1, -0.9], close)\n"
    ),
    "statsmodels": (
        "import statsmodels.api as sm\n"
        "x = sm.add_constant(np.arange(250.0))\n"
        "def indicator(close):\n"
        "    level = sm.OLS(close.to_numpy()[:250], x).fit().params[0] if len(close) > 249 else 0\n"
        "    return close.rolling(20).mean() + 0 * level\n"
    ),
    "sklearn": (
        "from sklearn.linear_model import LinearRegression\n"
        "x = np.arange(250.0)[:, None]\n"
        "def indicator(close):\n"
        "    if len(close) > 249:\n"
        "        LinearRegression().fit(x, close.to_numpy()[:250])\n"
        "    return close.rolling(20).mean()\n"
    ),
    "numba": (
        "from numba import njit\n"
        "@njit\ndef smooth(values):\n"
        "    out = np.empty_like(values)\n    last = values[0]\n"
        "    for i in range(len(values)):\n"
        "        last += (values[i] - last) * 0.1\n        out[i] = last\n    return out\n"
        "def indicator(close):\n    return smooth(close.to_numpy())\n"
    ),
    "xgboost": (
        "from xgboost import XGBRegressor\n"
        "x = np.random.default_rng(0).normal(size=(100, 3))\n"
        "model = XGBRegressor(n_estimators=5, n_jobs=1).fit(x, x[:, 0])\n"
        "level = float(model.predict(x[:1])[0])\n"
        "def indicator(close):\n    return close.rolling(20).mean() + 0 * level\n"
    ),
    "polars": (
        "import polars as pl\n"
        "def indicator(close):\n"
        "    return pl.Series(close.to_numpy()).rolling_mean(20).to_numpy()\n"
    ),
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    began = time.perf_counter()
    extra = packages.build(FILE)
    size = sum(f.stat().st_size for f in extra.folder.rglob("*") if f.is_file()) / 2**20
    print(f"{len(extra.versions)} packages, {size:.0f} MiB: {time.perf_counter() - began:.1f} s")
    table = {}
    for backend in ("bubblewrap", "docker"):
        began = time.perf_counter()
        try:
            sandbox = open_sandbox(SandboxSpec(LIMITS, backend, warm=1, packages=extra))
        except TransientError as error:
            print(f"{backend}: {error}")
            continue
        print(f"{backend}: opened in {time.perf_counter() - began:.1f} s")
        try:
            table[backend] = {name: measure(sandbox, name) for name in INDICATORS}
        finally:
            sandbox.close()
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return int(any(row["status"] != "passed" for rows in table.values() for row in rows.values()))


def measure(sandbox: PooledSandbox, name: str) -> dict[str, object]:
    """One backtest of 500 bars: what it took, and how it ended."""
    result = _run(sandbox, INDICATORS[name])
    usage = result.resource_usage
    status = result.status.value
    if result.status is Status.PASSED and not result.trades:
        status = "no trades"
    if result.lookahead:
        status = result.lookahead[0].message
    row = {"status": status, "cpu_s": usage.cpu_s, "memory_mb": usage.max_memory_mb}
    print(f"  {name:20} {status} {result.message[:200]}", end="  ")
    print(f"{usage.cpu_s or 0:6.2f} s CPU {usage.max_memory_mb or 0:6.0f} MiB")
    return row


def _run(sandbox: PooledSandbox, indicator: str) -> ExecutionResult:
    job = BacktestJob(
        strategy="sample",
        files={"strategy.py": (HEAD + indicator + BODY).encode()},
        rules="",
        parameters={},
        config=BacktestConfig(),
        symbol="SPX",
        interval="1d",
        start="2010-01-01",
        end="2011-12-31",
        limits=LIMITS,
    )
    return run_backtest(job, sandbox, FolderData(ROOT / "examples/data"))


if __name__ == "__main__":
    sys.exit(main())
