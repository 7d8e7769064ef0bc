"""`algoops audit verify` and `algoops backup`: can what is remembered be trusted, and kept."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from bot.cli.common import (
    EXIT_ERROR,
    ConfigOption,
    Form,
    FormOption,
    err,
    out,
    print_json,
    settings_from,
)
from components.errors import UserError
from components.state import DATABASE, LOCK, DaemonLock, Store
from components.state.tables.records import AuditHead, AuditProblem

_HEAD_PARTS = 2

audit = typer.Typer(help="The audit log: append-only, chained by hashes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(audit, name="audit")
    app.command("backup")(backup)
    app.command("upgrade")(upgrade)


@audit.command()
def verify(
    config: ConfigOption = None,
    database: Annotated[
        Path | None, typer.Option("--database", help="This file, for one: a backup.")
    ] = None,
    head: Annotated[
        str, typer.Option("--head", help="COUNT:HASH as printed before: it must still be there.")
    ] = "",
    form: FormOption = Form.TEXT,
) -> None:
    """Recompute the hash chains of the audit log and of the ledger of tries.

    Finds a changed, removed, added or swapped row of either.
    """
    known = _head(head)
    path = database or settings_from(config).state.dir / DATABASE
    with Store(path, look=True) as store:
        problem = _verify(store, known)
        end, tries = store.audit.head(), store.tries.head().count
        untrue = store.tries.verify()
    if form is Form.JSON:
        print_json(
            {
                "status": "broken" if problem or untrue else "intact",
                "rows": end.count,
                "head": f"{end.count}:{end.hash}",
                "problem": asdict(problem) if problem else None,
                "tries": tries,
                "tries_problem": asdict(untrue) if untrue else None,
            }
        )
    elif problem is None:
        out.print(f"{end.count} rows, none changed, removed or moved", highlight=False)
        out.print(f"head: {end.count}:{end.hash}", highlight=False, soft_wrap=True)
        if untrue is None:
            out.print(f"{tries} tries, none changed, removed or moved", highlight=False)
    for what, found in (("audit log", problem), ("ledger of tries", untrue)):
        if found is not None:
            err.print(f"algoops: the {what} is not intact: {found.message}", style="red")
    if problem is not None or untrue is not None:
        raise typer.Exit(EXIT_ERROR)


def _verify(store: Store, known: AuditHead | None) -> AuditProblem | None:
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading the audit log", total=store.audit.head().count)
        return store.audit.verify(known, lambda rows: progress.update(task, completed=rows))


def _head(text: str) -> AuditHead | None:
    if not text:
        return None
    parts = text.split(":")
    if len(parts) != _HEAD_PARTS or not (parts[0].isascii() and parts[0].isdigit()):
        raise UserError(f"--head is COUNT:HASH, found {text!r}", hint="copy what verify printed")
    return AuditHead(int(parts[0]), parts[1])


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make.")],
    config: ConfigOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
) -> None:
    """Copy the database while the bot runs; the copy is checked before it gets its name."""
    with Store(settings_from(config).state.dir / DATABASE, create=False) as store:
        size = store.backup(file, overwrite=force)
    out.print(
        f"{file}: {size / 1024 / 1024:.1f} MiB, checked",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def upgrade(config: ConfigOption = None) -> None:
    """Bring the database of an older AlgoOps up to date, after a copy of it; no daemon may run."""
    state = settings_from(config).state.dir
    with DaemonLock(state / LOCK), Store(state / DATABASE, create=False, upgrade=True):
        out.print(
            f"{state / DATABASE} is up to date", highlight=False, markup=False, soft_wrap=True
        )
