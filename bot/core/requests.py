"""What is asked of the bot over HTTP, and what comes of it: no host paths, no secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from components.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.schema.definition.backtest import BacktestConfig
    from components.schema.results.values import ExecutionResult


class NotReady(UserError):
    """The strategy's lifecycle does not allow this now. HTTP 409.

    Attributes:
        current_status: the lifecycle state that it is in.
        required_status: the state that it would have to be in.
    """

    def __init__(
        self, message: str, *, current_status: str, required_status: str = "ready", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.current_status = current_status
        self.required_status = required_status


class NeedsAdmin(UserError):
    """The proposal changes policies, and the caller may not land that. HTTP 403."""


@dataclass(frozen=True)
class DeployRequest:
    """Land a proposal of one strategy.

    Attributes:
        name: the strategy's number (as text) or name, here and in all requests.
        ref: branch name, or "" where `pr` is given; both empty: its one open proposal.
        pr: pull request number, or None.
        sha: commit that the caller has seen as head; "" takes the head of the last report.
        message: commit message, or "" for the usual one.
        create_tag: make an annotated tag on the landed commit.
        tag_version: version in the tag's name, or "" for the definition's own.
        actor: who asks, for the audit log ("token:ci").
        admin: the actor has the admin role, and accepts changed policies with this.
    """

    name: str
    actor: str
    ref: str = ""
    pr: int | None = None
    sha: str = ""
    message: str = ""
    create_tag: bool = True
    tag_version: str = ""
    admin: bool = False


@dataclass(frozen=True)
class DeployOutcome:
    """What landed. `status` is "deployed", or "unchanged" when it was deployed already.

    `message` names everything: strategies, policies, other files.
    """

    status: str
    strategy_id: int
    branch: str
    commit: str
    tag: str
    message: str


@dataclass(frozen=True)
class RollbackRequest:
    """Take a strategy back to `version` or `commit`; both empty: to the version before.

    `stage`: where; "" is the base.
    """

    name: str
    actor: str
    reason: str
    version: str = ""
    commit: str = ""
    stage: str = ""


@dataclass(frozen=True)
class PromoteRequest:
    """Put a strategy on `stage` ("": the next one); `version` has to be on the one before."""

    name: str
    actor: str
    stage: str = ""
    version: str = ""


@dataclass(frozen=True)
class PromoteOutcome:
    """What is on a stage now. `status`: "promoted", "unchanged" (it was), "waiting" (see message).

    `branch` is the stage's; `commit` "" where nothing landed.
    """

    status: str
    strategy_id: int
    version: str
    branch: str
    commit: str
    tag: str
    message: str


@dataclass(frozen=True)
class DriftRequest:
    """Take in (`adopt`) what came onto the base without the bot, or put back what was tested."""

    name: str
    actor: str
    answer: Literal["adopt", "restore"]
    reason: str = ""


@dataclass(frozen=True)
class DriftOutcome:
    """What became of it. `status`: adopted, rolled_back, or waiting (others approve it first).

    `strategy_id` is None for content that never was on record as a strategy's.
    """

    status: str
    strategy_id: int | None
    message: str


@dataclass(frozen=True)
class RollbackOutcome:
    """What was restored: `reverted_to` is a version, `commit` the new commit on `branch`.

    `status` is `waiting`, and `commit` "", where others have to approve it first.
    """

    strategy_id: int
    status: str
    reverted_to: str
    branch: str
    commit: str
    message: str


@dataclass(frozen=True)
class LimitRequest:
    """Limits that a request asks for; only lower ones than the policy's count. None: policy's."""

    wall_s: float | None = None
    memory_mb: int | None = None
    cpus: float | None = None


@dataclass(frozen=True)
class SandboxTestRequest:
    """Run the sandbox-test check of a strategy at `ref` ("" is its deployed or newest content)."""

    name: str
    actor: str
    ref: str = ""
    limits: LimitRequest = field(default_factory=LimitRequest)


@dataclass(frozen=True)
class BacktestRequest:
    """Backtest a strategy at `ref` ("" is its deployed or newest content), over these symbols.

    Attributes:
        config: None takes the definition's own; policy floors apply either way.
        start, end: inclusive ISO dates, or "" for the definition's own.
        symbols: empty takes the definition's own.
    """

    name: str
    actor: str
    ref: str = ""
    config: BacktestConfig | None = None
    start: str = ""
    end: str = ""
    symbols: tuple[str, ...] = ()
    limits: LimitRequest = field(default_factory=LimitRequest)


class BacktestStatus(StrEnum):
    """Where a requested backtest stands, as the Store names it; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class BacktestState:
    """A requested backtest as it is now. Times are ISO 8601 UTC, "" where not reached.

    Attributes:
        progress: 0 to 100, percent of the symbols done.
        results: one per symbol that has ended.
    """

    id: int
    name: str
    status: BacktestStatus
    progress: float
    created_at: str
    started_at: str = ""
    completed_at: str = ""
    error_message: str = ""
    results: tuple[ExecutionResult, ...] = ()


