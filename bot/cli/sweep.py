"""`algoops sweep`: a strategy over a grid of parameters, and what its best cell is worth."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.checks.backtests import Wishes
from bot.cli.backtest import job_of, one_task, policy_of, read_strategy
from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    err,
    out,
    print_json,
    settings_from,
)
from bot.config.settings import Settings
from bot.daemon.executors import open_executor
from bot.landing.tries import StoreCounter
from bot.sweep.confirm import best_jobs, confirmed_by, quick, ranks_first
from bot.sweep.grid import Axis, Cell, Kept, best_of, cell_key, grid, read_axis, sweep, value_of
from bot.sweep.picture import picture
from bot.sweep.stats import Deflated, deflated
from components.engine.market_data import FolderData
from components.errors import AlgoOpsError, TransientError, UserError
from components.ports import BacktestJob, Executor
from components.schema.definition.overrides import overridden
from components.schema.policies.sandbox import SandboxPolicy
from components.schema.results.values import ExecutionResult, Metrics, Status
from components.state.store import DATABASE, Store

CONFIDENT = 0.95
_MOST_ROWS = 20
_COLUMNS = ("sharpe", "return_pct", "max_drawdown_pct", "trades")


@dataclass(frozen=True)
class SweepResult:
    """What a sweep came to."""

    strategy: str
    symbol: str
    interval: str
    axes: tuple[Axis, ...]
    by: str
    cells: tuple[Cell, ...]
    reused: int
    counted: str

    @property
    def best(self) -> Cell | None:
        """The confirmed cell with the highest value of `by`."""
        return best_of([cell for cell in self.cells if cell.confirmed], self.by)

    @property
    def luck(self) -> Deflated | None:
        """The best cell's deflated Sharpe ratio; a passed cell without returns counts as 0."""
        if self.best is None or self.best.moments is None:
            return None
        passed = [c for c in self.cells if c.status is Status.PASSED]
        return deflated(self.best.moments, [c.moments.sharpe if c.moments else 0 for c in passed])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep")(sweep_command)


