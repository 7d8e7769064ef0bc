"""The same backtests by local worker processes and by a dask cluster of as many on loopback.

`python -m benchmarks.cluster [--workers N] [--jobs N] [--rounds N] [--json FILE]`

Both have bubblewrap, one guest ahead for each worker, and guests shared as by default. Each worker
of the cluster is a process with one slot. A backtest takes about half a CPU second. Every line
between daemon, scheduler and workers is slower by so many milliseconds (SlowLines), which counts
the bytes. Sides run in turns, a local one before each of the cluster; medians. On a busy machine
only CPU seconds a job, of all processes, are a measure.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks._cpu import adopt_orphans, alone_s, tree_s
from bot.config.settings import PROJECT
from components.executor.dask import DaskExecutor
from components.executor.local import LocalExecutor
from components.executor.messages import WorkerSpec
from components.ports import Executor, Job
from components.sandbox.backends.select import SandboxSpec
from components.schema.results.values import Limits, Status
from tests.executor_support import backtest_job
from tests.port_support import free_port
from tests.slow_lines import SlowLines

LIMITS = Limits(memory_mb=512)
START = "2008-01-01"
WARM_START = "2018-01-02"
DEADLINE_S = 120.0
DELAYS_MS = (0, 1, 10, 50)
LOOK_S = 0.3
QUIET = 0.2
"""Of a core: what idle workers take at most, with our looking at them."""

Figures = dict[str, float]
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
WORKER = """
import functools, runpy, sys
from components.executor import dask_worker
port, known_as = int(sys.argv.pop(1)), sys.argv.pop(1)
dask_worker.Worker = functools.partial(dask_worker.Worker, port=port, contact_address=known_as)
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""
"""`algoops worker` that is known by the address of its slow line."""


def spec_of(workers: int) -> WorkerSpec:
    """What workers of both sides have."""
    sandbox = SandboxSpec(limits=LIMITS, backend="bubblewrap", warm=workers, share=True)
    return WorkerSpec(sandbox, PROJECT / "examples" / "data")


def jobs_of(count: int, start: str = START) -> list[Job]:
    """Backtests of one strategy, no two alike."""
    backtest = replace(backtest_job(), limits=LIMITS, start=start)
    return [replace(backtest, seed=n) for n in range(count)]


