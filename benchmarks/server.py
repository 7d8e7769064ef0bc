"""Answers of the HTTP server beside running checks: the real daemon, 10,000 strategies.

An open loop: requests leave on a fixed timetable, and a latency counts from the moment that the
timetable names, so that a stalled server is not measured kindly. All traffic stays on loopback.

`python benchmarks/server.py [--strategies N] [--rate N] [--seconds N] [--idle] [--json FILE]`
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

sys.path.pop(0)  # this folder: its modules would hide libraries of the same names
sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

from bot.demo.stage import EXAMPLES, Stage, set_stage
from components.schema.results.values import Verdict
from components.state import DATABASE, Lifecycle, Store, VersionContent
from tests.server_support import passed_report, report

BUDGET_MS = 50.0
THREADS = 16
PAGE_RATE = 10
"""Pages a second: people look at them, programs do not."""
COMMANDS = 5
REPOSITORY = "archive"
WALK = (Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY, Lifecycle.DEPLOYED)
REPORTS = 200
"""Different reports; strategies share them, as the numbers of a real one are as large."""
STATUS = (
    "/api/production/strategies/{name}/lifecycle/",
    "/api/production/strategies/health/",
    "/api/v1/strategies?per_page=50&page={page}",
    "/api/v1/strategies/{name}",
    "/api/v1/runs?per_page=50",
    "/healthz",
)
PAGES = ("/", "/?page={page}", "/strategies/{name}", "/runs/{run}", "/metrics")


def name_of(number: int) -> str:
    return f"strategy_{number:05d}"


def fill(store: Store, strategies: int) -> None:
    """Strategies in all states, each with a run and its report."""
    for start in range(0, strategies, 250):
        with store.transaction():
            for number in range(start, min(strategies, start + 250)):
                _fill_one(store, number)


def _fill_one(store: Store, number: int) -> None:
    made = passed_report(name_of(number), key=f"key-{number % REPORTS}")
    where = {"actor": "bench", "reason": "filled", "proposal": f"pr/{number}", "version": "1.0.0"}
    content = VersionContent(f"{number:040x}", f"{number:040x}", made.content_key, "passed")
    store.strategies.propose(REPOSITORY, made.name, content=content, **where)
    run = store.runs.start(REPOSITORY, f"pr/{number}", f"{number:040x}", "b" * 40, "check")
    document = report(made, f"pr/{number}", f"{number:040x}").model_dump_json()
    store.runs.finish(run.id, Verdict.PASSED, document)
    if number < REPORTS:
        store.verdicts.put(
            made.content_key, made.name, "1.0.0", Verdict.PASSED, made.model_dump_json()
        )
    for state in WALK[: 1 + number % len(WALK)]:
        store.strategies.transition(REPOSITORY, made.name, state, **where)


class Clients:
    """A keep-alive connection for each thread of a small pool."""

    def __init__(self, base: str) -> None:
        self._place = urlsplit(base)
        self._local = threading.local()

    def get(self, path: str) -> int:
        """Ask, read everything, and return the status."""
        client = getattr(self._local, "client", None)
        if client is None:
            client = HTTPConnection(self._place.hostname, self._place.port, timeout=30)
            self._local.client = client
        client.request("GET", path)
        answer = client.getresponse()
        answer.read()
        return answer.status


def load(base: str, paths: tuple[str, ...], rate: int, seconds: int, strategies: int) -> dict:
    """Ask on the timetable; path template -> latencies in milliseconds."""
    found: dict[str, list[float]] = {path: [] for path in paths}
    failures: list[str] = []
    clients = Clients(base)

    def filled(number: int, template: str) -> str:
        return template.format(
            name=name_of(number * 7919 % strategies),
            page=1 + number % max(1, strategies // 50),
            run=1 + number * 7919 % strategies,
        )

    def one(number: int, template: str, due: float) -> None:
        time.sleep(max(0.0, due - time.perf_counter()))  # why: requests go out by the timetable
        path = filled(number, template)
        status = clients.get(path)
        found[template].append(1000 * (time.perf_counter() - due))
        if status != HTTPStatus.OK:
            failures.append(f"{path}: {status}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(clients.get, [filled(1, path) for path in paths] * 2))  # warm
        started = time.perf_counter() + 0.2
        plan = zip(range(rate * seconds), cycle(paths))
        for future in [pool.submit(one, n, path, started + n / rate) for n, path in plan]:
            future.result()
    return {"latencies": found, "failures": failures}


def summary(latencies: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "count": len(latencies),
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "p99_ms": round(cuts[98], 2),
        "max_ms": round(max(latencies), 2),
    }


@contextmanager
def daemon(folder: Path, strategies: int) -> Iterator[Stage]:
    os.environ.setdefault("ALGOOPS_SANDBOX__BACKEND", "bubblewrap")
    stage = set_stage(folder, 0)
    with Store(stage.state / DATABASE) as store:
        fill(store, strategies)
    stage.daemon.start()
    try:
        yield stage
    finally:
        stage.daemon.stop()


def keep_busy(stage: Stage, branches: int) -> None:
    """Push proposals, so that checks run while the server is asked."""
    for number in range(branches):
        branch = f"busy-{number}"
        stage.author.start(branch)
        stage.author.put(EXAMPLES / "strategies" / "sma_cross", "strategies/sma_cross")
        file = stage.author.folder / "strategies" / "sma_cross" / "strategy.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("default: 30", f"default: {30 + 5 * number}"), "utf-8")
        stage.author.push(branch, f"Keep busy {number}")


def running_checks(base: str) -> int:
    items = httpx.get(f"{base}/api/v1/runs?per_page=50", timeout=30).json()["items"]
    return sum(item["status"] == "running" for item in items)


def measure(asked: argparse.Namespace) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, daemon(Path(folder), asked.strategies) as stage:
        base = stage.daemon.url
        if not asked.idle:
            keep_busy(stage, 4)
        rows: dict[str, dict[str, float]] = {}
        failures: list[str] = []
        busy = []
        for paths, rate in ((STATUS, asked.rate), (PAGES, PAGE_RATE)):
            busy.append(running_checks(base))
            done = load(base, paths, rate, asked.seconds, asked.strategies)
            busy.append(running_checks(base))
            rows |= {path: summary(values) for path, values in done["latencies"].items()}
            everything = [v for values in done["latencies"].values() for v in values]
            rows["all status endpoints" if paths is STATUS else "all pages"] = summary(everything)
            failures += done["failures"]
        instead = _by_command(stage, name_of(asked.strategies // 2))
    rows["instead: a new `algoops lifecycle` each time"] = summary(instead)
    return {"answers": rows, "failures": failures, "runs_at_work": busy, "asked": vars(asked)}


def _by_command(stage: Stage, name: str) -> list[float]:
    """Milliseconds of whole processes that answer what the first status endpoint answers."""
    algoops = Path(sys.executable).with_name("algoops")
    times = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        subprocess.run(
            [algoops, "lifecycle", name, "--config", stage.config], capture_output=True, check=True
        )
        times.append(1000 * (time.perf_counter() - began))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--idle", action="store_true", help="no checks beside")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked)
    print(f"{'':52}{'count':>7}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}  (ms)")
    for path, row in found["answers"].items():  # type: ignore[attr-defined]
        print(
            f"{path:52}{row['count']:7d}{row['p50_ms']:9.1f}{row['p95_ms']:9.1f}"
            f"{row['p99_ms']:9.1f}{row['max_ms']:9.1f}"
        )
    print(f"runs at work: {found['runs_at_work']}; failures: {found['failures'][:5]}")  # type: ignore[index]
    print(f"budget for status endpoints at p99: {BUDGET_MS:g} ms")
    if asked.json:
        asked.json.write_text(json.dumps(found, default=str, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
