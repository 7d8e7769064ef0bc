"""`algoops check` and `algoops watch`: the checks without a daemon."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event as Flag
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from bot.checks.fixing import fix_folder
from bot.checks.folders import folder_subject, strategy_folders
from bot.checks.policies import load_policies
from bot.checks.releases import taken_on_disk
from bot.checks.run import Where
from bot.checks.standalone import CheckScope, check_between, check_subjects
from bot.checks.strategy import Asked, OnCheck
from bot.checks.subject import Bench
from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    err,
    errors_for_people,
    out,
    settings_from,
)
from bot.cli.rendering import Format, rendered, write
from bot.config.places import repository_root
from bot.config.settings import Settings
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_bench
from bot.proposals.check import known_verdict, remember
from bot.report import markdown
from bot.report.status import with_warnings
from components.errors import UserError
from components.git_patch import Repository
from components.schema.results.report import CheckResult, Report, StrategyReport
from components.schema.results.values import Verdict
from components.state import DATABASE, Store

SAVES = frozenset({"created", "modified", "moved", "deleted"})
QUIET_S = 0.2
UNCOMMITTED = "What is not committed is not looked at: commit it, or name its folder."
EXITS = {
    Verdict.PASSED: EXIT_PASSED,
    Verdict.NEUTRAL: EXIT_PASSED,
    Verdict.FAILED: EXIT_FAILED,
    Verdict.ERROR: EXIT_ERROR,
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(check)
    app.command("watch")(watch)


def check(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Names of strategies, or folders on disk.")
    ] = None,
    repo: Annotated[
        Path | None, typer.Option(help="The repository (default: the one that this folder is in).")
    ] = None,
    base: Annotated[str, typer.Option(help="What the head is to be merged into.")] = "main",
    head: Annotated[str, typer.Option(help="What is checked.")] = "HEAD",
    form: Annotated[
        Format, typer.Option("--format", help="How to write the report.")
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    force: Annotated[bool, typer.Option(help="Run again where a verdict is known.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="First apply the fixes that findings offer (folders).")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Check the strategies that differ between two commits, or the named ones. Needs no daemon.

    Exit code 0: all passed; 1: a strategy failed; 2: something could not be checked.
    """
    with errors_for_people():
        settings = settings_from(config)
        folders, names = _told_apart(targets or ())
        if fix:
            _fix(folders, settings)
        with bench_with_store(settings) as (bench, store), _progress(form) as tell:
            asked = Asked(known_in(store), tell, Flag(), force=force, asked=True)
            if folders:
                report = _check_folders(folders, bench, asked, settings.git_binary)
            else:
                scope = CheckScope(base, head, names)
                report = _check_commits(settings, repo, scope, bench, asked)
            keep_in(store, report)
        write(rendered(report, form), output)
        if report.verdict is Verdict.ERROR:
            err.print(f"algoops: {report.summary}", markup=False, soft_wrap=True)
        if report.verdict is Verdict.NEUTRAL and form is Format.TEXT:
            err.print(UNCOMMITTED, markup=False, soft_wrap=True)
        raise typer.Exit(EXITS[report.verdict])


def _told_apart(targets: Sequence[str]) -> tuple[list[Path], tuple[str, ...]]:
    """Folders of strategies, and names of strategies: never both."""
    given = [Path(t) for t in targets if "/" in t or Path(t).is_dir()]
    names = tuple(t for t in targets if Path(t) not in given)
    if given and names:
        raise UserError(
            "name folders or strategies, not both", hint=f"no folder: {', '.join(names)}"
        )
    return [folder for path in given for folder in strategy_folders(path)], names


def _fix(folders: Sequence[Path], settings: Settings) -> None:
    if not folders:
        hint = "name the folder of a strategy: algoops check --fix strategies/NAME"
        raise UserError("--fix changes files on disk, so it needs folders", hint=hint)
    policies = load_policies(settings.policies)
    for folder in folders:
        err.print(
            fix_folder(folder, policies, settings.git_binary), end="", markup=False, soft_wrap=True
        )


