"""Opens what jobs and commands need: the store, repositories with their forges, the executor."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bot.checks.policies import Policies, load_policies
from bot.checks.run import Where
from bot.checks.signed import NAMESPACE
from bot.checks.subject import Bench
from bot.config.settings import Kind, RepositorySettings, Settings
from bot.core.authors import AuthorKind, Authors
from bot.core.broadcast import Broadcast
from bot.core.decisions import ProposalPolicy
from bot.daemon.executors import open_executor
from bot.landing.context import Running, Watched, Webhook, World
from bot.sources.wake import SETTLED, Bell
from components.engine.market_data import FolderData
from components.engine.version import ENGINE
from components.forge.local import LocalForge
from components.git_patch import Repository
from components.git_patch.ssh_signatures import PROGRAM, sign
from components.git_patch.values import Signing
from components.ports import Executor, Forge
from components.safe_tools.tree import Audit, no_audit
from components.state import DATABASE, Store

if TYPE_CHECKING:
    from components.forge.github_auth import Budgets

REPORTS = "reports"
MIRRORS = "mirrors"


def open_bench(settings: Settings, policies: Policies, executor: Executor) -> Bench:
    """Policies, data and executor as one value, with the ids that verdicts depend on."""
    return Bench(
        policies=policies,
        data=FolderData(settings.market_data),
        executor=executor,
        engine=ENGINE,
        image=str(executor.describe()["image"]),
        causality=settings.engine.causality,
    )


def open_watched(
    settings: Settings,
    repository: RepositorySettings,
    audit: Audit = no_audit,
    budgets: "Budgets | None" = None,
) -> Watched:
    """One repository of the configuration with its forge.

    `budgets` are those of the repositories opened before, which may share a credential.

    Raises:
        ConfigError: it cannot be opened; says what to do.
    """
    forge, where, closers = _opened(settings, repository, audit, budgets)
    return Watched(
        _where(repository, where),
        forge,
        repository.base,
        _proposals(repository),
        closers=closers,
        weight=repository.weight,
        reports_signed=_signer(repository),
        freezes=tuple(freeze.window for freeze in repository.freeze),
        authors=_authors(repository),
        stages=repository.stages,
    )


def _opened(
    settings: Settings,
    repository: RepositorySettings,
    audit: Audit,
    budgets: "Budgets | None",
) -> tuple[Forge, Repository, tuple[Callable[[], None], ...]]:
    """The forge, the repository with its objects, and what closes both."""
    signing = signing_of(repository)
    if repository.forge == "github":
        # Its library is loaded by those alone who have a repository there.
        from bot.daemon.github import open_github  # noqa: PLC0415

        github, mirror = open_github(
            repository,
            settings.state.dir / MIRRORS,
            git_binary=settings.git_binary,
            signing=signing,
            audit=audit,
            budgets=budgets,
        )
        return github, mirror.repository, (github.close, mirror.close)
    local = LocalForge.open(
        repository.name,
        repository.path,
        base=repository.base,
        stages=frozenset(stage.branch for stage in repository.stages[1:]),
        reports=settings.state.dir / REPORTS / repository.name,
        binary=settings.git_binary,
        signing=signing,
        audit=audit,
    )
    return local, local.repository, (local.repository.close,)


def signing_of(settings: RepositorySettings) -> Signing | None:
    """How this repository's merge commits and tags are signed; None: not at all."""
    chosen = settings.signing
    return Signing(chosen.key, chosen.format, chosen.program) if chosen is not None else None


def _signer(settings: RepositorySettings) -> Callable[[bytes], str] | None:
    """What signs a report's bytes; None where reports are not signed."""
    chosen = settings.signing
    if chosen is None or not chosen.reports:
        return None
    program = chosen.program or PROGRAM
    return partial(sign, key=chosen.key, namespace=NAMESPACE, program=program)


def _where(settings: RepositorySettings, repository: Repository) -> Where:
    return Where(
        settings.name, repository, settings.strategies, settings.policies, settings.policy_changes
    )


def auditor(store: Store, repository: str) -> Audit:
    """What Safe Tools refuse goes on record."""

    def audit(event: str, details: dict[str, object]) -> None:
        store.audit.append("algoops", f"git.{event}", details=details, repository=repository)

    return audit


def _proposals(repository: RepositorySettings) -> ProposalPolicy:
    return ProposalPolicy(
        **repository.proposals.model_dump(exclude={"bots", "agents", "checks_an_hour"})
    )


def _by_kind(said: Mapping[Kind, int]) -> dict[AuthorKind, int]:
    return {AuthorKind(kind): count for kind, count in said.items()}


def _authors(repository: RepositorySettings) -> Authors:
    said = repository.proposals
    return Authors(
        agents=frozenset(said.agents),
        bots={name: frozenset(verbs) for name, verbs in said.bots.items()},
        approvals=_by_kind(repository.deploy.approvals),
        checks_an_hour=_by_kind(said.checks_an_hour),
    )


@contextmanager
def open_world(
    settings: Settings, executor: Executor | None = None, *, upgrade: bool = False
) -> Iterator[World]:
    """Store, repositories, executor: everything that jobs need; closed when the block is left.

    Args:
        settings: the configuration.
        executor: one that is there already and outlives the block; None starts one.
        upgrade: whether a database of an older version may be brought up to date.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store(settings.state.dir / DATABASE, upgrade=upgrade))
        policies = load_policies(settings.policies)
        if executor is None:
            executor = open_executor(settings, policies.sandbox)
            stack.callback(executor.close)
        budgets: Budgets = {}
        watched = {
            r.name: open_watched(settings, r, auditor(store, r.name), budgets)
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
            webhook=_webhook(settings),
        )


def _webhook(settings: Settings) -> Webhook | None:
    chosen = settings.orders.webhook
    return Webhook(chosen.url, chosen.secret.get_secret_value()) if chosen is not None else None
