"""The composition root: the only place that builds adapters and wires them."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog

from bot.checks.policies import Policies, load_policies
from bot.checks.run import Where
from bot.checks.subject import Bench
from bot.config.settings import RepositorySettings, Settings
from bot.core.broadcast import Broadcast
from bot.core.decisions import ProposalPolicy
from bot.core.event_json import key_of
from bot.core.events import Event, Tick
from bot.daemon.executors import open_executor
from bot.daemon.github import open_github, signing_of
from bot.daemon.intake import receive
from bot.daemon.runner import Runner
from bot.daemon.service import Service
from bot.landing.context import Running, Watched, World
from bot.server.app import create_app
from bot.server.serve import HttpServer
from bot.sources.clock import Clock
from bot.sources.local import LocalSource
from bot.sources.poll import Poll
from bot.sources.redelivery import EVERY_S as REDELIVERY_S
from bot.sources.redelivery import Redelivery
from bot.sources.wake import ORDERS, SETTLED, Bell
from components.engine.market_data import FolderData
from components.engine.version import ENGINE
from components.forge.github import GitHubForge
from components.forge.github_auth import Budgets
from components.forge.local import LocalForge
from components.git_patch import Repository
from components.ports import Executor
from components.safe_tools.files import write_atomic
from components.safe_tools.tree import Audit, no_audit
from components.state import DATABASE, LOCK, DaemonLock, Store

log = structlog.get_logger(__name__)

REPORTS = "reports"
URL_FILE = "url.txt"
"""Inside `state.dir`: where the pages of the running daemon are."""

MIRRORS = "mirrors"
DAY_S = 86_400.0
KEEP_DAYS = 30.0
RECHECKED = "rechecked"
"""Key of the store's `meta`: when what is deployed was last looked at."""


def open_bench(settings: Settings, policies: Policies, executor: Executor) -> Bench:
    """Policies, data and executor as one value, with the ids that verdicts depend on."""
    return Bench(
        policies=policies,
        data=FolderData(settings.data.dir),
        executor=executor,
        engine=ENGINE,
        image=str(executor.describe()["image"]),
        causality=settings.engine.causality,
    )


def open_watched(
    settings: Settings,
    repository: RepositorySettings,
    audit: Audit = no_audit,
    budgets: Budgets | None = None,
) -> Watched:
    """One repository of the configuration with its forge.

    `budgets` are those of the repositories opened before, which may share a credential.

    Raises:
        ConfigError: it cannot be opened; says what to do.
    """
    if repository.forge == "github":
        forge, mirror = open_github(
            repository,
            settings.state.dir / MIRRORS,
            git_binary=settings.git_binary,
            audit=audit,
            budgets=budgets,
        )
        return Watched(
            _where(repository, mirror.repository),
            forge,
            repository.base,
            _proposals(repository),
            closers=(forge.close, mirror.close),
        )
    local = LocalForge.open(
        repository.name,
        repository.path,
        base=repository.base,
        reports=settings.state.dir / REPORTS / repository.name,
        binary=settings.git_binary,
        signing=signing_of(repository),
        audit=audit,
    )
    return Watched(
        _where(repository, local.repository),
        local,
        repository.base,
        _proposals(repository),
        closers=(local.repository.close,),
    )


def _where(settings: RepositorySettings, repository: Repository) -> Where:
    return Where(
        settings.name, repository, settings.strategies, settings.policies, settings.policy_changes
    )


def _auditor(store: Store, repository: str) -> Audit:
    """What Safe Tools refuse goes on record."""

    def audit(event: str, details: dict[str, object]) -> None:
        store.audit.append("algoops", f"git.{event}", details=details, repository=repository)

    return audit


def _proposals(repository: RepositorySettings) -> ProposalPolicy:
    return ProposalPolicy(**repository.proposals.model_dump())


@contextmanager
def open_world(settings: Settings, executor: Executor | None = None) -> Iterator[World]:
    """Store, repositories, executor: everything that jobs need; closed when the block is left.

    `executor` is one that is there already and outlives the block; None starts one.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store(settings.state.dir / DATABASE))
        policies = load_policies(settings.policies)
        if executor is None:
            executor = open_executor(settings, policies.sandbox)
            stack.callback(executor.close)
        budgets: Budgets = {}
        watched = {
            r.name: open_watched(settings, r, _auditor(store, r.name), budgets)
            for r in settings.repositories
        }
        for one in watched.values():
            stack.callback(one.close)
        yield World(
            store=store,
            watched=watched,
            bench=open_bench(settings, policies, executor),
            progress=Broadcast(),
            running=Running(),
            settled=Bell(settings.state.dir / SETTLED),
        )


class Daemon:
    """Sources, runner and HTTP server over one World. `run` returns after `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end; may be called from a signal handler."""
        self._stop.set()

    def run(self, ready: threading.Event | None = None) -> None:
        """Work until `stop`; everything is closed in order.

        Args:
            ready: set when events are taken and requests are answered.

        Raises:
            AlgoOpsError: it cannot start; says what to do.
        """
        settings = self._settings
        with ExitStack() as stack:
            stack.enter_context(DaemonLock(settings.state.dir / LOCK))
            world = stack.enter_context(open_world(settings))
            world.bench.executor.prepare()
            service = Service(world, settings)
            http = HttpServer(create_app(service), settings)
            stack.callback(http.stop)
            world.pages.url = _public_url(settings, http)
            runner = Runner(world)
            stack.callback(runner.stop)
            runner.start()
            http.start()
            self._watch(stack, world)
            log.info("ready", url=world.pages.url)
            write_atomic(settings.state.dir, URL_FILE, f"{world.pages.url}\n".encode())
            if ready is not None:
                ready.set()
            self._stop.wait()
            log.info("stopping")

    def _watch(self, stack: ExitStack, world: World) -> None:
        """Start the sources: refs, polling, the clock."""

        def emit(event: Event) -> None:
            receive(world, event, key_of(event))

        clock = Clock()
        schedule = self._settings.schedule
        clock.every(schedule.tick_s, "tick", lambda: emit(Tick()))
        clock.every(
            schedule.recheck_s, "recheck", lambda: _recheck(world), last=_last_recheck(world.store)
        )
        clock.every(DAY_S, "retention", lambda: world.store.prune(KEEP_DAYS), at_once=True)
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

        if repository.github is not None and isinstance(watched.forge, GitHubForge):
            poll = Poll(watched.forge, emit, world.store.meta)
            clock.every(
                repository.github.poll_s, f"poll {repository.name}", poll.look, at_once=True
            )
            if repository.github.webhook_secret.get_secret_value():
                again = Redelivery(watched.forge, world.pages.url, world.store.meta)
                clock.every(
                    REDELIVERY_S, f"redelivery {repository.name}", again.sweep, at_once=True
                )
            return
        source = LocalSource(watched.forge, repository.path, emit)
        stack.callback(source.stop)
        source.start()


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
