"""`algoops orders`: what deployed strategies want next."""

from typing import Annotated

import typer

from bot.cli.common import (
    EXIT_FAILED,
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
    user_name,
)
from bot.report.orders import order_lines
from bot.sources.wake import ORDERS, Bell
from components.errors import UserError
from components.state import DATABASE, Store
from components.state.orders import accept_key, sheets

AcceptOption = Annotated[
    str,
    typer.Option(
        "--accept",
        help="Take restated data as it is, and why: a new record begins on it.",
        metavar="REASON",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("orders")(orders)


def orders(
    name: Annotated[str, typer.Argument(help="Only this strategy.")] = "",
    accept: AcceptOption = "",
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """What each deployed strategy wants next, or why it wants nothing; exit code 1 then."""
    with errors_for_people():
        settings = settings_from(config)
        with Store(settings.state.dir / DATABASE, create=False) as store:
            asked = _asked(store, [r.name for r in settings.repositories], name)
            if accept:
                _accept(store, asked, accept)
                Bell(settings.state.dir / ORDERS).ring()
                return
            found = [sheet for key in asked for sheet in sheets(store, *key)]
        if form is Form.JSON:
            print_json({"orders": found})
        elif not found:
            out.print("Nothing is deployed.", highlight=False)
        for line in [line for one in found for line in order_lines(one)]:
            if form is Form.TEXT:
                out.print(line, markup=False, highlight=False, soft_wrap=True)
        if any(sheet["reason"] for sheet in found):
            raise typer.Exit(EXIT_FAILED)


def _asked(store: Store, repositories: list[str], name: str) -> list[tuple[str, str]]:
    if not name:
        return [(r, one.name) for r in repositories for one in store.deployments.live(r)]
    strategy = store.strategies.find(name)
    if strategy is None:
        raise UserError(f"there is no strategy {name}")
    return [(strategy.repository, strategy.name)]


def _accept(store: Store, asked: list[tuple[str, str]], reason: str) -> None:
    """Written down together with who did it; the daemon acts on it."""
    if len(asked) != 1:
        raise UserError("--accept takes the data of one strategy: name it")
    repository, name = asked[0]
    if store.deployments.current(repository, name) is None:
        raise UserError(f"{name} is not deployed")
    with store.transaction():
        store.meta.put(accept_key(repository, name), reason)
        store.audit.append(
            f"cli:{user_name()}",
            "forward.accepted",
            name,
            details={"reason": reason},
            repository=repository,
        )
        store.jobs.enqueue("forward", repository, repository, {})
    out.print(f"The data of {name} is taken as it is: its record begins anew.", highlight=False)
