"""The daemon: sources, runner and HTTP server over one `World`."""

import datetime as dt
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack

import structlog

from bot.config.settings import RepositorySettings, Settings
from bot.core.event_json import key_of
from bot.core.events import Event, Tick
from bot.daemon.data_watch import watch_data
from bot.daemon.intake import receive
from bot.daemon.leases import Leases
from bot.daemon.opening import open_world
from bot.daemon.reload import reread
from bot.daemon.retention import tidy
from bot.daemon.runner import Runner, daemon_seats
from bot.daemon.service import Service
from bot.daemon.start import refuse
from bot.landing.context import World
from bot.server.app import create_app
from bot.server.serve import HttpServer
from bot.sources.clock import Clock
from bot.sources.local import LocalSource
from bot.sources.poll import Poll
from bot.sources.redelivery import EVERY_S as REDELIVERY_S
from bot.sources.redelivery import Redelivery
from bot.sources.wake import ORDERS, Bell
from components.git_patch.lease import RENEW_S, LeaseHeld
from components.safe_tools.files import write_atomic
from components.state import LOCK, DaemonLock, Store
from components.state.tables.notes import SETTINGS_REFUSED

log = structlog.get_logger(__name__)

URL_FILE = "url.txt"
"""Inside `state.dir`: where the pages of the running daemon are."""

DAY_S = 86_400.0
RECHECKED = "rechecked"
"""Key of the store's `meta`: when what is deployed was last looked at."""


class Daemon:
    """Sources, runner and HTTP server over one World. `run` returns after `stop`."""

    def __init__(self, settings: Settings, read: Callable[[], Settings] | None = None) -> None:
        """Settings to begin with, and what reads them again (None: they stay as they are)."""
        self._settings = settings
        self._read = read or (lambda: settings)
        self._lost: LeaseHeld | None = None
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._asked = threading.Event()

    def stop(self) -> None:
        """Ask it to end; may be called from a signal handler."""
        self._stop.set()
        self._asked.set()

    def reload(self) -> None:
        """Ask it to take changed settings and policies; may be called from a signal handler."""
        self._changed.set()
        self._asked.set()

    def run(self, ready: threading.Event | None = None) -> None:
        """Work until `stop`; everything is closed in order.

        Args:
            ready: set when events are taken and requests are answered.

        Raises:
            AlgoOpsError: it cannot start, or has lost a lease; says what to do.
        """
        settings = self._settings
        with ExitStack() as stack:
            refuse(settings)
            stack.enter_context(DaemonLock(settings.state.dir / LOCK))
            world = stack.enter_context(open_world(settings, upgrade=True))
            leases = Leases(settings.state.dir)
            stack.callback(leases.release)
            leases.use(world)
            world.store.meta.put(SETTINGS_REFUSED, "")
            world.bench.executor.prepare()
            service = Service(world, settings)
            http = HttpServer(create_app(service), settings)
            stack.callback(http.stop)
            world.pages.url = _public_url(settings, http)
            runner = Runner(world, daemon_seats(_side_by_side(world)))
            stack.callback(runner.stop)
            runner.start()
            http.start()
            sources = stack.enter_context(ExitStack())
            self._watch(sources, world, leases)
            log.info("ready", url=world.pages.url)
            write_atomic(settings.state.dir, URL_FILE, f"{world.pages.url}\n".encode())
            if ready is not None:
                ready.set()
            while self._goes_on():
                taken = reread(world, self._settings, self._read, leases.use)
                if taken is not None:
                    for one in taken.world.watched.values():
                        if one not in world.watched.values():
                            stack.callback(one.close)
                    world, self._settings = taken.world, taken.settings
                    sources.close()
                    runner.use(world)
                    service.use(world, self._settings)
                    self._watch(sources, world, leases)
            log.info("stopping")
        if self._lost is not None:
            raise self._lost

    def _goes_on(self) -> bool:
        """Wait until changed settings are to be taken (True), or the end (False)."""
        while not self._stop.is_set():
            self._asked.wait()
            self._asked.clear()
            if self._changed.is_set():
                self._changed.clear()
                return not self._stop.is_set()
        return False

    def _renew(self, world: World, leases: Leases) -> None:
        """Keep the leases; without one this daemon ends, for another one works here."""
        try:
            leases.renew(world)
        except LeaseHeld as error:
            log.error("lease lost", why=str(error))  # noqa: TRY400  # the stack says nothing
            self._lost = error
            self.stop()

    def _watch(self, stack: ExitStack, world: World, leases: Leases) -> None:
        """Start the sources: refs, polling, the clock."""

        def emit(event: Event) -> None:
            receive(world, event, key_of(event))

        clock = Clock()
        schedule = self._settings.schedule
        clock.every(RENEW_S, "leases", lambda: self._renew(world, leases))
        clock.every(schedule.tick_s, "tick", lambda: emit(Tick()))
        clock.every(
            schedule.recheck_s, "recheck", lambda: _recheck(world), last=_last_recheck(world.store)
        )
        watch_data(stack, self._settings, world)
        keep = self._settings.retention
        clock.every(DAY_S, "retention", lambda: tidy(world, keep), at_once=True)
        for repository in self._settings.repositories:
            self._watch_one(stack, world, repository, clock)
        stack.callback(clock.stop)
        clock.start()
        stack.enter_context(Bell(self._settings.state.dir / ORDERS).listening(world.wake.set))
        emit(Tick())

    def _watch_one(
        self, stack: ExitStack, world: World, repository: RepositorySettings, clock: Clock
    ) -> None:
        watched = world.watched[repository.name]

        def emit(event: Event) -> None:
            receive(world, event, key_of(event))

        if repository.github is not None:
            # Here, as in `open_watched`: it takes long to load, and not everybody has a GitHub.
            from components.forge.github import GitHubForge  # noqa: PLC0415

            if isinstance(forge := watched.forge, GitHubForge):
                github, name, meta = repository.github, repository.name, world.store.meta
                poll = Poll(forge, emit, meta, bots=repository.proposals.bots.keys())
                clock.every(github.poll_s, f"poll {name}", poll.look, at_once=True)
                if github.webhook_secret.get_secret_value():
                    again = Redelivery(forge, world.pages.url, meta)
                    clock.every(REDELIVERY_S, f"redelivery {name}", again.sweep, at_once=True)
                return
        source = LocalSource(watched.forge, repository.path, emit)
        stack.callback(source.stop)
        source.start()


def _side_by_side(world: World) -> int:
    """How many sandbox jobs run at once; a cluster without workers yet counts as this machine."""
    found = world.bench.executor.describe().get("workers")
    return found if isinstance(found, int) and found else os.cpu_count() or 1


def _recheck(world: World) -> None:
    with world.store.transaction():
        for name in world.watched:
            world.store.jobs.enqueue("recheck", name, name, {}, -1)
        world.store.meta.put(RECHECKED, dt.datetime.now(dt.UTC).isoformat())
    world.wake.set()


def _last_recheck(store: Store) -> dt.datetime:
    """When what is deployed was last looked at; the very first start counts as such."""
    last = store.meta.get(RECHECKED)
    if not last:
        last = dt.datetime.now(dt.UTC).isoformat()
        store.meta.put(RECHECKED, last)
    return dt.datetime.fromisoformat(last)


def _public_url(settings: Settings, http: HttpServer) -> str:
    return settings.server.public_url.rstrip("/") or f"http://{http.host}:{http.port}"
