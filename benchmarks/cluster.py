"""The same jobs by local worker processes and by a dask cluster of as many workers on loopback.

`python -m benchmarks.cluster [--workers N] [--jobs N] [--rounds N] [--json FILE]`

Both have bubblewrap, one guest ahead for each worker, and guests shared as by default. Each worker
of the cluster is a process with one slot. What counts is CPU seconds a job, of all processes: the
clock's figure depends on what else the machine does. Sides run in turns, the best round counts.
Then the cluster alone, with every line between daemon, scheduler and workers slower by so much
(SlowLines), and how many bytes went over these lines.
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

from bot.config.settings import PROJECT
from components.executor.dask import DaskExecutor
from components.executor.local import LocalExecutor
from components.executor.messages import WorkerSpec
from components.ports import Executor, Job, ScriptJob
from components.sandbox.backends.select import SandboxSpec
from components.schema.results.values import Limits, Status
from tests.executor_support import backtest_job
from tests.port_support import free_port
from tests.slow_lines import SlowLines

LIMITS = Limits(memory_mb=512)
DEADLINE_S = 120.0
DELAYS_MS = (0, 1, 10, 50)
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


def jobs_of(count: int) -> dict[str, list[Job]]:
    """Each kind of job, as often; no two alike."""
    backtest = replace(backtest_job(), limits=LIMITS)
    return {
        "trivial script": [
            ScriptJob(source=f"print({n})".encode(), limits=LIMITS) for n in range(count)
        ],
        "backtest, one strategy": [replace(backtest, seed=n) for n in range(count)],
        "backtest, each another": [
            replace(backtest, files={**backtest.files, "n.py": f"N = {n}".encode()})
            for n in range(count)
        ],
    }


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, those of it that ended, and those that live."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        lists = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended since it was listed: its parent's count has it
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_s(int(child)) for text in lists for child in text.split())


@dataclass(frozen=True)
class Cluster:
    """A scheduler and workers behind slow lines."""

    address: str
    lines: SlowLines
    processes: Sequence[subprocess.Popen[bytes]]

    def cpu_s(self) -> float:
        """CPU seconds that scheduler, workers and their guests have used."""
        return sum(cpu_s(process.pid) for process in self.processes)


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


def seconds(executor: Executor, jobs: Sequence[Job]) -> float:
    """By the clock, for jobs that are all given at once."""
    began = time.perf_counter()
    for future in [executor.submit(job) for job in jobs]:
        if (result := future.result()).status is not Status.PASSED:
            sys.exit(f"a job ended as {result.status}: {result.message}")
    return time.perf_counter() - began


def turn(side: str, executor: Executor, made: Cluster, jobs: Sequence[Job]) -> dict[str, float]:
    """Seconds and CPU seconds a job, and bytes over the cluster's lines."""
    cluster_s, all_s, own_s = made.cpu_s(), cpu_s(os.getpid()), time.process_time()
    bytes_before = made.lines.carried.value
    took = seconds(executor, jobs)
    cluster_s = made.cpu_s() - cluster_s
    used = cpu_s(os.getpid()) - all_s - cluster_s
    if side == "dask":
        used = cluster_s + time.process_time() - own_s
    carried = made.lines.carried.value - bytes_before
    each = {"s": took, "cpu_s": used, "bytes": carried}
    return {name: value / len(jobs) for name, value in each.items()}


def best(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The least of each figure."""
    return {name: min(row[name] for row in rows) for name in rows[0]}


def measure(sides: dict[str, Executor], made: Cluster, jobs: int, rounds: int) -> dict[str, object]:
    """Both sides in turns by kind of job; then the cluster by delay."""
    found: dict[str, object] = {}
    for kind, several in jobs_of(jobs).items():
        turns: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
        for _round in range(rounds):
            for side, executor in sides.items():
                turns[side].append(turn(side, executor, made, several))
        local, dask = best(turns["local"]), best(turns["dask"])
        found[kind] = {"local": local, "dask": dask}
        print(
            f"{kind:<24} CPU s a job {local['cpu_s']:.3f} {dask['cpu_s']:.3f} "
            f"{local['cpu_s'] / dask['cpu_s']:.2f}  jobs a second {1 / local['s']:.2f} "
            f"{1 / dask['s']:.2f} {local['s'] / dask['s']:.2f}  {dask['bytes']:,.0f} bytes a job",
            flush=True,
        )
    backtests = jobs_of(jobs)["backtest, one strategy"]
    for delay_ms in DELAYS_MS * rounds:
        made.lines.delay_s.value = delay_ms / 1e3
        rows = found.setdefault(f"{delay_ms} ms", [])
        rows.append(turn("dask", sides["dask"], made, backtests))  # type: ignore[attr-defined]
        print(f"lines slower by {delay_ms} ms: {1 / rows[-1]['s']:.2f} jobs a second", flush=True)  # type: ignore[index]
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    spec = spec_of(asked.workers)
    with (
        tempfile.TemporaryDirectory(prefix="algoops-cluster-") as folder,
        cluster(Path(folder), asked.workers) as made,
    ):
        sides: dict[str, Executor] = {
            "local": LocalExecutor(spec, asked.workers),
            "dask": DaskExecutor(spec, made.address),
        }
        try:
            for side, executor in sides.items():
                ready(executor, asked.workers)
                first = turn(side, executor, made, jobs_of(4)["backtest, one strategy"])
                print(f"{side}, first jobs: {4 * first['bytes']:,.0f} bytes over the lines")
            found = measure(sides, made, asked.jobs, asked.rounds)
        finally:
            for executor in sides.values():
                executor.close()
    if asked.json:
        document = {"workers": asked.workers, "figures": found, "load": os.getloadavg()}
        asked.json.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