@dataclass(frozen=True)
class Cluster:
    """A scheduler and workers behind slow lines."""

    address: str
    lines: SlowLines
    processes: Sequence[subprocess.Popen[bytes]]

    def idle_s(self) -> float:
        """CPU seconds of scheduler and workers themselves, without their guests."""
        return sum(alone_s(process.pid) for process in self.processes)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A scheduler, and workers of one slot each."""
    config = folder / "config.yaml"
    config.write_text(
        "sandbox: {backend: bubblewrap, warm: 1}\n"
        f"policies: {PROJECT}/policies\ndata: {{dir: {PROJECT}/examples/data}}\n"
    )
    ports: dict[int, int] = {}
    while len(ports) <= workers:
        ports[free_port()] = free_port()
    (front, port), *posts = ports.items()
    address = f"tcp://127.0.0.1:{front}"
    commands = [[sys.executable, "-c", SCHEDULER, "--host", "127.0.0.1", "--port", str(port)]]
    commands[0] += ["--no-dashboard"]
    for outside, inside in posts:
        known_as = f"tcp://127.0.0.1:{outside}"
        own = ["nice", "-n", "5", sys.executable, "-c", WORKER]  # as nice as local workers are
        own += [str(inside), known_as, "worker", address, "--slots", "1", "--config", str(config)]
        commands.append(own)
    with (folder / "cluster.log").open("wb") as log, SlowLines(ports) as lines:
        processes = [
            subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT) for command in commands
        ]
        try:
            yield Cluster(address, lines, processes)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def ready(executor: Executor, workers: int) -> None:
    """Wait until all workers are there."""
    executor.prepare()
    began = time.perf_counter()
    while executor.describe().get("starting") or executor.describe()["workers"] != workers:
        if time.perf_counter() - began > DEADLINE_S:
            sys.exit(f"the workers did not come: {executor.describe()}")
        time.sleep(0.05)  # why: other processes start


def warm_up(executor: Executor, workers: int) -> None:
    """Have an instance that knows the strategy at each worker, and wait until nothing starts."""
    seconds(executor, jobs_of(workers, WARM_START))
    began, share = time.perf_counter(), 1.0
    while share > QUIET:
        if time.perf_counter() - began > DEADLINE_S:
            sys.exit("sandbox instances do not come to rest")
        used, looked = tree_s(os.getpid()), time.perf_counter()
        time.sleep(LOOK_S)  # why: other processes start
        share = (tree_s(os.getpid()) - used) / (time.perf_counter() - looked)


def seconds(executor: Executor, jobs: Sequence[Job]) -> float:
    """By the clock, for jobs that are all given at once."""
    began = time.perf_counter()
    for future in [executor.submit(job) for job in jobs]:
        if (result := future.result()).status is not Status.PASSED:
            sys.exit(f"a job ended as {result.status}: {result.message}")
    return time.perf_counter() - began


def turn(executor: Executor, made: Cluster, jobs: Sequence[Job]) -> Figures:
    """Jobs a second, CPU seconds and bytes a job; what the idle cluster takes is not counted."""

    def apart() -> float:
        idle = made.idle_s() if isinstance(executor, LocalExecutor) else 0.0
        return idle + alone_s(made.lines.pid)

    carried, used = made.lines.carried.value, tree_s(os.getpid()) - apart()
    took = seconds(executor, jobs)
    used = tree_s(os.getpid()) - apart() - used
    carried = made.lines.carried.value - carried
    count = len(jobs)
    return {"jobs_a_s": count / took, "cpu_s": used / count, "bytes": carried / count}


def measure(
    local: LocalExecutor, dask: DaskExecutor, made: Cluster, asked: argparse.Namespace
) -> dict[str, list[Figures]]:
    """All turns by side and delay; the cluster's have their ratios to the local one before."""
    jobs, found = jobs_of(asked.jobs), dict[str, list[Figures]]()
    for delay_ms in DELAYS_MS * asked.rounds:
        warm_up(local, asked.workers)
        ours = turn(local, made, jobs)
        made.lines.delay_s.value = delay_ms / 1e3
        warm_up(dask, asked.workers)
        theirs = turn(dask, made, jobs)
        theirs["ratio"] = theirs["jobs_a_s"] / ours["jobs_a_s"]
        theirs["ratio_a_core"] = ours["cpu_s"] / theirs["cpu_s"]
        for side, figures in (("local", ours), (f"dask, {delay_ms} ms", theirs)):
            found.setdefault(side, []).append(figures)
            print(f"{side:<12} {told(figures)}", flush=True)
    return found


def medians(turns: Sequence[Figures]) -> Figures:
    """Of each figure."""
    return {name: median(one[name] for one in turns) for name in turns[0]}


def told(figures: Figures) -> str:
    """In one line."""
    return "  ".join(f"{name} {value:,.2f}" for name, value in figures.items())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    spec = spec_of(asked.workers)
    adopt_orphans()
    with (
        tempfile.TemporaryDirectory(prefix="algoops-cluster-") as folder,
        cluster(Path(folder), asked.workers) as made,
    ):
        local, dask = LocalExecutor(spec, asked.workers), DaskExecutor(spec, made.address)
        try:
            for executor in (local, dask):
                ready(executor, asked.workers)
            found = measure(local, dask, made, asked)
        finally:
            for executor in (local, dask):
                executor.close()
    rows = {side: medians(turns) for side, turns in found.items()}
    print("\nmedians")
    for side, figures in rows.items():
        print(f"{side:<12} {told(figures)}")
    if asked.json:
        document = {"workers": asked.workers, "figures": rows, "load": os.getloadavg()}
        asked.json.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
