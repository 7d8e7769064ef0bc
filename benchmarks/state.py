"""The store at scale: status queries on a filled database, and durable writes a second.

`python benchmarks/state.py [--rows N] [--strategies N] [--folder DIR] [--json FILE]`
"""

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from components.schema.results.values import Verdict
from components.state import Lifecycle, Store, VersionContent
from components.state.story import lifecycle_story

BUDGET_MS = 50.0
WALK = (Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY)


def fill(store: Store, strategies: int, rows: int) -> None:
    for start in range(0, strategies, 200):
        with store.transaction():
            for number in range(start, min(strategies, start + 200)):
                fill_one(store, number)
    count = store.audit.head().count
    while count < rows:
        with store.transaction():
            for number in range(count, min(rows, count + 5_000)):
                name = f"Strategy_{number % strategies:05d}"
                details = {"check": "backtest", "n": number, "text": "x" * 60}
                store.audit.append("algoops", "test.filler", name, "", "", details, "main")
        count = store.audit.head().count


def fill_one(store: Store, number: int) -> None:
    name = f"Strategy_{number:05d}"
    content = VersionContent(tree=f"{number:040x}", commit=f"{number:040x}")
    store.strategies.propose(
        "main", name, actor="a", reason="push", version="1.0.0", content=content
    )
    run = store.runs.start("main", f"pr/{number}", f"{number:040x}", "b", "check")
    report = {"strategies": [{"name": name, "version": "1.0.0", "verdict": "passed"}]}
    store.runs.finish(run.id, Verdict.PASSED, json.dumps(report))
    move(store, name, *WALK[: number % 4])
    if number % 4 == 3:  # noqa: PLR2004  # one strategy in four is deployed
        move(store, name, Lifecycle.DEPLOYED)
        store.deployments.record(
            "main", name, "1.0.0", kind="deploy", commit=f"{number:040x}", actor="a"
        )


def move(store: Store, name: str, *states: Lifecycle) -> None:
    for state in states:
        store.strategies.transition("main", name, state, actor="a", reason="benchmark")


def queries(store: Store, strategies: int) -> dict[str, Callable[[], object]]:
    name = f"Strategy_{strategies // 2 // 4 * 4 + 3:05d}"
    return {
        "one strategy by name": lambda: store.strategies.get("main", name),
        "one strategy by number or name": lambda: store.strategies.find(name),
        "first page of strategies": lambda: store.strategies.list(limit=100),
        "last page of strategies": lambda: store.strategies.list(
            limit=100, offset=strategies - 100
        ),
        "page of the deployed ones": lambda: store.strategies.list(
            status=Lifecycle.DEPLOYED, limit=100
        ),
        "search in the names": lambda: store.strategies.list(search="99"),
        "count by status": lambda: store.strategies.count(status=Lifecycle.READY),
        "versions of a strategy": lambda: store.versions.list("main", name),
        "history of a strategy": lambda: store.strategies.history("main", name),
        "story of a strategy": lambda: lifecycle_story(store, "main", name),
        "newest page of the audit log": store.audit.list,
        "audit log by event": lambda: store.audit.list(event="lifecycle."),
        "deep page of the audit log": lambda: store.audit.list(before=1_000),
        "runs of a strategy": lambda: store.runs.list(strategy=name),
        "newest runs": store.runs.list,
        "what is deployed": lambda: store.deployments.current("main", name),
        "what to roll back to": lambda: store.deployments.previous("main", name),
        "figures for metrics": store.stats,
        "health": store.check,
    }


def timed(action: Callable[[], object], repeat: int = 15) -> tuple[float, float]:
    """Milliseconds: median and worst."""
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        action()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times), max(times)


