"""`algoops fills`: what a broker filled, beside the orders on record."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import (
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
    user_name,
)
from bot.core.fill_csv import MOST_BYTES, read_fills
from bot.landing.execution import executions, whose
from bot.report.orders import execution_lines
from components.errors import UserError
from components.state import DATABASE, Store
from components.state.db import clock

fills = typer.Typer(
    help="A broker's fills beside the orders on record: import, show.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(fills, name="fills")


@fills.command(name="import")
def import_fills(
    file: Annotated[
        Path,
        typer.Argument(help="CSV: time, symbol, side, size, price, fee and, if known, order id."),
    ],
    strategy: Annotated[
        str, typer.Option(help="Whose fills they are, where the file has no column `strategy`.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Keep a broker's fills; the same file twice adds nothing, one wrong line keeps all out."""
    with errors_for_people():
        settings = settings_from(config)
        content = _content(file)
        found = read_fills(content, clock.now())
        with Store(settings.state.dir / DATABASE, create=False) as store:
            watched = [one.name for one in settings.repositories]
            sorted_out = whose(store, watched, found, strategy)
            added = 0
            with store.transaction():
                for (repository, name), own in sorted_out.items():
                    new = store.fills.add(repository, name, own)
                    added += new
                    store.audit.append(
                        f"cli:{user_name()}",
                        "fills.imported",
                        name,
                        details={
                            "file": hashlib.sha256(content).hexdigest(),
                            "rows": len(own),
                            "added": new,
                        },
                        repository=repository,
                    )
            out.print(f"{added} of {len(found)} fills are new.", highlight=False)
            _print([one for key in sorted_out for one in executions(store, *key)], shown=0)


@fills.command()
def show(
    name: Annotated[str, typer.Argument(help="The strategy.")],
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """What the fills of a strategy say: slippage, missed and extra trades, cost and floors."""
    with errors_for_people():
        settings = settings_from(config)
        with Store(settings.state.dir / DATABASE, create=False) as store:
            strategy = store.strategies.find(name)
            if strategy is None:
                raise UserError(f"there is no strategy {name}")
            found = executions(store, strategy.repository, strategy.name)
        if form is Form.JSON:
            print_json({"executions": found})
        elif found:
            _print(found, shown=20)
        else:
            out.print(f"No fills of {name} were imported.", markup=False, highlight=False)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None


def _print(found: list[dict[str, object]], shown: int) -> None:
    for line in [line for one in found for line in execution_lines(one, shown)]:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
