"""What the bot needs of the outside, and no more: Forge, Sandbox, MarketData, Executor.

Longer than other modules, and not split: most of it is words, and whoever writes an adapter finds
all that is asked of one on one page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    import pandas as pd

    from components.schema.definition.backtest import BacktestConfig
    from components.schema.results.report import Report
    from components.schema.results.values import (
        ExecutionResult,
        Limits,
        ResourceUsage,
        Status,
    )

# --- sandbox -----------------------------------------------------------------------------------


class GuestGone(Exception):  # an outcome between two frames, not a fault of ours
    """The guest ended, or its stream did, before the answer came: ask `finish()` why."""


class GuestLate(Exception):  # as above
    """The wall-clock or CPU budget ran out before the answer came."""


class GuestBroke(Exception):  # as above
    """The guest broke the wire's rules (frame too large, bad length)."""


@dataclass(frozen=True)
class GuestExit:
    """How a guest ended, in the kernel's words and ours; never the guest's own.

    Attributes:
        status: passed when it exited 0 by itself; else timeout, out_of_memory, crashed, killed...
        exit_code: the process's exit code, None when a signal ended it.
        signal: the signal that ended it, or None.
        stdout, stderr: decoded tails, capped while reading; `truncated` when something was cut.
        usage: what it used.
        unlimited: limits which this backend cannot enforce on this machine.
    """

    status: Status
    exit_code: int | None
    signal: int | None
    stdout: str
    stderr: str
    truncated: bool
    usage: ResourceUsage
    unlimited: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class OutputLine:
    """A line about a job that still runs: for people, never a result; any of them may be lost.

    Attributes:
        source: who says it: the guest's own streams, how far it is, or the worker it runs on.
        text: one printable line, capped.
        worker: address of the worker on a cluster, "" on this machine.
    """

    source: Literal["stdout", "stderr", "progress", "worker"]
    text: str
    worker: str = ""


Hear = Callable[[OutputLine], None]
"""Takes what a running job says, from any thread; returns at once."""


@dataclass(frozen=True)
class GuestJob:
    """What a guest is asked to do.

    Attributes:
        kind: which of the guest's entry points runs it.
        files: path inside the job's folder -> content; exactly these bytes are run.
        spec: the entry point's own msgpack-encoded arguments.
        limits: bounds of this job.
        label: for people and for clean-up: run and strategy.
        seed: seed for `random`, numpy and hashing.
        apart: it shares its guest with no other job.
        hear: is told what the guest writes while it runs, and how far it is; None: nobody listens.
    """

    kind: Literal["script", "smoke", "pytest", "backtest"]
    files: Mapping[str, bytes]
    spec: bytes
    limits: Limits
    label: str = ""
    seed: int = 0
    apart: bool = False
    hear: Hear | None = field(default=None, compare=False, repr=False)


