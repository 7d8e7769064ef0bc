"""A large sweep in two passes: a quick one ranks, then the best cells are run as a check runs them.

The quick pass gives a strategy all bars at once and does not look for future bars, in guests that
take cell after cell. Its numbers only say which cells to look at.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.sweep.grid import Cell, best_of
from components.ports import BacktestJob

CONFIRMED = 10
"""Cells that are run again; a sweep of no more than these has no quick pass."""


def ranks_first(jobs: Sequence[BacktestJob]) -> bool:
    """Whether a quick pass pays. Finer bars decide fills only where bars are streamed."""
    return len(jobs) > CONFIRMED and not any(job.config.detail for job in jobs)


def quick(job: BacktestJob) -> BacktestJob:
    """The same backtest, quick and not looked at."""
    return replace(job, causality="audited", look=False, stream_cpu_s=None)


def best_jobs(
    cells: Sequence[Cell], jobs: Sequence[BacktestJob], metric: str
) -> tuple[BacktestJob, ...]:
    """The jobs of the best cells, the best one first.

    Args:
        cells: of the quick pass, in the jobs' order.
        jobs: as a check would run them.
        metric: what is to be high.
    """
    left = dict(zip((cell.key for cell in cells), jobs, strict=True))
    waiting = list(cells)
    best: list[BacktestJob] = []
    while len(best) < CONFIRMED and (cell := best_of(waiting, metric)) is not None:
        waiting.remove(cell)
        best.append(left[cell.key])
    return tuple(best)


def confirmed_by(cells: Sequence[Cell], again: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells of the quick pass, with those that were run again in their places."""
    known = {_values(cell): cell for cell in again}
    return tuple(known.get(_values(cell), cell) for cell in cells)


def _values(cell: Cell) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(cell.parameters.items()))
