"""The ledger of tries at scale: what a try costs to record, to count, and on the disk.

`python benchmarks/tries.py [--tries N] [--json FILE]`
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the daemon and its workers

import numpy as np

from components.engine.evidence.tries import independent, overfitting_of
from components.schema.results.evidence import Track
from components.state import Store
from components.state.tables.tries import Of, Returns, Try

OF = Of("repo", "strategy", "SPX", "1d")
RECORD_MS, COUNT_MS = 2.0, 50.0
WEEKS = 1043
MOMENTS = {
    "observations": 5030, "sharpe": 0.02217107624745627, "skewness": -0.5270614256454633,
    "kurtosis": 9.241463179256804, "autocorrelation": -0.0408751304611143,
}  # fmt: skip


def a_try(number: int, random: np.random.Generator, common: np.ndarray) -> Try:
    own = random.standard_normal(WEEKS) + common * (number % 3)
    series = (own * 0.01).astype("<f4").tobytes()
    name = f"{number:064d}"
    kept = Returns(name, 604_800, 1500, series)
    parameters = {"fast": number % 100, "slow": 150, "share": 0.95}
    return Try(OF, "push", name, "d" * 64, kept, parameters, MOMENTS, number % 7 / 10, "k" * 64,
               f"branch/try-{number}", "ada")  # fmt: skip


def fill(store: Store, tries: int, random: np.random.Generator, common: np.ndarray) -> None:
    for start in range(0, tries, 2_000):
        with store.transaction():
            for number in range(start, min(tries, start + 2_000)):
                store.tries.record(a_try(number, random, common))


def timed(times: int, work: Callable[[int], object]) -> tuple[float, float]:
    """Median and worst of several, in milliseconds."""
    found = []
    for turn in range(times):
        began = time.perf_counter()
        work(turn)
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found), max(found)


def count(store: Store) -> None:
    found = store.tries.family(OF, "data")
    tracks = [
        Track(fingerprint=r.fingerprint, step_s=r.step_s, first=r.first, series=r.series)
        for _, r in found.sample
    ]
    independent(tracks, found.tries)
    overfitting_of(tracks)


def measure(tries: int) -> dict[str, object]:
    random = np.random.default_rng(1)
    common = random.standard_normal(WEEKS)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "algoops.db") as store:
        began = time.perf_counter()
        fill(store, tries, random, common)
        filled = time.perf_counter() - began
        fresh = [a_try(tries + n, random, common) for n in range(50)]
        alone = timed(50, lambda n: store.tries.record(fresh[n]))
        more = [a_try(tries + 50 + n, random, common) for n in range(50)]
        with store.transaction():
            inside = timed(50, lambda n: store.tries.record(more[n]))
        used = time.process_time()
        counted = timed(15, lambda _: count(store))
        used = (time.process_time() - used) / 15 * 1000
        with store._db.reading() as raw:  # noqa: SLF001  # its size
            pages = raw.execute("PRAGMA page_count").fetchone()[0]
            size = pages * raw.execute("PRAGMA page_size").fetchone()[0]
        began = time.perf_counter()
        assert store.tries.verify() is None
        verified = time.perf_counter() - began
    return {
        "tries": tries,
        "bytes_a_try": round(size / tries),
        "database_mib": round(size / 2**20),
        "recorded_in_bulk_a_second": round(tries / filled),
        "record_in_the_verdicts_transaction_ms": inside,
        "record_alone_ms": alone,
        "count_a_family_ms": counted,
        "count_a_family_cpu_ms": used,
        "verified_a_second": round(tries / verified),
        "load": os.getloadavg(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked.tries)
    print(json.dumps(found, indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(found))
    slow = found["record_in_the_verdicts_transaction_ms"][0] > RECORD_MS
    return int(slow or found["count_a_family_ms"][0] > COUNT_MS)


if __name__ == "__main__":
    sys.exit(main())