def sweep_command(
    path: Annotated[Path, typer.Argument(help="A strategy's folder, or a lone .py file.")],
    values: Annotated[
        list[str], typer.Option("--set", help="name=first:last:step or name=a,b,c. Repeatable.")
    ],
    symbol: Annotated[str, typer.Option(help="What to trade (default: its first symbol).")] = "",
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    end: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")] = "",
    by: Annotated[str, typer.Option(help="The metric that is to be high.")] = "sharpe",
    plot: Annotated[
        Path | None, typer.Option(help="Heat map over the first two parameters: .png or .svg.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Where results are kept, to go on from (JSON lines).")
    ] = None,
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """Backtest a strategy once for each combination of parameter values.

    Ended early, the same command goes on where it was. Exit code 1 when a cell failed.
    """
    kind = _plot_kind(plot)
    if by not in _metrics():
        raise UserError(f"--by {by!r} is no metric; there are: {', '.join(_metrics())}")
    settings = settings_from(config)
    axes = tuple(read_axis(text) for text in values)
    wishes = Wishes(None, start, end, (symbol,) if symbol else ())
    swept = _sweep(path, axes, settings, wishes, (by, results))
    if plot is not None and kind is not None:
        plot.write_bytes(picture(swept.cells, axes, by, kind))
    if form is Form.JSON:
        print_json(_document(swept))
    else:
        _show(swept)
    raise typer.Exit(_exit_code(swept.cells))


def _sweep(
    path: Path,
    axes: tuple[Axis, ...],
    settings: Settings,
    wishes: Wishes,
    how: tuple[str, Path | None],
) -> SweepResult:
    by, results = how
    files, definition, rules = read_strategy(path, settings)
    task = one_task(definition, settings, FolderData(settings.market_data), wishes, files)
    policy = policy_of(settings, "sandbox.yaml", SandboxPolicy)
    declared = bool(definition.parameters)
    jobs = [
        replace(job_of(files, definition.name, rules, task.on(values), policy.limits), brief=True)
        for cell in grid(axes)
        for values in [overridden(definition, cell) if declared else cell]
    ]
    kept = Kept(results or settings.state.dir / "sweeps" / f"{definition.name}.jsonl")
    with _counting(settings, definition.name) as (count, counted):
        passes = _Passes(settings, policy, task.data_hash, kept, count)
        try:
            if not ranks_first(jobs):
                cells = passes.run("Sweeping", jobs)
            else:
                ranked = passes.run("Ranking", [quick(job) for job in jobs], one_guest=True)
                again = passes.run("Confirming", best_jobs(ranked, jobs, by))
                cells = confirmed_by(ranked, again)
        finally:
            passes.close()
    axis = (definition.name, task.symbol, task.interval, axes, by)
    return SweepResult(*axis, cells, passes.reused, counted)


Count = Callable[[BacktestJob, ExecutionResult], None]


@contextmanager
def _counting(settings: Settings, name: str) -> Iterator[tuple[Count, str]]:
    """Tells the daemon's ledger of tries of each result, and says in words whether there is one.

    A folder does not say which repository it will be pushed to: it counts for each watched one.
    """
    try:
        store = Store(settings.state.dir / DATABASE, create=False)
    except AlgoOpsError as error:
        yield (lambda _job, _result: None), f"not counted as tries: {error}"
        return
    with store:
        counters = [StoreCounter(store, r.name, "sweep") for r in settings.repositories]

        def count(job: BacktestJob, result: ExecutionResult) -> None:
            with store.transaction():
                for counter in counters:
                    counter.record(name, "", [(job, result)])

        names = ", ".join(counter.repository for counter in counters)
        yield count, f"its tries are counted for {names}"


@dataclass
class _Passes:
    """Runs jobs that differ in their parameters alone; `reused`: how many were known before."""

    settings: Settings
    policy: SandboxPolicy
    data_hash: str
    kept: Kept
    count: Count
    reused: int = 0
    _opened: tuple[bool, Executor] | None = None

    def run(
        self, title: str, jobs: Sequence[BacktestJob], *, one_guest: bool = False
    ) -> tuple[Cell, ...]:
        """A cell for each job, in the jobs' order.

        `one_guest` lets a guest take job after job, whatever the operator says of `isolation`:
        for results that nobody trusts until a further run confirms them.
        """
        executor = self._executor(one_guest=one_guest)
        keyed = _keyed(jobs, self.data_hash, executor)
        self.reused += sum(self.kept.get(key) is not None for key in keyed)
        return _with_progress(title, keyed, executor, self.kept, self.count)

    def _executor(self, *, one_guest: bool) -> Executor:
        """The one of the pass before, where its guests are kept apart in the same way.

        Where a worker needs one guest for all its jobs, none is made ahead.
        """
        settings, policy = self.settings, self.policy
        shares = one_guest or settings.sandbox.isolation == policy.isolation == "strategy"
        if self._opened is None or self._opened[0] != shares:
            self.close()
            if shares:
                own = {"isolation": "strategy", "warm": 0}
                sandbox = settings.sandbox.model_copy(update=own)
                settings = settings.model_copy(update={"sandbox": sandbox})
                policy = policy.model_copy(update={"isolation": "strategy"})
            self._opened = shares, open_executor(settings, policy)
        return self._opened[1]

    def close(self) -> None:
        """Close what is open."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None


def _keyed(
    jobs: Sequence[BacktestJob], data_hash: str, executor: Executor
) -> dict[str, BacktestJob]:
    image = str(executor.describe()["image"])
    if not image:
        raise TransientError(str(executor.describe()["detail"]))
    return {cell_key(job, data_hash, image): job for job in jobs}


def _with_progress(
    title: str, jobs: Mapping[str, BacktestJob], executor: Executor, kept: Kept, count: Count
) -> tuple[Cell, ...]:
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=len(jobs))
        done = itertools.count(1)

        def tell(_cell: Cell) -> None:
            progress.advance(bar)
            line = progress_line(title, next(done), len(jobs))
            if line and not err.is_terminal:
                err.print(line, highlight=False)

        try:
            return sweep(jobs, executor, kept, tell, count)
        except KeyboardInterrupt:
            ready = sum(kept.get(key) is not None for key in jobs)
            words = f"Stopped: {ready} of {len(jobs)} results are kept in {kept.file}."
            err.print(words, "The same command goes on from there.", soft_wrap=True, markup=False)
            raise


def progress_line(title: str, done: int, total: int) -> str:
    """What a log is told at each tenth of a sweep, every ten results at most; else empty."""
    step = max(10, -(-total // 10))
    return f"{title}: {done} of {total}" if done % step == 0 else ""


def _plot_kind(plot: Path | None) -> Literal["png", "svg"] | None:
    if plot is None:
        return None
    match plot.suffix.lower():
        case ".png":
            return "png"
        case ".svg":
            return "svg"
        case _:
            raise UserError(f"--plot draws .png or .svg, not {plot.name}")


def _metrics() -> list[str]:
    return [n for n, f in Metrics.model_fields.items() if f.annotation in {float | None, int}]


def _show(swept: SweepResult) -> None:
    names = [axis.name for axis in swept.axes]
    shown = tuple(dict.fromkeys((swept.by, *_COLUMNS)))
    table = Table(box=None)
    for name in (*names, *shown, ""):
        table.add_column(name, justify="right")
    ranked = sorted(swept.cells, key=lambda c: (not c.confirmed, _rank(c, swept.by)))
    for cell in ranked[:_MOST_ROWS]:
        numbers = [_number(value_of(cell, name)) for name in shown]
        mark = "" if cell.confirmed else "ranked only"
        table.add_row(*(str(cell.parameters[n]) for n in names), *numbers, mark)
    out.print(table)
    for line in _sentences(swept):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _rank(cell: Cell, metric: str) -> float:
    value = value_of(cell, metric)
    return float("inf") if value is None else -value


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:z,.2f}".removesuffix(".00")


def _sentences(swept: SweepResult) -> list[str]:
    """What is to be said below the table."""
    ends = Counter(str(cell.status) for cell in swept.cells)
    told = ", ".join(f"{count} {status}" for status, count in sorted(ends.items()))
    lines = [
        f"{swept.strategy} on {swept.symbol} {swept.interval}: {told}; {swept.reused} known before"
    ]
    failed = next((c for c in swept.cells if c.status is not Status.PASSED), None)
    if failed is not None:
        lines.append(f"first that did not pass: {_chosen(swept, failed)}: {failed.message}")
    if swept.best is not None:
        lines.append(f"best {swept.by}: {_chosen(swept, swept.best)}")
    looked = sum(cell.confirmed for cell in swept.cells)
    if looked < len(swept.cells):
        lines.append(
            f"the best {looked} were run again bar by bar; the others only rank: nobody looked for"
            " future bars in them"
        )
    lines += [_warning(swept.luck), swept.counted]
    return lines


def _chosen(swept: SweepResult, cell: Cell) -> str:
    return " ".join(f"{axis.name}={cell.parameters[axis.name]}" for axis in swept.axes)


def _warning(luck: Deflated | None) -> str:
    """The verdict on the best cell, for people."""
    if luck is None:
        return "no trial has enough returns to tell skill from luck"
    shown = f"{luck.probability:.1%}"
    if luck.probability >= CONFIDENT:
        return (
            f"after {luck.trials} trials its true Sharpe ratio is above zero with {shown} "
            "(deflated Sharpe ratio); test it on bars that the sweep has not seen all the same"
        )
    return (
        f"WARNING: likely over-fitted: as the best of {luck.trials} trials, its true Sharpe ratio "
        f"is above zero with {shown} only (deflated Sharpe ratio; {CONFIDENT:.0%} is convincing)"
    )


def _document(swept: SweepResult) -> dict[str, Any]:
    return {
        "strategy": swept.strategy,
        "symbol": swept.symbol,
        "interval": swept.interval,
        "by": swept.by,
        "axes": {axis.name: list(axis.values) for axis in swept.axes},
        "reused": swept.reused,
        "cells": [cell.model_dump(mode="json") for cell in swept.cells],
        "best": swept.best.model_dump(mode="json") if swept.best else None,
        "deflated_sharpe": asdict(swept.luck) if swept.luck else None,
        "warning": _warning(swept.luck),
        "counted": swept.counted,
    }


def _exit_code(cells: Sequence[Cell]) -> int:
    if any(c.status in {Status.INFRASTRUCTURE_ERROR, Status.KILLED} for c in cells):
        return EXIT_ERROR
    return EXIT_PASSED if all(c.status is Status.PASSED for c in cells) else EXIT_FAILED