def _check_commits(
    settings: Settings, repo: Path | None, scope: CheckScope, bench: Bench, asked: Asked
) -> Report:
    chosen = repo or repository_root(Path()) or Path()
    with Repository(chosen, binary=settings.git_binary) as repository:
        return check_between(where_alone(settings, repository, chosen), scope, bench, asked)


def watch(
    path: Annotated[Path, typer.Argument(help="A strategy's folder.")],
    config: ConfigOption = None,
) -> None:
    """Check a working folder again on every save. Ctrl-C ends it."""
    with errors_for_people():
        settings = settings_from(config)
        with bench_with_store(settings) as (bench, store), _saves(path) as wait_for_save:
            while True:
                asked = Asked(known_in(store), _quiet, Flag())
                report = _check_folders([path], bench, asked, settings.git_binary)
                keep_in(store, report)
                out.rule(dt.datetime.now().astimezone().strftime("%H:%M:%S"))
                out.print(markdown.plain(report), markup=False, highlight=False)
                wait_for_save()


@contextmanager
def bench_alone(settings: Settings) -> Iterator[Bench]:
    """What checks need; workers start when the first job comes, and end with the block."""
    policies = load_policies(settings.policies)
    executor = open_executor(settings, policies.sandbox)
    try:
        yield open_bench(settings, policies, executor)
    finally:
        executor.close()


@contextmanager
def bench_with_store(settings: Settings) -> Iterator[tuple[Bench, Store | None]]:
    """What checks need, with the store of verdicts where there is one: a check makes none."""
    path = settings.state.dir / DATABASE
    with bench_alone(settings) as bench, ExitStack() as stack:
        there = path.exists()
        yield bench, stack.enter_context(Store(path, create=False)) if there else None


def known_in(store: Store | None) -> Callable[[str], StrategyReport | None]:
    """What finds the verdict of a content key; without a store no verdict is known."""
    return (lambda _key: None) if store is None else partial(known_verdict, store)


def keep_in(store: Store | None, report: Report) -> None:
    """Keep the verdicts of a report where there is a store."""
    if store is not None:
        remember(store, report)


def where_alone(settings: Settings, repository: Repository, folder: Path) -> Where:
    """A repository without a daemon, with the folders of the first configured one."""
    ours = settings.repositories[0]
    name = folder.resolve().name
    return Where(name, repository, ours.strategies, ours.policies, ours.policy_changes)


def _check_folders(folders: list[Path], bench: Bench, asked: Asked, git: str) -> Report:
    inside = folders[0].resolve().parent.name
    subjects = [folder_subject(folder) for folder in folders]
    report = check_subjects(subjects, bench, asked, inside)
    found = (
        taken_on_disk(folder, subject, git)
        for folder, subject in zip(folders, subjects, strict=True)
    )
    return with_warnings(report, [finding for one in found for finding in one])


def _quiet(_strategy: str, _result: CheckResult) -> None:
    """Nobody watches."""


@contextmanager
def _progress(form: Format) -> Iterator[OnCheck]:
    """Each check as it ends: a live line on a terminal, plain lines elsewhere, all on stderr."""
    if form is not Format.TEXT:
        yield _quiet
        return
    if not err.is_terminal:
        yield _plain_line
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("checking")

        def tell(strategy: str, result: CheckResult) -> None:
            bar.update(task, description=f"{strategy}: {result.name} {result.outcome}")

        yield tell


def _plain_line(strategy: str, result: CheckResult) -> None:
    err.print(
        f"{strategy}: {result.name} {result.outcome} ({result.summary})",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@contextmanager
def _saves(folder: Path) -> Iterator[Callable[[], None]]:
    """A function that returns when something in the folder was saved."""
    saved = threading.Event()

    class Saves(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type in SAVES and not event.is_directory:
                saved.set()

    observer = Observer()
    observer.schedule(Saves(), str(folder), recursive=True)
    observer.start()

    def wait() -> None:
        saved.wait()
        while saved.is_set():  # editors write several times for one save
            saved.clear()
            saved.wait(QUIET_S)

    try:
        yield wait
    finally:
        observer.stop()
        observer.join()