def rate(count: int, action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return count / (time.perf_counter() - begin)


def transitions(store: Store, prefix: str, count: int) -> None:
    """`count` moves, each in a commit of its own."""
    for number in range(count // 4):
        store.strategies.transition(
            "main",
            f"{prefix}{number}",
            Lifecycle.DISCOVERED,
            actor="a",
            reason="new",
            version="1.0.0",
        )
        move(store, f"{prefix}{number}", Lifecycle.QUEUED, *WALK[:2])


def in_threads(store: Store, threads: int, count: int) -> None:
    crew = [
        threading.Thread(target=transitions, args=(store, f"T{threads}_{n}_", count // threads))
        for n in range(threads)
    ]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()


def one_commit(store: Store, count: int) -> None:
    with store.transaction():
        transitions(store, "Batch", count)


def events(store: Store, count: int) -> None:
    for number in range(count):
        store.inbox.receive(f"bench-{number}", "push", "main", {"n": number})


def queue(store: Store, count: int) -> None:
    for number in range(count):
        store.jobs.enqueue("check", f"pr/{number}", f"r{number % 5}", {})
    for _ in range(count):
        job = store.jobs.lease("w", 60)
        if job is not None:
            store.jobs.complete(job.id, "w")


def deep_queue(store: Store) -> Callable[[], object]:
    with store.transaction():
        for number in range(10_000):
            store.jobs.enqueue("deep", f"pr/{number}", f"r{number % 50}", {})
    return lambda: store.jobs.lease("w", 60, kinds=["deep"])


def floor(folder: Path, count: int) -> None:
    """What SQLite itself does here: one small row, one durable commit."""
    raw = sqlite3.connect(folder / "floor.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("CREATE TABLE t (a TEXT)")
    for _ in range(count):
        raw.execute("INSERT INTO t VALUES ('x')")
    raw.close()


def measure(folder: Path, rows: int, strategies: int) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {"queries_ms": {}, "worst_ms": {}, "per_second": {}}
    with Store(folder / "algoops.db") as store:
        begin = time.perf_counter()
        fill(store, strategies, rows)
        figures["filled"] = {
            "audit_rows": store.audit.head().count,
            "strategies": store.strategies.count(),
            "seconds": time.perf_counter() - begin,
        }
        todo = queries(store, strategies)
        todo["lease from 10,000 jobs"] = deep_queue(store)
        for name, action in todo.items():
            figures["queries_ms"][name], figures["worst_ms"][name] = timed(action)
        count = 2_000
        speed = figures["per_second"]
        speed["SQLite's own durable commits"] = rate(count, lambda: floor(folder, count))
        speed["transitions, one thread"] = rate(count, lambda: transitions(store, "S", count))
        speed["transitions, four threads"] = rate(count, lambda: in_threads(store, 4, count))
        speed["transitions, sixteen threads"] = rate(count, lambda: in_threads(store, 16, count))
        speed["transitions, one commit"] = rate(count, lambda: one_commit(store, count))
        speed["inbox events"] = rate(count, lambda: events(store, count))
        speed["jobs in, leased, done"] = rate(count, lambda: queue(store, count))
        rows_now = store.audit.head().count
        speed["audit rows verified"] = rate(rows_now, store.audit.verify)
        size = store.stats().database_bytes / 1024 / 1024
        speed["backup MiB"] = rate(round(size), lambda: store.backup(folder / "copy.db"))
        figures["filled"]["database_mib"] = size
    return figures


def show(figures: dict[str, dict[str, float]]) -> None:
    filled = figures["filled"]
    print(
        f"{filled['audit_rows']:,.0f} audit rows, {filled['strategies']:,.0f} strategies,"
        f" {filled['database_mib']:.0f} MiB, filled in {filled['seconds']:.0f} s;"
        f" {os.cpu_count()} cores"
    )
    print(f"\n{'query':34}{'median ms':>12}{'worst ms':>12}")
    for name, median in figures["queries_ms"].items():
        worst = figures["worst_ms"][name]
        print(
            f"{name:34}{median:12.2f}{worst:12.2f}{'' if median < BUDGET_MS else '  over budget'}"
        )
    print(f"\n{'durable work':34}{'a second':>12}")
    for name, value in figures["per_second"].items():
        print(f"{name:34}{value:12,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--strategies", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = measure(Path(folder), options.rows, options.strategies)
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
