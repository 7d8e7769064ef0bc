"""What streaming bars costs, against a whole process that runs plain backtesting.py; one run.

python benchmarks/engine.py [--json FILE] [--repeat N] [--backend docker|bubblewrap]

The whole process is `docker run`, `import backtesting` as it is installed here, and
`Backtest.run()`: what a system without warm sandboxes pays. (Without Docker: a new interpreter.)
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting import Backtest
from backtesting.test import GOOG

from components.engine.market_data import FolderData
from components.engine.run import run_backtest
from components.errors import TransientError
from components.ports import BacktestJob
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image import inventory
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult, Limits, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.sandbox.backends.pool import PooledSandbox

LIMITS = Limits(wall_s=600, cpu_s=600)
HEAD = """
import pandas as pd, talib
from backtesting import Strategy
from backtesting.lib import crossover

def SMA(values, n):
    return pd.Series(values).rolling(n).mean()

class Cross(Strategy):
    def init(self):
        self.a = self.I({sma}, self.data.Close, 10)
        self.b = self.I({sma}, self.data.Close, 20)
    def next(self):
        if crossover(self.a, self.b):
            self.position.close()
            self.buy(size=.9)
        elif crossover(self.b, self.a):
            self.position.close()
            self.sell(size=.9)
"""
PANDAS, TALIB = HEAD.format(sma="SMA"), HEAD.format(sma="talib.SMA")
WHOLE = """
import pandas as pd
from backtesting import Backtest
{source}
frame = pd.read_csv("/data/{symbol}_1d.csv", index_col=0, parse_dates=True)
print(Backtest(frame, Cross, cash=100_000, finalize_trades=True).run()["# Trades"])
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--backend", default="docker")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        data = _data(Path(folder))
        try:
            table = _measure(chosen.backend, Path(folder), data, chosen.repeat)
        except TransientError as error:
            raise SystemExit(f"{chosen.backend}: {error}") from error
    for name, value in table.items():
        print(f"{name:58} {value:10.4f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def _data(folder: Path) -> FolderData:
    GOOG.to_csv(folder / "GOOG_1d.csv", index_label="Date")
    spx = Path(__file__).parent.parent / "examples" / "data" / "SPX_1d.csv"
    (folder / "SPX_1d.csv").write_bytes(spx.read_bytes())
    for bars in (5_000, 20_000, 50_000, 200_000):
        _walk(bars).to_csv(folder / f"W{bars}_1d.csv", index_label="Date")
    folder.chmod(0o755)
    return FolderData(folder)


def _walk(bars: int) -> pd.DataFrame:
    chance = np.random.default_rng(bars)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.003, bars)))
    index = pd.date_range("1990-01-01", periods=bars, freq="min")
    return pd.DataFrame(
        {"Open": close, "High": close * 1.001, "Low": close * 0.999, "Close": close, "Volume": 1},
        index=index,
    )


def _measure(backend: str, folder: Path, data: FolderData, repeat: int) -> dict[str, float]:
    contents = inventory.take()
    sandbox = open_sandbox(SandboxSpec(LIMITS, backend, warm=1, contents=contents))
    try:
        table = _against_whole(sandbox, folder, data, repeat)
        table |= _long_series(sandbox, data)
    finally:
        sandbox.close()
    return table


