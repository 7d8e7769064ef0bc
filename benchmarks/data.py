"""200,000 minute bars read and checked, beside pandas' own reading: `python -m benchmarks.data`.

Each is done in turns, five times in a fresh reader; medians. The targets are 1 s (Parquet) and
2 s (CSV).
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from components.engine.market_data import FolderData

BARS = 200_000
TURNS = 5


def bars() -> pd.DataFrame:
    """Minute bars of a random walk around the clock."""
    moves = np.random.default_rng(1).standard_normal((BARS, 4)) * 0.0002
    path = 100 * np.exp(np.cumsum(moves.ravel())).reshape(BARS, 4)
    first = np.concatenate(([100.0], path[:-1, -1]))
    columns = {
        "Open": first,
        "High": np.maximum(first, path.max(axis=1)),
        "Low": np.minimum(first, path.min(axis=1)),
        "Close": path[:, -1],
        "Volume": np.arange(BARS, dtype=float),
    }
    index = pd.date_range("2024-01-01", periods=BARS, freq="min", name="Date")
    return pd.DataFrame(columns, index=index)


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measured(folder: Path, symbol: str, plain: Callable[[], object]) -> dict[str, float]:
    """Medians of our reading and of pandas' alone, and their ratio."""
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(seconds(lambda: FolderData(folder).bars(symbol, "1m", None, None)))
        theirs.append(seconds(plain))
    checked, read = statistics.median(ours), statistics.median(theirs)
    return {"checked_s": checked, "pandas_s": read, "ratio": checked / read}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, frame = Path(name), bars()
        csv, parquet = folder / "C_1m.csv", folder / "P_1m.parquet"
        frame.to_csv(csv)
        frame.to_parquet(parquet)
        found = {
            "csv": measured(folder, "C", lambda: pd.read_csv(csv, index_col=0, parse_dates=True)),
            "parquet": measured(folder, "P", lambda: pd.read_parquet(parquet)),
            "load": os.getloadavg()[0],
        }
    print(json.dumps(found, indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
