"""Parameter sweeps: a grid of values, each cell one job on the executor, kept when it is done."""

import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.checks.backtests import Scalar, digest_of, order_fields
from components.engine.version import ENGINE
from components.errors import UserError
from components.ports import BacktestJob, Executor
from components.schema.definition.overrides import read_value
from components.schema.results.evidence import Moments
from components.schema.results.values import ExecutionResult, Metrics, Severity, Status, Value

MOST_CELLS = 10_000
IN_FLIGHT = 256


@dataclass(frozen=True)
class Axis:
    """One parameter and the values that it takes, in order."""

    name: str
    values: tuple[Scalar, ...]


class Cell(Value):
    """One finished trial.

    Attributes:
        key: of everything that the result depends on.
        metrics: None unless it passed.
        moments: of the returns of its bars; None where they say nothing (no trade, too few bars).
        confirmed: False: nobody looked for future bars in it.
    """

    key: str
    parameters: dict[str, float | int | bool | str]
    status: Status
    message: str = ""
    metrics: Metrics | None = None
    moments: Moments | None = None
    confirmed: bool = True


def read_axis(text: str) -> Axis:
    """`name=first:last:step` (last included) or `name=a,b,c`. Raises UserError."""
    name, sign, rest = text.partition("=")
    if not (sign and name.strip() and rest.strip()):
        raise UserError(f"--set needs name=first:last:step or name=a,b,c, found {text!r}")
    values = _steps(text, rest) if ":" in rest else tuple(_value(text, v) for v in rest.split(","))
    if len(set(values)) != len(values):
        raise UserError(f"--set names a value twice: {text!r}")
    return Axis(name.strip(), values)


def grid(axes: Sequence[Axis]) -> tuple[dict[str, Scalar], ...]:
    """All combinations, the last axis fastest. Raises UserError: an axis twice, or too many."""
    names = [axis.name for axis in axes]
    if len(set(names)) != len(names):
        raise UserError("--set names a parameter twice")
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_CELLS:
        raise UserError(f"{count:,} combinations are more than {MOST_CELLS:,}: take larger steps")
    combinations = itertools.product(*(axis.values for axis in axes))
    return tuple(dict(zip(names, values, strict=True)) for values in combinations)


def cell_key(job: BacktestJob, data_hash: str, image: str) -> str:
    """SHA-256 (hex) of all that a job's result depends on: equal key, equal result."""
    more = {
        "data": [data_hash, job.unit],
        "limits": [job.limits.model_dump(mode="json"), job.stream_cpu_s, job.look],
        "engine": [ENGINE, image],
    }
    return digest_of({**order_fields(job), **more})


class Kept:
    """Finished cells in a file of JSON lines; one that was cut off in the middle is not read.

    Args:
        file: made when the first cell is kept.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._cells: dict[str, Cell] = {}
        text = file.read_bytes() if file.exists() else b""
        self._torn = bool(text) and not text.endswith(b"\n")
        for line in text.splitlines():
            cell = _cell(line)
            if cell is not None:
                self._cells[cell.key] = cell

    def get(self, key: str) -> Cell | None:
        """The cell of this key, or None."""
        return self._cells.get(key)

    def add(self, cell: Cell) -> None:
        """Keep a cell: one write, flushed to the disk."""
        self._cells[cell.key] = cell
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab") as file:
            line = cell.model_dump_json().encode() + b"\n"
            file.write(b"\n" + line if self._torn else line)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False


def sweep(
    jobs: Mapping[str, BacktestJob],
    executor: Executor,
    kept: Kept,
    tell: Callable[[Cell], None],
    count: Callable[[BacktestJob, ExecutionResult], None] = lambda _job, _result: None,
) -> tuple[Cell, ...]:
    """Run what is not kept yet.

    Args:
        jobs: key -> job.
        executor: where they run; left with nothing of ours when this ends early.
        kept: what is there already, and where results go. Our own faults are not kept.
        tell: called for each cell when it is known.
        count: called with each result before it is kept or told of.

    Returns:
        A cell for each job, in the jobs' order.
    """
    done = {key: cell for key in jobs if (cell := kept.get(key)) is not None}
    for cell in done.values():
        tell(cell)
    waiting = iter([key for key in jobs if key not in done])
    running: dict[Future[ExecutionResult], str] = {}
    try:
        while True:
            for key in itertools.islice(waiting, IN_FLIGHT - len(running)):
                running[executor.submit(jobs[key])] = key
            if not running:
                return tuple(done[key] for key in jobs)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key = running.pop(future)
                result = future.result()
                count(jobs[key], result)
                done[key] = _finished(key, jobs[key], result)
                if done[key].status not in {Status.INFRASTRUCTURE_ERROR, Status.KILLED}:
                    kept.add(done[key])
                tell(done[key])
    finally:
        for future in running:
            future.cancel()


def value_of(cell: Cell, metric: str) -> float | None:
    """A metric of a cell; None where it has none."""
    value = getattr(cell.metrics, metric) if cell.metrics is not None else None
    return float(value) if isinstance(value, int | float) else None


def best_of(cells: Sequence[Cell], metric: str) -> Cell | None:
    """The cell with the highest value (drawdowns are negative); the first of equals; or None."""
    valued = [cell for cell in cells if value_of(cell, metric) is not None]
    return max(valued, key=lambda cell: value_of(cell, metric) or 0.0, default=None)


def _finished(key: str, job: BacktestJob, result: ExecutionResult) -> Cell:
    leak = next((f for f in result.lookahead if f.severity is Severity.ERROR), None)
    leaks = leak is not None and result.status is Status.PASSED
    passed = result.status is Status.PASSED and not leaks
    return Cell(
        key=key,
        parameters=dict(job.parameters),
        status=Status.FAILED if leaks else result.status,
        message=leak.message if leak is not None else result.message,
        metrics=result.metrics if passed else None,
        moments=result.evidence.moments if passed and result.evidence else None,
        confirmed=job.look,
    )


def _cell(line: bytes) -> Cell | None:
    try:
        return Cell.model_validate_json(line)
    except ValidationError:
        return None


def _steps(text: str, rest: str) -> tuple[Scalar, ...]:
    parts = [_value(text, part) for part in rest.split(":")]
    numbers = [p for p in parts if isinstance(p, int | float) and not isinstance(p, bool)]
    if len(parts) != 3 or len(numbers) != 3:  # noqa: PLR2004  # first, last, step
        raise UserError(f"--set needs name=first:last:step with numbers, found {text!r}")
    first, last, step = numbers
    if not all(math.isfinite(n) for n in numbers) or step <= 0 or last < first:
        raise UserError(f"--set needs first <= last and a step above 0, found {text!r}")
    ratio = (last - first) / step
    if ratio > MOST_CELLS:
        raise UserError(f"--set {text!r} has more than {MOST_CELLS:,} values")
    count = math.floor(ratio + 1e-9) + 1
    if all(isinstance(n, int) for n in numbers):
        return tuple(first + i * step for i in range(count))
    return tuple(round(first + i * step, 12) for i in range(count))


def _value(text: str, part: str) -> Scalar:
    value = read_value(part)
    if value is None:
        raise UserError(f"--set needs numbers, texts or flags, found {text!r}")
    return value
