"""Service: the bot as the HTTP server and the command line see it; implements `Backend`."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.agents.door import Door
from bot.checks.base_policies import policies_now
from bot.config.settings import Settings
from bot.core.decisions import FROZEN, UNSEEN
from bot.core.event_json import key_of
from bot.core.events import (
    Adopt,
    CommandIssued,
    Deploy,
    Event,
    Hold,
    Promote,
    Restore,
    Rollback,
    Unhold,
)
from bot.core.job_output import log_output
from bot.core.notices import Progress
from bot.core.requests import (
    BacktestRequest,
    BacktestState,
    ComponentHealth,
    DeployOutcome,
    DeployRequest,
    DriftOutcome,
    DriftRequest,
    FileDiff,
    Measures,
    NeedsAdmin,
    NotReady,
    PromoteOutcome,
    PromoteRequest,
    RollbackOutcome,
    RollbackRequest,
    SandboxTestRequest,
)
from bot.daemon.agents import AuthorDoor
from bot.daemon.backtests import backtest_tasks, lowered, request_to
from bot.daemon.health import health, measure
from bot.daemon.intake import receive
from bot.daemon.lookup import find_changed, find_strategy, find_subject
from bot.daemon.stored_backtests import state_of
from bot.daemon.versions_diff import diff_versions
from bot.landing.context import Watched, World
from bot.landing.outcomes import CommandOutcome, read
from bot.landing.sealed_figures import shown_figures
from bot.landing.stages import place_of
from bot.server.backend import NotFound
from components.errors import Conflict, TransientError, UserError
from components.schema.results.values import ExecutionResult
from components.state import Store
from components.state.tables.looks import SealedLook
from components.state.tables.records import Strategy

WAIT_S = 900.0
READY = "ready"
NOT_READY_CODES = frozenset(
    {
        *("not_ready", "not_reported", "nothing", "error", "not_deployed", UNSEEN, FROZEN),
        *("untested", "too_early", "integrity", "gates", "moved_on", "renamed", "under_way"),
        *("not_drifted", "not_adopted"),
    }
)


def _branch(watched: Watched, stage: str) -> str:
    """The branch of a stage; "" and the first stage are the base."""
    place = place_of(watched.stages, stage) if stage else 0
    return watched.stages[place].branch if place else watched.base_branch


class Service:
    """Implements Backend on a World. Methods may be called from any thread.

    Args:
        world: everything that jobs work on.
        settings: the configuration.
    """

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings

    def use(self, world: World, settings: Settings) -> None:
        """Answer by these from now on."""
        self._world, self._settings = world, settings

    @property
    def store(self) -> Store:
        """The State Manager, for reads."""
        return self._world.store

    @property
    def settings(self) -> Settings:
        """The whole configuration; frozen."""
        return self._settings

    # --- acting --------------------------------------------------------------------------------

    def command(self, event: CommandIssued) -> CommandOutcome:
        """Have a command carried out by the runner, and wait for what becomes of it.

        Raises:
            TransientError: it did not end in time; it goes on, and its result is in the log.
        """
        key = key_of(event)
        receive(self._world, event, key)
        outcome = self._world.settled.wait_for(lambda: self._read(key), WAIT_S)
        if outcome is None:
            raise TransientError(
                "the command goes on, but takes long", hint="look at its run's page"
            )
        return outcome

    def _read(self, key: str) -> CommandOutcome | None:
        outcome = read(self.store, key)
        if outcome is None and self._world.stopping.is_set():
            raise TransientError("the bot is shutting down; the command is kept and goes on")
        return outcome

    def deploy(self, request: DeployRequest) -> DeployOutcome:
        """Land a proposal; see Backend."""
        strategy, watched = find_strategy(self._world, request.name)
        outcome = self.command(
            CommandIssued(
                repository=watched.name,
                proposal=self._proposal(strategy, watched, request),
                actor=request.actor,
                command=Deploy(
                    sha=request.sha,
                    name=strategy.name,
                    message=request.message,
                    create_tag=request.create_tag,
                    tag_version=request.tag_version,
                    admin=request.admin,
                ),
                source="api",
            )
        )
        if not outcome.ok:
            raise self._refusal(outcome, strategy)
        return DeployOutcome(
            status=outcome.code,
            strategy_id=strategy.id,
            branch=watched.base_branch,
            commit=outcome.data.get("commit", ""),
            tag=outcome.data.get("tag", ""),
            message=outcome.words,
        )

    def _proposal(self, strategy: Strategy, watched: Watched, request: DeployRequest) -> str:
        if request.pr is not None:
            return f"pr/{request.pr}"
        if request.ref:
            return self._by_ref(watched, request.ref.removeprefix("refs/heads/"))
        if strategy.proposal:
            return strategy.proposal
        raise NotReady(
            f"{strategy.name} has no open proposal",
            current_status=str(strategy.status),
            hint="push a branch that changes it, or name one with `ref`",
        )

    def _by_ref(self, watched: Watched, ref: str) -> str:
        for proposal in watched.forge.proposals():
            if ref in {proposal.ref, proposal.id}:
                return proposal.id
        return f"branch/{ref}"

    def rollback(self, request: RollbackRequest) -> RollbackOutcome:
        """Restore an earlier version; see Backend."""
        strategy, watched = find_strategy(self._world, request.name)
        outcome = self.command(
            CommandIssued(
                repository=watched.name,
                proposal="",
                actor=request.actor,
                command=Rollback(
                    strategy.name,
                    request.version,
                    request.reason,
                    request.commit,
                    stage=request.stage,
                ),
                source="api",
            )
        )
        if not outcome.ok:
            raise self._refusal(outcome, strategy, required="deployed")
        return RollbackOutcome(
            strategy_id=strategy.id,
            status=outcome.code,
            reverted_to=outcome.data["version"],
            branch=_branch(watched, request.stage),
            commit=outcome.data["commit"],
            message=outcome.words,
        )

    def promote(self, request: PromoteRequest) -> PromoteOutcome:
        """Put a strategy on a stage; see Backend."""
        strategy, watched = find_strategy(self._world, request.name)
        command = Promote(strategy.name, request.version, request.stage)
        outcome = self.command(
            CommandIssued(watched.name, "", request.actor, command, source="api")
        )
        if not outcome.ok:
            raise self._refusal(outcome, strategy, required="deployed")
        data = {key: outcome.data[key] for key in ("version", "branch", "commit", "tag")}
        return PromoteOutcome(
            status=outcome.code, strategy_id=strategy.id, message=outcome.words, **data
        )

    def answer_drift(self, request: DriftRequest) -> DriftOutcome:
        """Adopt or restore what has drifted; see Backend."""
        name, watched = find_changed(self._world, request.name)
        command: Adopt | Restore = Adopt(name)
        if request.answer == "restore":
            command = Restore(name, request.reason)
        outcome = self.command(
            CommandIssued(watched.name, "", request.actor, command, source="api")
        )
        strategy = self.store.strategies.get(watched.name, name)
        if not outcome.ok:
            raise self._refusal(outcome, strategy, required="deployed")
        return DriftOutcome(outcome.code, strategy.id if strategy else None, outcome.words)

    def sealed_figures(self, name: str) -> SealedLook | None:
        """What the policy of the base shows of sealed bars; see Backend."""
        strategy, watched = find_strategy(self._world, name)
        operators = self._world.bench.policies
        risk = policies_now(watched.where, operators, watched.base_branch).risk
        return shown_figures(self.store, watched.name, strategy.name, risk)

    def hold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        """Forbid a version to be deployed; see Backend."""
        self._hold_command(name, Hold(name, version, reason), actor)

    def unhold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        """Lift a hold; see Backend."""
        self._hold_command(name, Unhold(name, version, reason), actor)

    def _hold_command(self, name: str, command: Hold | Unhold, actor: str) -> None:
        strategy, watched = find_strategy(self._world, name)
        named = type(command)(strategy.name, command.version, command.reason)
        outcome = self.command(CommandIssued(watched.name, "", actor, named, source="api"))
        if not outcome.ok:
            raise self._refusal(outcome, strategy)

    def _refusal(
        self, outcome: CommandOutcome, strategy: Strategy | None, required: str = READY
    ) -> UserError | TransientError:
        """A refused command as the error that the caller is to be told."""
        if outcome.code == "not_found":
            return NotFound(outcome.words)
        if outcome.code == "unavailable":
            return TransientError(outcome.words)
        if outcome.code == "conflict":
            return Conflict(outcome.words, paths=())
        if outcome.code == "policy_change":
            return NeedsAdmin(outcome.words)
        if outcome.code in NOT_READY_CODES:
            now = strategy and self.store.strategies.get(strategy.repository, strategy.name)
            known = now or strategy
            status = (known.proposed_status or known.status) if known else "not_on_record"
            return NotReady(outcome.words, current_status=str(status), required_status=required)
        return UserError(outcome.words)

    # --- running -------------------------------------------------------------------------------

    def sandbox_test(self, request: SandboxTestRequest) -> ExecutionResult:
        """Run the smoke test and wait for it; see Backend."""
        world = self._world
        found = find_subject(world, request.name, request.ref)
        asked = BacktestRequest(name=request.name, actor=request.actor, ref=request.ref)
        tasks, rules = backtest_tasks(world, found, asked)
        job = tasks[0].smoke(
            found.strategy.name,
            found.subject.files,
            rules,
            lowered(world.bench.policies.sandbox.smoke_limits, request.limits),
            f"{found.strategy.name}/sandbox-test",
        )
        hear = partial(log_output, job.label)
        future = world.bench.executor.submit(job, hear)
        try:
            result = future.result(timeout=WAIT_S)
        except TimeoutError:
            future.cancel()  # nobody waits for it any more
            raise
        world.store.audit.append(
            request.actor,
            "sandbox_test.run",
            strategy=found.strategy.name,
            new=result.status,
            details={"ref": request.ref, "tree": found.subject.tree},
            repository=found.watched.name,
        )
        return result

    def start_backtest(self, request: BacktestRequest) -> int:
        """Queue a backtest, durably; see Backend."""
        world = self._world
        found = find_subject(world, request.name, request.ref)
        backtest_tasks(world, found, request)
        with world.store.transaction():
            record = world.store.backtests.create(
                found.strategy.name, request_to(request), request.actor
            )
            world.store.jobs.enqueue(
                "backtest",
                str(record.id),
                found.watched.name,
                {"backtest": record.id},
                author=request.actor,
            )
        world.wake.set()
        return record.id

    def backtest(self, backtest_id: int) -> BacktestState | None:
        """A requested backtest as it is now; see Backend."""
        record = self.store.backtests.get(backtest_id)
        return state_of(record) if record is not None else None

    def forge_number(self, repository: str) -> int | None:
        """GitHub's id of a repository; see Backend."""
        number = getattr(self._world.repository(repository).forge, "number", None)
        return number if isinstance(number, int) else None

    def receive(self, delivery: str, events: tuple[Event, ...]) -> bool:
        """Store verified events durably; see Backend."""
        with self.store.transaction():
            new = [
                receive(self._world, event, key_of(event, delivery, place))
                for place, event in enumerate(events)
            ]
        return any(new) or not events

    def diff(self, name: str, old: str, new: str) -> tuple[FileDiff, ...]:
        """The files that differ between two versions; see Backend."""
        strategy, watched = find_strategy(self._world, name)
        return diff_versions(self.store, watched, strategy.name, old, new)

    def door(self, author: str, repository: str) -> Door:
        """An author's way in for agents; see Backend."""
        name = repository or next(iter(self._world.watched))
        return AuthorDoor(lambda: self._world, author, name)

    # --- being watched -------------------------------------------------------------------------

    def health(self) -> Mapping[str, ComponentHealth]:
        """Ask each component now; see Backend."""
        return health(self._world, self._settings)

    def measure(self) -> Measures:
        """Values for /metrics; see Backend."""
        return measure(self._world)

    def job_output(self, run_id: int) -> Mapping[str, tuple[str, ...]]:
        """What a running run's jobs said so far; see Backend."""
        return self._world.job_output.of(run_id)

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        """Tell a listener of progress; see Backend."""
        return self._world.progress.subscribe(listener)
