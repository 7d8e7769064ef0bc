"""`algoops holdout show`: what the looks at the sealed bars came to, for operators."""

from dataclasses import asdict

import typer
from rich.table import Table

from bot.cli.common import (
    ConfigOption,
    Form,
    FormOption,
    out,
    print_json,
    settings_from,
    user_name,
)
from components.state import DATABASE, Store
from components.state.tables.looks import ANSWERS, SealedLook

holdout = typer.Typer(help="The sealed bars: what the looks at them came to.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(holdout, name="holdout")


@holdout.callback()
def _group() -> None:
    """Keep the command's own name, although it is the only one."""


@holdout.command()
def show(form: FormOption = Form.TEXT, config: ConfigOption = None) -> None:
    """Show all looks at the sealed bars with their figures, for operators; this goes on record."""
    settings = settings_from(config)
    with Store(settings.state.dir / DATABASE, create=False) as store:
        store.audit.append(f"cli:{user_name()}", "holdout.shown")
        looks = [look for one in settings.repositories for look in store.looks.all(one.name)]
    if form is Form.JSON:
        print_json({"looks": [asdict(look) for look in looks]})
    elif looks:
        out.print(_table(looks))
    else:
        out.print("no look at sealed bars was taken", highlight=False)


def _table(looks: list[SealedLook]) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in ("time", "strategy", "proposal", "answer", "symbol", "run", "open", "sealed"):
        table.add_column(head, overflow="fold")
    for look in looks:
        for one in look.figures.get("symbols", ()):
            ratios = [one.get(name) for name in ("open_sharpe", "sealed_sharpe")]
            shown = ["n/a" if ratio is None else f"{ratio:z.2f}" for ratio in ratios]
            table.add_row(
                *(look.recorded_at[:19], look.strategy, look.proposal, ANSWERS[look.agrees]),
                *(one["symbol"], one["status"], *shown),
            )
    return table
