"""What executor and worker process say to each other, pickled over a socket pair of their own."""

from dataclasses import dataclass

from components.engine.data.place import DataPlace
from components.ports import Job, OutputLine
from components.sandbox.backends.select import SandboxSpec
from components.schema.results.values import ExecutionResult


@dataclass(frozen=True)
class WorkerSpec:
    """What a worker needs to know: its sandbox backend, and where the market data is."""

    sandbox: SandboxSpec
    data: DataPlace


@dataclass(frozen=True)
class RunJob:
    """Run this job; `listen`: somebody wants to hear what it says meanwhile."""

    number: int
    job: Job
    listen: bool = False


@dataclass(frozen=True)
class CancelJob:
    """Kill the guest of this job, if it is still running."""

    number: int


@dataclass(frozen=True)
class State:
    """A worker's state: guests that wait, and why it has no sandbox ("" when it has one)."""

    warm: int = 0
    problem: str = ""


@dataclass(frozen=True)
class JobBegan:
    """A guest has taken the job: from now on it has so many seconds."""

    number: int
    wall_s: float


@dataclass(frozen=True)
class Word:
    """What a job says while it runs: for people, not counted as anything."""

    number: int
    said: OutputLine


@dataclass(frozen=True)
class Done:
    """A job's result."""

    number: int
    result: ExecutionResult
    state: State


Order = RunJob | CancelJob