@dataclass(frozen=True)
class ComponentHealth:
    """One component's answer when asked just now.

    Attributes:
        available: it works.
        vital: without it the bot is unhealthy; otherwise degraded.
        detail: a short sentence for people; no host paths.
        facts: small values for machines, e.g. {"strategies_tracked": 3}.
    """

    available: bool
    vital: bool = True
    detail: str = ""
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)


# The names that `Backend.health()` must answer for; others may be added.
HEALTH_COMPONENTS = (
    "state_manager",  # a database write; facts: strategies_tracked (int)
    "safe_tools",  # objects of the mirror can be read
    "output_validator",  # policy loads; facts: strict_mode (bool)
    "sandbox_runner",  # Executor/Sandbox.ping; facts: docker_available (bool), backend (str)
    "git_manager",  # git binary and each mirror
    "market_data",  # symbols can be listed; facts: symbols (int)
    "forge",  # Forge.ping of every repository; facts: repositories (int)
    "disk",  # free space at state.dir; facts: free_mb (int)
    "jobs",  # nothing broke lately
    "settings",  # changed ones were taken, if any were asked to be
)


@dataclass(frozen=True)
class Measures:
    """Values for /metrics, read at each scrape; must be cheap (a few milliseconds).

    Attributes:
        queue: job status -> how many.
        event_lag_s: age of the oldest event not yet taken, seconds; 0 when none waits.
        sandbox: state of the pool -> guests ("warm", "busy", "starting").
        forge_calls: (repository, outcome) -> calls since the start.
        forge_quota: repository -> calls left, where the forge says so.
        deployments: kind (deploy, rollback, removal, external) -> how many ever.
        strategies: lifecycle state -> how many.
        database_bytes: size of the database with its WAL.
        oldest_job_s: queue -> age of the job in it that waits longest, seconds.
        lost: live strategies that somebody took off the base within the last day.
        settings_refused: changed settings are broken, and those from before hold.
        orders: state -> order sheets of what is deployed; not_taken: messages about them.
    """

    queue: Mapping[str, int] = field(default_factory=dict)
    event_lag_s: float = 0.0
    sandbox: Mapping[str, int] = field(default_factory=dict)
    forge_calls: Mapping[tuple[str, str], int] = field(default_factory=dict)
    forge_quota: Mapping[str, int] = field(default_factory=dict)
    deployments: Mapping[str, int] = field(default_factory=dict)
    strategies: Mapping[str, int] = field(default_factory=dict)
    database_bytes: int = 0
    oldest_job_s: Mapping[str, float] = field(default_factory=dict)
    lost: int = 0
    settings_refused: bool = False
    orders: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FileDiff:
    """One file that differs: `text` is a unified diff's hunks, capped; "" for binary content."""

    path: str
    text: str
    truncated: bool = False
