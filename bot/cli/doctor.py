"""`algoops doctor`: a health report that says what to do."""

import typer
from rich.text import Text

from bot.cli.common import (
    EXIT_ERROR,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
)
from bot.daemon.doctor import examine
from bot.daemon.symptoms import Symptom


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """Look at git, data, policies, database, repositories and sandbox; say what to do.

    Exit code 0 when all is well, else 2.
    """
    with errors_for_people():
        found = []
        for symptom in examine(settings_from(config)):
            found.append(symptom)
            if form is not Form.JSON:
                _show(symptom)
        if form is Form.JSON:
            print_json([vars(s) for s in found])
        raise typer.Exit(EXIT_PASSED if all(s.well for s in found) else EXIT_ERROR)


def _show(symptom: Symptom) -> None:
    mark = Text("ok   ", style="green") if symptom.well else Text("WRONG", style="bold red")
    if symptom.well and symptom.warning:
        mark = Text("look ", style="yellow")
    advice = f" -> {symptom.advice}" if symptom.advice else ""
    out.print(mark, Text(f"{symptom.what}: {symptom.seen}{advice}"), soft_wrap=True)
