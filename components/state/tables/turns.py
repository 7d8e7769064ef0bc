"""PURE: which waiting job goes next. Turns by repository, then by author, then small work first.

An author who was not served yet stands where the clock of turns was when the job came, not before
everybody: with a fresh name for each commit nobody overtakes those who wait already. While a job
waits, each other author of its repository is served at most once before it, whatever it sends.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

CONTROL = "control"
"""Commands, closed proposals, moves of the base, the clock's sweep: no sandbox, nobody waits."""

STATIC = "static"
"""First stage of a check: definition and code, in milliseconds."""

SANDBOX = "sandbox"
"""Whatever runs code: second stage of a check, checks of what is live, backtests."""

OUTGOING = "outgoing"
"""What is written into repositories beside reports: notes of orders, the dashboard."""

MESSAGES = "messages"
"""What a receiver is sent, at its pace: one that hangs keeps no note waiting."""

QUEUES = (CONTROL, STATIC, SANDBOX, OUTGOING, MESSAGES)
QUEUE_OF = {
    "check": STATIC,
    "recheck": SANDBOX,
    "group": SANDBOX,
    "backtest": SANDBOX,
    "forward": SANDBOX,
    "note": OUTGOING,
    "board": OUTGOING,
    "webhook": MESSAGES,
}
"""Kind of a job -> the queue in which it begins; all others begin in CONTROL."""

Lane = tuple[str, str]
"""Repository and author: within one its own jobs go in their order."""


@dataclass(frozen=True)
class InLine:
    """One job that may start now.

    Attributes:
        priority: higher goes first, before any turn.
        work: how much it is, in bars; small work goes first within its lane.
        arrived: the clock of turns when it was asked for.
        aged: it has waited so long that its size does not matter any more.
    """

    id: int
    repository: str
    author: str
    priority: int = 0
    work: int = 0
    arrived: int = 0
    aged: bool = False

    @property
    def lane(self) -> Lane:
        """Where it stands."""
        return self.repository, self.author


@dataclass(frozen=True)
class Turns:
    """Who is served, and when each lane was served last.

    Attributes:
        clock: the last turn that was given.
        served: lane -> its last turn.
        busy: lane -> its jobs at work now.
    """

    clock: int = 0
    served: Mapping[Lane, int] = field(default_factory=dict)
    busy: Mapping[Lane, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TurnBounds:
    """How many jobs may be at work at once of one author, and of one repository."""

    author: int
    repository: int


def next_job(
    waiting: Iterable[InLine], turns: Turns, bounds: TurnBounds | None = None
) -> int | None:
    """The number of the job that goes next, None where none may."""
    first = next(_taken(waiting, turns, bounds), None)
    return first.id if first is not None else None


def in_order(waiting: Iterable[InLine], turns: Turns, most: int) -> tuple[InLine, ...]:
    """The first of them in the order in which they will be taken, if nothing else comes."""
    return tuple(islice(_taken(waiting, replace(turns, busy={}), None), most))


def _taken(waiting: Iterable[InLine], turns: Turns, bounds: TurnBounds | None) -> Iterator[InLine]:
    """One after the other, each as if those before it had ended already."""
    lanes: dict[Lane, list[InLine]] = defaultdict(list)
    for job in sorted(waiting, key=_within):
        lanes[job.lane].append(job)
    arrived = {lane: min(job.arrived for job in jobs) for lane, jobs in lanes.items()}
    busy = _by_repository(turns.busy, sum)
    last = _by_repository(turns.served, max)
    served, clock = dict(turns.served), turns.clock
    for lane in [one for one in lanes if not _may(one, turns, busy, bounds)]:
        del lanes[lane]

    def key(lane: Lane) -> tuple[int, ...]:
        head, repository = lanes[lane][0], lane[0]
        turn = max(served.get(lane, 0), arrived[lane])
        at_work = (busy.get(repository, 0), last.get(repository, 0), turns.busy.get(lane, 0))
        return (-head.priority, *at_work, turn, head.id)

    while lanes:
        lane = min(lanes, key=key)
        yield lanes[lane].pop(0)
        clock += 1
        served[lane] = last[lane[0]] = clock
        if not lanes[lane]:
            del lanes[lane]


def _within(job: InLine) -> tuple[int, int, int]:
    return -job.priority, 0 if job.aged else job.work, job.id


def _by_repository(
    lanes: Mapping[Lane, int], total: Callable[[Iterable[int]], int]
) -> dict[str, int]:
    names = {repository for repository, _ in lanes}
    return {name: total(n for (r, _), n in lanes.items() if r == name) for name in names}


def _may(lane: Lane, turns: Turns, busy: Mapping[str, int], bounds: TurnBounds | None) -> bool:
    if bounds is None:
        return True
    of_author, of_repository = turns.busy.get(lane, 0), busy.get(lane[0], 0)
    return of_author < bounds.author and of_repository < bounds.repository
