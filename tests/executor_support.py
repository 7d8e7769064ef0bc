"""A dask cluster of real processes on loopback, for the executor's tests."""

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from components.executor.messages import WorkerSpec
from components.ports import BacktestJob, ScriptJob
from components.sandbox.backends.select import SandboxSpec
from components.sandbox.limits import processes
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits
from tests.port_support import free_port
from tests.warm_support import Forked
from tests.worker_support import nursery

PROJECT = Path(__file__).resolve().parents[1]
LIMITS = Limits(wall_s=40, cpu_s=30, memory_mb=256, pids=24, output_kb=16)
SPEC = WorkerSpec(SandboxSpec(limits=LIMITS, backend="bubblewrap"), PROJECT / "examples" / "data")
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
COLD = {"ALGOOPS_SANDBOX__WARM": "0", "ALGOOPS_SANDBOX__ISOLATION": "job"}
"""A worker has a guest while it runs a job, and no other: see `Cluster.working`."""

QUICK = {
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "2s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2",
}
CONFIG = """
sandbox: {backend: bubblewrap, warm: 0}
policies: POLICIES
data: {dir: nowhere}
state: {dir: state}
"""


def eventually(condition, seconds=30.0):
    """Wait for a condition; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)  # why: another process is at work; there is a deadline
    return value


def descendants(pid):
    """All processes below one."""
    return [*processes.tree(pid)][1:]


def script(source, **options):
    """A job that runs this text."""
    return ScriptJob(source=source.encode(), limits=LIMITS, **options)


def backtest_job():
    """One of the examples on the S&P 500."""
    files = {"strategy.py": (PROJECT / "examples/strategies/sma_cross/strategy.py").read_bytes()}
    return BacktestJob(
        strategy="sma_cross",
        files=files,
        rules="",
        parameters={},
        config=BacktestConfig(),
        symbol="SPX",
        interval="1d",
        start=None,
        end=None,
        limits=LIMITS,
    )


def write_config(folder):
    """A worker's configuration; its path."""
    path = folder / "config.yaml"
    path.write_text(CONFIG.replace("POLICIES", str(PROJECT / "policies")))
    return path


@dataclass
class Cluster:
    """A scheduler and workers, each a process of its own that can be killed and stopped."""

    folder: Path
    port: int = 0
    tls: dict[str, str] = field(default_factory=dict)
    scheduler: Forked | None = None
    workers: list[Forked] = field(default_factory=list)

    def __post_init__(self):
        self.port = free_port()
        write_config(self.folder)

    @property
    def address(self):
        return f"{'tls' if self.tls else 'tcp'}://127.0.0.1:{self.port}"

    def start_scheduler(self):
        words = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"]
        tls = ["--protocol", "tls"] if self.tls else []
        self.scheduler = self._start("scheduler", [*words, *tls], SCHEDULER)

    def add_worker(self):
        config = ["--config", str(self.folder / "config.yaml")]
        words = ["worker", self.address, "--slots", "1", *config]
        self.workers.append(self._start(f"worker-{len(self.workers)}", words))
        return self.workers[-1]

    def working(self):
        """The worker that runs a guest now, or None."""
        return next((w for w in self.workers if w.poll() is None and descendants(w.pid)), None)

    def _start(self, name, words, code=""):
        with (
            (self.folder / f"{name}.log").open("ab") as file,
            mock.patch.dict(os.environ, {**COLD, **QUICK, **self.tls}),
        ):
            return nursery().start(words, file, file, code)

    def close(self):
        """End all; how each worker that was alive ended."""
        alive = [w for w in self.workers if w.poll() is None]
        for worker in alive:
            os.kill(worker.pid, signal.SIGCONT)
            worker.terminate()
        codes = [worker.wait(60) for worker in alive]
        if self.scheduler is not None:
            self.scheduler.kill()
            self.scheduler.wait()
        return codes
