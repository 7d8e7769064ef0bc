"""The same jobs by local worker processes and by a dask cluster of as many workers on loopback.

`python -m benchmarks.cluster [--jobs N] [--json FILE]`

Both have bubblewrap, a fresh guest for each job, and as many workers as there are cores. What the
cluster costs is shown as the difference for a trivial job; a backtest is what it is for. Both sides
run in turns, the best of all rounds counts.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bot.config.settings import PROJECT
from components.executor.dask import DaskExecutor
from components.executor.local import LocalExecutor
from components.executor.messages import WorkerSpec
from components.ports import Executor, Job, ScriptJob
from components.sandbox.backends.select import SandboxSpec
from components.schema.results.values import Limits, Status
from tests.executor_support import backtest_job

LIMITS = Limits(memory_mb=512)
WORKERS = os.cpu_count() or 1
SPEC = WorkerSpec(
    SandboxSpec(limits=LIMITS, backend="bubblewrap", warm=WORKERS), PROJECT / "examples" / "data"
)
DEADLINE_S = 120.0
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"


def jobs_of(count: int) -> dict[str, list[Job]]:
    """Each kind of job, as often; no two alike."""
    return {
        "trivial script": [
            ScriptJob(source=f"print({n})".encode(), limits=LIMITS) for n in range(count)
        ],
        "backtest, 20 years": [
            replace(backtest_job(), limits=LIMITS, seed=n) for n in range(count)
        ],
    }


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler and one worker process of one slot for each core; the scheduler's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config.yaml"
    sandbox = "{backend: bubblewrap, warm: 1}"
    config.write_text(
        f"sandbox: {sandbox}\npolicies: {PROJECT}/policies\ndata: {{dir: {SPEC.data}}}\n"
    )
    address = f"tcp://127.0.0.1:{port}"
    scheduler = [sys.executable, "-c", SCHEDULER, "--host", "127.0.0.1", "--port", str(port)]
    worker = ["nice", "-n", "5", sys.executable, "-m", "bot", "worker", address]
    worker += ["--slots", "1", "--config", str(config)]  # as nice as local workers are
    with (folder / "cluster.log").open("wb") as log:
        processes = [
            subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT)
            for command in ([*scheduler, "--no-dashboard"], *[worker] * WORKERS)
        ]
        try:
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def ready(executor: Executor) -> None:
    """Wait until all workers are there."""
    executor.prepare()
    began = time.perf_counter()
    while executor.describe().get("starting") or executor.describe()["workers"] != WORKERS:
        if time.perf_counter() - began > DEADLINE_S:
            sys.exit("the workers did not come")
        time.sleep(0.05)  # why: other processes start


def rate(executor: Executor, jobs: list[Job]) -> float:
    """Jobs a second, all of them given at once."""
    began = time.perf_counter()
    for future in [executor.submit(job) for job in jobs]:
        if (result := future.result()).status is not Status.PASSED:
            sys.exit(f"a job ended as {result.status}: {result.message}")
    return len(jobs) / (time.perf_counter() - began)


def measure(sides: dict[str, Executor], count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Jobs a second by kind and side: the best of the rounds."""
    found: dict[str, dict[str, float]] = {}
    for executor in sides.values():
        ready(executor)
        rate(executor, jobs_of(WORKERS)["backtest, 20 years"])
    for kind, jobs in jobs_of(count).items():
        found[kind] = dict.fromkeys(sides, 0.0)
        for _round in range(rounds):
            for side, executor in sides.items():
                found[kind][side] = max(found[kind][side], rate(executor, jobs))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="algoops-cluster-") as folder,
        cluster(Path(folder)) as address,
    ):
        sides: dict[str, Executor] = {
            "local": LocalExecutor(SPEC, WORKERS),
            "dask": DaskExecutor(SPEC, address),
        }
        try:
            found = measure(sides, asked.jobs, asked.rounds)
        finally:
            for executor in sides.values():
                executor.close()
    print(
        f"{'jobs a second, ' + str(WORKERS) + ' workers':<28} {'local':>7} {'dask':>7}  dask/local"
    )
    for kind, row in found.items():
        extra = (1 / row["dask"] - 1 / row["local"]) * WORKERS * 1e3
        row["dask_over_local"], row["extra_ms_a_job"] = row["dask"] / row["local"], extra
        ratio = row["dask_over_local"]
        print(
            f"{kind:<28} {row['local']:>7.2f} {row['dask']:>7.2f} {ratio:>10.2f}  {extra:+.0f} ms"
        )
    if asked.json:
        document = {"workers": WORKERS, "figures": found, "load": os.getloadavg()}
        asked.json.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
