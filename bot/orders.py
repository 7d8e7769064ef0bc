"""Commands from the command line: into the daemon's inbox, or carried out here when none runs."""

import logging
import threading
import time
from collections.abc import Callable

from bot.config import Settings
from bot.event_json import key_of, kind_of, to_payload
from bot.events import CommandIssued
from bot.outcomes import CommandOutcome, read
from components.errors import TransientError
from components.state import DATABASE, LOCK, DaemonLock, Store
from components.state.errors import LockHeld

WAIT_S = 900.0
POLL_S = 0.05


def carry_out(settings: Settings, event: CommandIssued) -> CommandOutcome:
    """Have a command done by the running daemon, or by this process where there is none.

    Raises:
        TransientError: it did not end in time; the daemon goes on with it.
    """
    lock = DaemonLock(settings.state.dir / LOCK)
    try:
        with lock:
            return _here(settings, event)
    except LockHeld:
        return _there(settings, event)


def _there(settings: Settings, event: CommandIssued) -> CommandOutcome:
    key = key_of(event)
    with Store(settings.state.dir / DATABASE) as store:
        store.inbox.receive(key, kind_of(event), event.repository, to_payload(event))
        return _await(lambda: read(store, key))


def _here(settings: Settings, event: CommandIssued) -> CommandOutcome:
    # Loaded only here: a running daemon is asked in a tenth of the time that these take to load.
    from bot.app import open_world  # noqa: PLC0415
    from bot.intake import receive  # noqa: PLC0415
    from bot.logs import set_up  # noqa: PLC0415
    from bot.runner import Runner  # noqa: PLC0415

    set_up(level=logging.WARNING)
    key = key_of(event)
    with open_world(settings) as world:
        runner = Runner(world, threads=2)
        runner.start()
        try:
            receive(world, event, key)
            return _await(lambda: read(world.store, key))
        finally:
            runner.stop()


def _await(look: Callable[[], CommandOutcome | None]) -> CommandOutcome:
    pause = threading.Event()
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        outcome = look()
        if outcome is not None:
            return outcome
        pause.wait(POLL_S)
    raise TransientError(f"no answer within {WAIT_S:.0f} s; the command is kept and goes on")