def _against_whole(
    sandbox: PooledSandbox, folder: Path, data: FolderData, repeat: int
) -> dict[str, float]:
    whole = {
        name: _median(lambda s=source: _whole(sandbox, folder, s, "GOOG"), repeat)
        for name, source in (("pandas", PANDAS), ("talib", TALIB))
    }
    streamed = {
        name: _median(lambda s=source: _run(sandbox, data, s, "GOOG"), repeat)
        for name, source in (("pandas", PANDAS), ("talib", TALIB))
    }
    audited = _median(lambda: _run(sandbox, data, TALIB, "GOOG", "audited"), repeat)
    plain = _median(lambda: _plain(data, "SPX"), repeat)
    long = _median(lambda: _run(sandbox, data, TALIB, "SPX"), repeat)
    return {
        "whole process, pandas SMA, GOOG, s": whole["pandas"],
        "whole process, TA-Lib, GOOG, s": whole["talib"],
        "streamed, pandas SMA, GOOG, s": streamed["pandas"],
        "streamed, TA-Lib, GOOG, s": streamed["talib"],
        "audited, TA-Lib, GOOG, s": audited,
        "(a) streamed / whole, pandas SMA (at most 0.5)": streamed["pandas"] / whole["pandas"],
        "(a) streamed / whole, TA-Lib (at most 0.2)": streamed["talib"] / whole["talib"],
        "(b) audited / whole (at most 0.15)": audited / whole["talib"],
        "plain in process, TA-Lib, SPX 5,031 bars, s": plain,
        "streamed, TA-Lib, SPX 5,031 bars, s": long,
        "(d) streamed / (1.5 plain + 0.5 s) (at most 1)": long / (1.5 * plain + 0.5),
    }


def _long_series(sandbox: PooledSandbox, data: FolderData) -> dict[str, float]:
    """(c): microseconds a bar, at growing length."""
    table = {}
    for bars in (5_000, 20_000, 50_000, 200_000):
        seconds = _run(sandbox, data, TALIB, f"W{bars}", "audited")
        table[f"(c) audited, {bars} bars, microseconds a bar"] = seconds / bars * 1e6
    for bars in (5_000, 20_000, 50_000):
        seconds = _run(sandbox, data, TALIB, f"W{bars}", lookback=64)
        table[f"(c) streamed, lookback 64, {bars} bars, microseconds a bar"] = seconds / bars * 1e6
    return table


def _median(measure: Callable[[], float], repeat: int) -> float:
    return statistics.median(measure() for _ in range(repeat))


def _run(
    sandbox: PooledSandbox,
    data: FolderData,
    source: str,
    symbol: str,
    causality: Any = "streamed",
    lookback: int | None = None,
) -> float:
    """Seconds of one job on a warm guest."""
    while not sandbox.warm():
        time.sleep(0.02)  # why: waits for the pool to be warm
    data.bars(symbol, "1d", None, None)
    job = BacktestJob(
        strategy="Cross",
        files={"strategy.py": source.encode()},
        rules="",
        parameters={},
        config=BacktestConfig(initial_capital=100_000),
        symbol=symbol,
        interval="1d",
        start=None,
        end=None,
        limits=LIMITS,
        causality=causality,
        lookback=lookback,
    )
    began = time.perf_counter()
    result: ExecutionResult = run_backtest(job, sandbox, data)
    seconds = time.perf_counter() - began
    if result.status is not Status.PASSED or result.lookahead:
        raise SystemExit(f"{symbol} {causality}: {result.message} {result.lookahead}")
    return seconds


def _whole(sandbox: PooledSandbox, folder: Path, source: str, symbol: str) -> float:
    script = WHOLE.format(source=source, symbol=symbol)
    site = sysconfig.get_path("purelib")
    binds = ["-v", f"{folder}:/data:ro", "-v", f"{site}:/whole:ro", "-e", "PYTHONPATH=/whole"]
    command = ["docker", "run", "--rm", "--network", "none", *binds]
    if sandbox.backend == "docker":
        entry = ["--entrypoint", inventory.EXECUTABLE, sandbox.image]
        started = [*command, *entry, "-S", "-s", "-P", "-c", script]
    else:
        started = [sys.executable, "-c", script.replace("/data/", f"{folder}/")]
    began = time.perf_counter()
    done = subprocess.run(started, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"the whole process failed: {done.stderr}")
    return seconds


def _plain(data: FolderData, symbol: str) -> float:
    names: dict[str, Any] = {}
    exec(TALIB, names)
    frame = data.bars(symbol, "1d", None, None).frame
    began = time.perf_counter()
    Backtest(frame, names["Cross"], cash=100_000, finalize_trades=True).run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
