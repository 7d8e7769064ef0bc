"""`algoops reload`: the running daemon takes changed settings and policies."""

import os
import signal
import socket

import typer

from bot.cli.common import (
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    err,
    errors_for_people,
    out,
    settings_from,
)
from bot.sources.wake import SETTLED, Bell
from components.errors import TransientError, UserError
from components.state import DATABASE, LOCK, DaemonLock, Store
from components.state.tables.notes import SETTINGS_REFUSED, SETTINGS_TAKEN

WAIT_S = 120.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reload")(reload)


def reload(config: ConfigOption = None) -> None:
    """Have the daemon take changed policies, repositories, schedule; broken ones are refused.

    Exit code 0 when they are taken, 1 when they are refused and the old ones go on.
    """
    with errors_for_people():
        state = settings_from(config).state.dir
        holder = DaemonLock(state / LOCK).holder()
        if holder is None or holder.host != socket.gethostname():
            raise UserError(f"no daemon runs here on {state}", hint="`algoops run` starts one")
        with Store(state / DATABASE, create=False) as store:
            before = store.meta.get(SETTINGS_TAKEN)
            _hang_up(holder.pid)
            bell = Bell(state / SETTLED)
            with bell.listening():
                said = bell.wait_for(lambda: _answer(store, before), WAIT_S)
            if said is None:
                raise TransientError(f"the daemon did not answer within {WAIT_S:.0f} s")
            refused = bool(store.meta.get(SETTINGS_REFUSED))
        (err if refused else out).print(said, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_FAILED if refused else EXIT_PASSED)


def _hang_up(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError as error:
        raise UserError(
            f"process {pid} is another user's", hint="run this as the daemon's user"
        ) from error


def _answer(store: Store, before: str) -> str | None:
    now = store.meta.get(SETTINGS_TAKEN)
    return now.partition(":")[2] if now != before else None
