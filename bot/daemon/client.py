"""Commands from the command line: into the daemon's inbox, or carried out here when none runs."""

import logging

from bot.config.settings import Settings
from bot.core.event_json import key_of, kind_of, to_payload
from bot.core.events import CommandIssued
from bot.landing.outcomes import CommandOutcome, read
from bot.sources.wake import ORDERS, SETTLED, Bell
from components.errors import TransientError
from components.state import DATABASE, LOCK, DaemonLock, Store
from components.state.db.errors import LockHeld

WAIT_S = 900.0


def carry_out(settings: Settings, event: CommandIssued) -> CommandOutcome:
    """Have a command done by the running daemon, or by this process where there is none.

    Raises:
        StateUnreadable, StateOld: there is no database, or it needs an upgrade.
        TransientError: it did not end in time; the daemon goes on with it.
    """
    # A state folder that is not there may be a disk that is mounted later: in a new one no version
    # would be held, and nothing deployed.
    Store(settings.state.dir / DATABASE, create=False).close()
    lock = DaemonLock(settings.state.dir / LOCK)
    try:
        with lock:
            return _here(settings, event)
    except LockHeld:
        return _there(settings, event)


def _there(settings: Settings, event: CommandIssued) -> CommandOutcome:
    key = key_of(event)
    settled = Bell(settings.state.dir / SETTLED)
    with Store(settings.state.dir / DATABASE) as store, settled.listening():
        store.inbox.receive(key, kind_of(event), event.repository, to_payload(event))
        Bell(settings.state.dir / ORDERS).ring()
        return _await(settled, store, key)


def _here(settings: Settings, event: CommandIssued) -> CommandOutcome:
    # Loaded only here: a running daemon is asked in a tenth of the time that these take to load.
    from bot.config.logs import set_up  # noqa: PLC0415
    from bot.daemon.intake import receive  # noqa: PLC0415
    from bot.daemon.opening import open_world  # noqa: PLC0415
    from bot.daemon.runner import Runner  # noqa: PLC0415

    set_up(level=logging.WARNING)
    key = key_of(event)
    with open_world(settings) as world:
        runner = Runner(world)
        runner.start()
        try:
            receive(world, event, key)
            return _await(world.settled, world.store, key)
        finally:
            runner.stop()


def _await(settled: Bell, store: Store, key: str) -> CommandOutcome:
    outcome = settled.wait_for(lambda: read(store, key), WAIT_S)
    if outcome is None:
        raise TransientError(f"no answer within {WAIT_S:.0f} s; the command is kept and goes on")
    return outcome