class Guest(Protocol):
    """One sandboxed process that has taken a job and talks in frames; the next job has another.

    Use as a context manager: leaving the block kills and reaps whatever is left.
    """

    def send(self, frame: bytes) -> None:
        """Send one frame. Raises GuestGone or GuestLate."""

    def receive(self) -> bytes:
        """The next frame. Raises GuestGone, GuestLate (budget spent) or GuestBroke."""

    def watch(self) -> None:
        """Ask for the time during long work on one answer; cheap. Raises GuestLate."""

    def cpu_s(self) -> float | None:
        """CPU seconds that it has used for this job so far; None: nothing counts them."""

    def part(self) -> None:
        """Both ends work at the same time from now on: they need not share a processor."""

    def renew(self, spec: bytes, seed: int) -> None:
        """Wait for the end of the job's process and have a fresh one begin, with other arguments.

        It is a fork from before the author's code was loaded: nothing that the process before did
        to itself, its libraries or its files reaches it. Budgets go on; what it prints is dropped.
        Raises GuestGone, GuestLate.
        """

    def kill(self) -> None:
        """End it now (SIGKILL from outside). Safe to call from another thread, and twice."""

    def finish(self) -> GuestExit:
        """Wait for the end (within the budget), reap, and say how it ended. Idempotent."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Sandbox(Protocol):
    """A sandbox backend: takes jobs, keeps warm guests. Docker or bubblewrap."""

    backend: str
    image: str
    """Id of what runs inside (image id, or a hash of interpreter and packages)."""

    def open(self, job: GuestJob) -> Guest:
        """A guest that works on `job`; warm when the pool has one.

        Raises:
            TransientError: no guest could be started (the machine's fault, not the author's).
        """

    def ping(self) -> str:
        """Ask the backend whether it is there; a short description. Raises TransientError."""

    def reap(self) -> int:
        """Remove what earlier owners left behind; how many were removed."""

    def close(self) -> None:
        """Drain the pool. Idempotent."""


# --- data --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doubt:
    """Something in bars that is possible and yet suspicious.

    Attributes:
        count: how often; the message names the first or the worst, with file, bar and size.
    """

    kind: Literal["spike", "split", "frozen", "outage"]
    count: int
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Gap:
    """The longest time without bars: how many days, and where."""

    days: float
    message: str


@dataclass(frozen=True)
class Bars:
    """Validated OHLCV bars of one symbol: a DataFrame with a sorted unique DatetimeIndex.

    Equal, and with the same hash, when their content is.

    Attributes:
        data_hash: SHA-256 (hex) of the validated content.
        doubts: what is suspicious in them.
        gap: the longest time without bars, where it is unlike the others.
    """

    symbol: str
    interval: str
    frame: pd.DataFrame = field(compare=False, repr=False)
    data_hash: str
    doubts: tuple[Doubt, ...] = field(default=(), compare=False)
    gap: Gap | None = field(default=None, compare=False)


class BarSource(Protocol):
    """Where a job's bars come from. Only the trusted side reads it."""

    def bars(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """Bars of a symbol, `start` and `end` inclusive ISO dates or None.

        Raises:
            UserError: no such data (names what there is), or the data is broken (says where).
        """


class MarketData(BarSource, Protocol):
    """All market data that there is."""

    def symbols(self) -> tuple[tuple[str, str], ...]:
        """All (symbol, interval) pairs that there are, sorted."""

    def data_hash(self, symbol: str, interval: str, start: str | None, end: str | None) -> str:
        """`bars(...).data_hash`, cheaply when the file has not changed."""

    def unfinished(self, symbol: str, interval: str) -> str:
        """Why the newest bar may not be written whole yet; "" where it is. Raises as `bars`."""


# --- execution ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class BacktestJob:
    """One strategy on one symbol: a pure function of these fields. Picklable.

    Attributes:
        files: the strategy's folder, relative path -> bytes.
        rules: compiled rule program (JSON text) for a definition without code, else "".
        parameters: values which override the class attributes.
        config: resolved backtest configuration (policy floors applied).
        causality: streamed | audited.
        stream_cpu_s: CPU seconds that streaming may take; a run that would take more is audited.
            None: no such bound.
        look: whether an audited run is looked at. False: its numbers may hold the future, and do
            to rank parameter values until a run with a look confirms them.
        brief: metrics, moments and returns do; trades, equity and the rest are not made.
        lookback: declared number of bars an indicator may look back, or None.
        delay: bars by which each order reaches the exchange later than it usually does.
        sealed: it runs over bars that nobody may see: it keeps its worker for the whole of its
            wall-clock limit, whatever it did, and shares its guest with no other job.
        unit: smallest amount that is traded where `config` names none; None: 1.
        sheets_since: None, or nanoseconds since 1970 (UTC): the result says what the strategy
            wanted after each bar from then on, always after the last one, and nothing else is
            computed or looked at.
        symbols: of a portfolio those that it trades on one account; `symbol` is then a name for it.
        universe: which of them could be bought when, a CSV file's content; b"": all, always.
        going_on: those of `symbols` that are not over, although their last bar is before the
            others': their exchange was closed.
        label: for people: "run/strategy/symbol".
    """

    strategy: str
    files: Mapping[str, bytes]
    rules: str
    parameters: Mapping[str, float | int | bool | str]
    config: BacktestConfig
    symbol: str
    interval: str
    start: str | None
    end: str | None
    limits: Limits
    causality: Literal["streamed", "audited"] = "streamed"
    stream_cpu_s: float | None = None
    look: bool = True
    brief: bool = False
    lookback: int | None = None
    delay: int = 0
    sealed: bool = False
    unit: float | None = None
    sheets_since: int | None = None
    seed: int = 0
    label: str = ""
    symbols: tuple[str, ...] = ()
    universe: bytes = b""
    going_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmokeJob:
    """The sandbox-test check: import, build, run the first bars, and the author's own tests."""

    strategy: str
    files: Mapping[str, bytes]
    rules: str
    parameters: Mapping[str, float | int | bool | str]
    config: BacktestConfig
    symbol: str
    interval: str
    limits: Limits
    start: str | None = None
    end: str | None = None
    bars: int = 60
    unit: float | None = None
    seed: int = 0
    label: str = ""
    symbols: tuple[str, ...] = ()
    universe: bytes = b""


@dataclass(frozen=True)
class ScriptJob:
    """One Python file run exactly as given: only the sandbox contains it."""

    source: bytes
    limits: Limits
    name: str = "script.py"
    seed: int = 0
    label: str = ""


Job = BacktestJob | SmokeJob | ScriptJob


@dataclass(frozen=True)
class Turn:
    """Whose turn a job takes where jobs wait for a worker.

    Attributes:
        repository: turns are between these, and in each between its authors.
        weight: of the repository: one of 2 gets twice the time of one of 1.
        urgent: it goes before all turns: an operator's command waits for it.
    """

    repository: str = ""
    author: str = ""
    weight: int = 1
    urgent: bool = False


NO_TURN = Turn()


class Executor(Protocol):
    """Runs jobs somewhere: local worker processes, or a Dask cluster."""

    def submit(
        self, job: Job, hear: Hear | None = None, turn: Turn = NO_TURN
    ) -> Future[ExecutionResult]:
        """Queue a job. The future never raises for the author's faults: those are results.

        `Future.cancel()` on a running job kills its guest; the result is then `killed`.
        `hear` is told what the job says while it runs.
        """

    def prepare(self) -> None:
        """Start what jobs run on, ahead of the first of them, which would do it otherwise."""

    def describe(self) -> dict[str, object]:
        """backend, image, workers, warm guests, limits not enforced: for health and doctor."""

    def close(self) -> None:
        """Stop the workers and drain their sandboxes. Idempotent."""


# --- forge -------------------------------------------------------------------------------------


class Permission(StrEnum):
    """What an actor may do on a repository."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class StatusState(StrEnum):
    """Commit status states."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    NEUTRAL = "neutral"


UNCOUNTED = "(uncounted)"
"""Among those who wrote a proposal: it has too many commits to look at all."""


@dataclass(frozen=True)
class Proposal:
    """A branch or pull request that asks to change the base.

    Attributes:
        id: stable key: "pr/12", or "branch/<ref>".
        ref: the branch's name.
        head: commit id (hex) of its tip.
        author: who wrote its tip, as the commit or the forge says.
        actor: who its turn in the queue belongs to: the account that the forge has authenticated,
            else what the tip says of its committer.
    """

    id: str
    ref: str
    head: str
    title: str = ""
    author: str = ""
    actor: str = ""
    url: str = ""
    draft: bool = False
    fork: bool = False
    labels: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Tag:
    """An annotated tag to be made with a landing.

    Attributes:
        commit: the commit it marks; "" is the landed one (a batch tags each of its merges).
    """

    name: str
    message: str
    commit: str = ""


@dataclass(frozen=True)
class Landing:
    """A prepared change of the base, to be published all or nothing.

    Attributes:
        commit: the prepared commit (its objects are in the mirror); parents: base, then head.
        expected_base: the base must still be there; "" where its branch is not there yet.
        proposal: the proposal that lands, or None (a revert made by the bot).
        expected_head: the proposal's head must still be there.
        tags: annotated tags on the landed commit.
        folders: what it is about, where the rest of the base may move on meanwhile (a rollback,
            and what a queue lands).
        members: further proposals that land in the same batch; each must still be at its `head`.
        own: the proposal is the bot's own (a rollback): a person may merge it in any way, and its
            branch goes once it has landed.
        may_queue: it may be put into a queue of the forge where nothing lands without.
        queued: it was put there before.
        offered: a person has to land it: what they did is recognised, and nothing done.
        branch: of the stage that it lands on; "" is the base.
    """

    commit: str
    expected_base: str
    message: str
    proposal: Proposal | None = None
    expected_head: str = ""
    tags: tuple[Tag, ...] = ()
    folders: tuple[str, ...] = ()
    members: tuple[Proposal, ...] = ()
    own: bool = False
    may_queue: bool = True
    queued: bool = False
    offered: bool = False
    branch: str = ""


class Forge(Protocol):
    """Where proposals live. All ids are hex commit ids; nothing is checked out."""

    name: str
    """Key of the repository in the configuration and the database."""

    lands_batches: bool
    """Whether one landing may bring several proposals (`Landing.members`)."""

    marks_each_check: bool
    """Whether each red check gets a status of its own; else the summary's names them all."""

    def fetch(self) -> None:
        """Bring the objects of the base and all open proposals into the mirror."""

    def base(self) -> str:
        """Commit id of the base branch's tip."""

    def tip(self, branch: str) -> str:
        """The commit at a branch, its objects fetched; "" where there is none."""

    def proposals(self) -> tuple[Proposal, ...]:
        """All open proposals as they are now."""

    def proposal(self, proposal_id: str) -> Proposal | None:
        """One open proposal as it is now; None when it is gone."""

    def set_status(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Set one commit status; description is capped to the forge's limit."""

    def publish(self, proposal: Proposal, report: Report, body: str, comment_id: str) -> str:
        """Post or edit the one report of a proposal; returns its id for the next time.

        Also annotates lines where the forge can.
        """

    def reply(self, proposal: Proposal, body: str, *, again: bool = False) -> None:
        """Answer in the proposal's conversation (commands, refusals).

        Args:
            proposal: whose conversation.
            body: the answer; its first line tells it from every other.
            again: an earlier attempt may have posted it: then it is not posted twice.
        """

    def permission(self, actor: str) -> Permission:
        """What an actor may do, asked now."""

    def land(self, landing: Landing) -> str:
        """Publish base update and tags at once; returns the commit that is now the base.

        Idempotent: a landing that is already there is recognised and returned.

        Raises:
            Moved: base or head is not where it was expected.
            Waiting: reviews or checks are missing; nothing was done.
            Enqueued: a queue of the forge has it: asked again, this tells what became of it.
            NeedsProposal: the branch of a stage takes changes only by a proposal.
            UserError: the forge refused (protection, missing permission): says what to do.
        """

    def propose(
        self,
        branch: str,
        commit: str,
        title: str,
        body: str,
        *,
        replaces: str = "",
        onto: str = "",
    ) -> str:
        """Offer a prepared commit as a proposal, or find it again; returns the proposal's id.

        Args:
            branch: new, unless `replaces` names what it holds.
            commit: the commit.
            title: for people.
            body: for people.
            replaces: the commit that the branch holds now; "" where there is none.
            onto: the branch of a stage; "" is the base.

        Raises:
            UserError: the forge refused.
            BranchTaken: the branch holds something else.
        """

    def ping(self) -> str:
        """Ask whether the forge answers; a short description. Raises TransientError."""


@runtime_checkable
class ProposesRollbacks(Protocol):
    """A forge where a rollback is a proposal of the bot's own: others may have to approve it."""

    def withdraw(self, proposal: Proposal) -> None:
        """Close a proposal of the bot's own and delete its branch. Idempotent."""


@runtime_checkable
class Approves(Protocol):
    """A forge where people approve proposals."""

    def approvals(self, proposal: Proposal) -> tuple[str, ...]:
        """Accounts of people whose last word on the proposal's present head is an approval."""


@runtime_checkable
class ShowsBoard(Protocol):
    """A forge where one text about the whole repository is kept for people."""

    shows_board: bool
    """Whether it is wanted."""

    def show_board(self, title: str, body: str, known: str) -> str:
        """Have the one text say this; returns its id for the next time.

        Args:
            title: for people, where it is new.
            body: the text; by its first line it is found again.
            known: its id; "" where it is not known: it may be there all the same.

        Raises:
            UserError: the forge takes none.
        """


@runtime_checkable
class Suggests(Protocol):
    """A forge where fixes can be offered on the lines of a proposal."""

    def suggest(self, proposal: Proposal, report: Report) -> None:
        """Offer the fixes of a report, once for its commit. What cannot be offered is left out."""


@runtime_checkable
class Queues(Protocol):
    """A forge whose base may have a queue that all landings go through."""

    def leave_queue(self, proposal: Proposal) -> None:
        """Take a proposal out of the queue. Idempotent."""
