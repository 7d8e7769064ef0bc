"""`algoops demo`: the whole main job, and what follows a deploy, on a throw-away repository."""

import shutil
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.common import EXIT_ERROR, EXIT_PASSED, err, errors_for_people, out
from bot.demo.acts import Act
from bot.demo.life import open_market
from bot.demo.market import ComingBars
from bot.demo.play import Play
from bot.demo.stage import MARKER, Stage, set_stage
from components.errors import UserError
from components.state import DATABASE, Store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder of the demo (default: a temporary one).")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the pages; 0 takes a free one.")] = 0,
    serve: Annotated[bool, typer.Option(help="Stay up afterwards, to look around.")] = False,
) -> None:
    """Push strategies as an author would; see them judged, deployed, promoted, rolled back."""
    with errors_for_people():
        place = folder or Path(tempfile.mkdtemp(prefix="algoops-demo-"))
        _clear(place)
        stage = set_stage(place.resolve(), port)
        market = open_market(stage)
        out.print(f"The demo runs in {place}", highlight=False)
        try:
            acts = _play(stage, market)
            _summary(stage, acts)
            if serve:
                _serve(stage)
        finally:
            stage.daemon.stop()
        raise typer.Exit(EXIT_PASSED if all(a.ok for a in acts) else EXIT_ERROR)


def _clear(place: Path) -> None:
    """Remove an earlier demo; anything else is not ours to remove.

    Raises:
        UserError: the folder holds something else.
    """
    if not place.exists() or not any(place.iterdir()):
        return
    if not (place / MARKER).is_file():
        raise UserError(f"{place} is not empty and holds no earlier demo", hint="name another one")
    shutil.rmtree(place)


def _play(stage: Stage, market: ComingBars) -> list[Act]:
    with out.status("starting the daemon") as status:

        def tell(what: str) -> None:
            status.update(what)
            if not out.is_terminal:
                out.print(f"... {what}", markup=False, highlight=False)

        stage.daemon.start()
        with Store(stage.state / DATABASE) as store:
            play = Play(stage, tell, store)
            play.run(market)
    return play.acts


def _summary(stage: Stage, acts: list[Act]) -> None:
    table = Table(title="What happened", title_justify="left", pad_edge=False)
    for column in ("", "what", "expected", "came out as", "s"):
        table.add_column(column, overflow="fold", justify="right" if column == "s" else "left")
    for act in acts:
        mark = Text("ok", style="green") if act.ok else Text("WRONG", style="bold red")
        table.add_row(mark, act.what, act.expected, Text(act.got), f"{act.seconds:.1f}")
    out.print(table)
    wrong = sum(not act.ok for act in acts)
    took = sum(act.seconds for act in acts)
    out.print(f"{len(acts) - wrong} of {len(acts)} acts ended as they should, in {took:.0f} s.")
    out.print(f"Reports:    {stage.state / 'reports' / 'demo'}", highlight=False)
    out.print(f"Repository: {stage.repository}", highlight=False)
    out.print(
        "As an author sees them: git fetch origin 'refs/notes/*:refs/notes/*'"
        " && git log --notes=algoops --all",
        highlight=False,
        markup=False,
    )
    out.print(f"The page:   algoops run --config {stage.config}", highlight=False)
    if wrong:
        err.print(f"The daemon's log: {stage.daemon.log}", highlight=False)


def _serve(stage: Stage) -> None:
    out.print(f"Serving {stage.daemon.url} until Ctrl-C", highlight=False)
    try:
        signal.pause()
    except KeyboardInterrupt:
        out.print("Stopping.")
