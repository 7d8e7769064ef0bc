"""What the checker is given: git, database, forge and machine as they were read at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.schema.results.values import CheckName, Verdict
from components.state.tables.records import Deployment, HeldVersion, Intent, Job, Run, Version
from tests.soak.author import Told


@dataclass(frozen=True)
class Commit:
    """One commit of the base; `trees`: strategy -> tree id of its folder."""

    id: str
    parents: tuple[str, ...]
    tree: str
    trees: Mapping[str, str]
    message: str = ""


@dataclass(frozen=True)
class Git:
    """The repository.

    Attributes:
        fsck: what `git fsck` complains of.
        history: the base, first parents only, newest first.
        tags: name -> the commit that it marks.
        open: open proposal -> its head.
        merged: all commits that the base holds.
        missing: commits that were pushed and are not there any more.
        locks: lock files that were left behind.
        lands_prepared: a landing is the very commit that was announced (GitHub makes its own).
    """

    fsck: str = ""
    history: tuple[Commit, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    lands_prepared: bool = True


@dataclass(frozen=True)
class Event:
    """One row of the inbox."""

    key: str
    kind: str
    settled: bool


@dataclass(frozen=True)
class Move:
    """One lifecycle move of the audit log."""

    strategy: str
    old: str
    new: str
    version: str


@dataclass(frozen=True)
class Judged:
    """One strategy in the report of a finished run."""

    run: int
    name: str
    version: str
    tree: str
    key: str
    verdict: Verdict
    stage: CheckName | None


@dataclass(frozen=True)
class Database:
    """The bot's memory.

    Attributes:
        problems: what SQLite's own checks and the audit log's chain found.
        outcomes: keys of commands whose outcome is kept.
        verdicts: content key -> passed | failed.
        published: proposal -> the run whose report was posted last.
        cancelled: proposal -> the head whose checks somebody stopped.
        drift_refused: trees on the base that could not go on record, and it was said why.
    """

    problems: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()
    runs: tuple[Run, ...] = ()
    judged: tuple[Judged, ...] = ()
    outcomes: frozenset[str] = frozenset()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    holds: tuple[HeldVersion, ...] = ()
    intents: tuple[Intent, ...] = ()
    moves: tuple[Move, ...] = ()
    published: Mapping[str, str] = field(default_factory=dict)
    cancelled: Mapping[str, str] = field(default_factory=dict)
    drift_refused: frozenset[str] = frozenset()
    audit_rows: int = 0


@dataclass(frozen=True)
class Posted:
    """One report as people find it; "" is what a forge does not show in plain words."""

    head: str
    run: str
    verdict: str


@dataclass(frozen=True)
class Forge:
    """What people see.

    Attributes:
        reports: proposal -> its reports; more than one is one too many.
        statuses: commit -> context -> state.
        notes: commits that carry a report; None where a forge has no such notes.
    """

    reports: Mapping[str, tuple[Posted, ...]] = field(default_factory=dict)
    statuses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: frozenset[str] | None = frozenset()


@dataclass(frozen=True)
class Life:
    """What one daemon used, from being ready to its end: MiB and open files."""

    seconds: float
    rss_first: float
    rss_last: float
    rss_peak: float
    files_first: int
    files_last: int


@dataclass(frozen=True)
class Machine:
    """What is left after the daemon was stopped in order, what it had used, and its log's bugs."""

    processes: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()
    worktrees: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
    lives: tuple[Life, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything."""

    git: Git = field(default_factory=Git)
    database: Database = field(default_factory=Database)
    forge: Forge = field(default_factory=Forge)
    machine: Machine = field(default_factory=Machine)
    told: Told = field(default_factory=Told)
