"""The rows as frozen values. Times are ISO 8601 UTC with milliseconds; "" where not yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.schema.results.values import Verdict
from components.state.lifecycle import Lifecycle


@dataclass(frozen=True)
class InboxEvent:
    """One event from outside, written down before it was answered.

    Attributes:
        key: what makes it unique (a delivery id, or forge, proposal, head and kind).
        outcome: text or JSON for whoever sent it; "" until it is settled.
        format: of the payload, see `components.state.tables.payloads`.
    """

    id: int
    key: str
    kind: str
    repository: str
    payload: Mapping[str, Any]
    received_at: str
    settled_at: str = ""
    outcome: str = ""
    format: int = 0


@dataclass(frozen=True)
class Job:
    """One piece of work in the durable queue.

    Attributes:
        status: queued | leased | done | failed | cancelled.
        priority: higher goes first.
        attempts: how often it was leased.
        not_before: it waits until then; "" when it may start at once.
        lease_until: its worker must have sent a heartbeat by then.
        replaced: how many newer requests were folded into it while it waited.
        format: of the payload, see `components.state.tables.payloads`.
        queue, author, work, arrived: what its turn depends on, see `turns`.
    """

    id: int
    kind: str
    key: str
    repository: str
    payload: Mapping[str, Any]
    status: str
    priority: int
    attempts: int
    max_attempts: int
    not_before: str
    enqueued_at: str
    worker: str = ""
    lease_until: str = ""
    finished_at: str = ""
    error: str = ""
    replaced: int = 0
    format: int = 0
    queue: str = ""
    author: str = ""
    work: int = 0
    arrived: int = 0


@dataclass(frozen=True)
class Standing:
    """Where a job stands in its queue.

    Attributes:
        place: 1 goes next.
        of: how many wait.
        seconds: until it is done, as an estimate; None where nothing was measured yet.
    """

    place: int
    of: int
    seconds: float | None


@dataclass(frozen=True)
class QueueRow:
    """One job of the queues.

    Attributes:
        standing: its place; None where it is at work, far back, or waits for a time.
        age_s: seconds since it was asked for; of one at work, since it began.
    """

    job: Job
    standing: Standing | None
    age_s: float


@dataclass(frozen=True)
class Run:
    """All checks of one proposal at one commit.

    Attributes:
        attempt: the caller's key which makes it finish exactly once; "" when it gave none.
        status: running | finished | superseded.
        verdict: None until it is finished.
        starts: how often it was started; more than 1 after a crash.
        report: the Report as JSON; "" until finished, or after retention removed it.
        why: what ended it without a verdict, for people; "" of any other.
    """

    id: int
    repository: str
    proposal: str
    head: str
    base: str
    kind: str
    attempt: str
    status: str
    verdict: Verdict | None
    started_at: str
    finished_at: str = ""
    starts: int = 1
    report: str = ""
    why: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.status != "running"


@dataclass(frozen=True)
class RunCheck:
    """How one check of one strategy ended; the progress of a run. `duration_s` in seconds."""

    run_id: int
    strategy: str
    name: str
    outcome: str
    summary: str
    duration_s: float
    recorded_at: str


@dataclass(frozen=True)
class RunStrategy:
    """One strategy of a finished run."""

    run_id: int
    name: str
    version: str
    verdict: str
    content_key: str


@dataclass(frozen=True)
class Figures:
    """What lists show of a backtest; None where it is not known.

    Attributes:
        sharpe: a year's.
        tries: backtests of its family, as counted at its verdict.
        luck: the deflated Sharpe ratio then: the probability that it is more than luck. Of several
            symbols the lowest.
        content_key: of the content that they are of.
    """

    return_pct: float | None = None
    sharpe: float | None = None
    max_drawdown_pct: float | None = None
    trades: int | None = None
    tries: int | None = None
    luck: float | None = None
    content_key: str | None = None


@dataclass(frozen=True)
class Strategy:
    """One strategy of a repository, with what is deployed and what is proposed side by side.

    Attributes:
        id: its number.
        status: derived: deployed when a version is, else the state of what is proposed, else how
            its last version ended.
        version: of what `status` speaks of.
        deployed_version: "" when none is deployed.
        proposed_version: version of the open proposal that moved last; "" when unknown or none.
        proposed_status: state of that proposal's version, None when there is none.
        proposal: the id of that proposal.
        timestamps: state -> when a version of it last entered that state.
        figures: of the version that stands for it, the deployed one or the newest; filled in by
            reads, empty after a move.
    """

    id: int
    repository: str
    name: str
    status: Lifecycle
    version: str
    deployed_version: str
    proposed_version: str
    proposed_status: Lifecycle | None
    proposal: str
    generation_attempts: int
    test_attempts: int
    fix_attempts: int
    error_count: int
    last_error: str
    created_at: str
    updated_at: str
    timestamps: Mapping[str, str] = field(default_factory=dict)
    figures: Figures = Figures()


@dataclass(frozen=True)
class Version:
    """One version of a strategy, from the proposal that brought it to whatever became of it.

    Attributes:
        proposal: where it came from.
        tree, commit: git ids (hex) of its folder and of the commit that carried it.
        content_key: what its verdict belongs to.
        deployed_at: when it was first deployed; from then on its content never changes.
    """

    id: int
    repository: str
    name: str
    version: str
    proposal: str
    lifecycle: Lifecycle
    tree: str
    commit: str
    content_key: str
    verdict: str
    created_at: str
    updated_at: str
    deployed_at: str = ""
    timestamps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """One landing that changed what is deployed of a strategy.

    Attributes:
        kind: deploy (or promotion) | rollback | removal | external (moved outside the bot).
        version: "" for a removal.
        commit: the commit that landed.
        stage: where; "" is the base.
    """

    id: int
    repository: str
    name: str
    version: str
    kind: str
    commit: str
    base_before: str
    tree: str
    content_key: str
    tag: str
    proposal: str
    run_id: int | None
    actor: str
    reason: str
    deployed_at: str
    stage: str = ""


@dataclass(frozen=True)
class HeldVersion:
    """A version that must not be deployed until someone lifts it.

    Attributes:
        content: hash of what it consists of, which is held under any number; "" where not known.
    """

    id: int
    repository: str
    name: str
    version: str
    actor: str
    reason: str
    held_at: str
    lifted_at: str = ""
    lifted_by: str = ""
    lift_reason: str = ""
    content: str = ""


@dataclass(frozen=True)
class Intent:
    """A side effect announced before it is done. `outcome` is "" while it is open.

    Attributes:
        new: this call announced it; False when it was announced before.
        format: of the details, see `components.state.tables.payloads`.
    """

    id: int
    kind: str
    repository: str
    key: str
    details: Mapping[str, Any]
    announced_at: str
    settled_at: str = ""
    outcome: str = ""
    new: bool = False
    format: int = 0


@dataclass(frozen=True)
class Backtest:
    """One backtest asked for over HTTP. `progress` is a fraction; JSON texts as they came."""

    id: int
    strategy: str
    status: str
    progress: float
    request: Mapping[str, Any]
    created_at: str
    started_at: str = ""
    completed_at: str = ""
    result: str = ""
    error: str = ""


@dataclass(frozen=True)
class AuditRow:
    """One line of the append-only log; `hash` covers all other fields."""

    id: int
    timestamp: str
    actor: str
    event: str
    repository: str
    strategy: str
    old: str
    new: str
    details: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class AuditHead:
    """The sealed end of the audit log: how many rows there are and the last one's hash."""

    count: int
    hash: str


@dataclass(frozen=True)
class AuditProblem:
    """The first place where the audit log is not what was written."""

    row: int
    message: str


@dataclass(frozen=True)
class Stats:
    """Figures for metrics and health: state -> count; ages in seconds, sizes in bytes.

    Attributes:
        landings: the deployments by their kind.
    """

    strategies: Mapping[str, int]
    jobs: Mapping[str, int]
    inbox_pending: int
    inbox_oldest_s: float
    open_intents: int
    holds: int
    deployments: int
    audit_rows: int
    database_bytes: int
    wal_bytes: int
    landings: Mapping[str, int] = field(default_factory=dict)
