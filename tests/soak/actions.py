"""PURE: what happens in a soak, one action after the other: a function of the seed alone."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.core.failpoints import NAMES as FAILPOINTS
from tests.soak.content import Content, Kind

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")
BRANCHES = tuple(f"p{number}" for number in range(12))
BAD = tuple(kind for kind in Kind if kind is not Kind.SOUND)


@dataclass(frozen=True)
class Action:
    """Something that a person or the world does; `pause_s` seconds pass before it."""

    pause_s: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True)
class Push(Action):
    """New commits on a branch, which replace it (`fresh`) or go on from where it is."""

    branch: str
    contents: tuple[Content, ...]
    fresh: bool = True


@dataclass(frozen=True)
class PushWords(Action):
    """A proposal that changes no strategy."""

    branch: str
    text: str


@dataclass(frozen=True)
class PushBack(Action):
    """A force-push to where the branch was before its last push."""

    branch: str


@dataclass(frozen=True)
class Restore(Action):
    """A proposal that brings a released version back as it was."""

    branch: str
    name: str
    version: str


@dataclass(frozen=True)
class Remove(Action):
    """A proposal that deletes a strategy's folder."""

    branch: str
    name: str


@dataclass(frozen=True)
class RenameStrategy(Action):
    """A proposal that moves a folder and changes nothing else than the name in it."""

    branch: str
    name: str
    content: Content


@dataclass(frozen=True)
class DeleteBranch(Action):
    """A branch is gone."""

    branch: str


@dataclass(frozen=True)
class RenameBranch(Action):
    """A branch goes on under another name."""

    branch: str
    to: str


@dataclass(frozen=True)
class Outside(Action):
    """Somebody pushes straight to the base."""

    content: Content


@dataclass(frozen=True)
class Deploy(Action):
    """`algoops deploy`."""

    branch: str
    name: str


@dataclass(frozen=True)
class DeployTogether(Action):
    """Several people want to deploy at the same moment."""

    deploys: tuple[Deploy, ...]


@dataclass(frozen=True)
class Rollback(Action):
    """`algoops rollback`, of one strategy or of a whole landing."""

    name: str
    whole: bool


@dataclass(frozen=True)
class Hold(Action):
    """`algoops hold`."""

    name: str
    version: str


@dataclass(frozen=True)
class Unhold(Action):
    """`algoops unhold`."""

    name: str
    version: str


@dataclass(frozen=True)
class Cancel(Action):
    """Stop a proposal's checks."""

    branch: str


@dataclass(frozen=True)
class Recheck(Action):
    """Ask for all checks of a proposal again, also where a verdict is known."""

    branch: str


@dataclass(frozen=True)
class KillDaemon(Action):
    """SIGKILL to the daemon; the next one is started, perhaps to die at a named step too."""

    failpoint: str = ""


@dataclass(frozen=True)
class RestartDaemon(Action):
    """SIGTERM, and a new daemon."""


@dataclass(frozen=True)
class StopDaemon(Action):
    """SIGSTOP for some seconds, then SIGCONT."""

    seconds: float


@dataclass(frozen=True)
class SecondDaemon(Action):
    """Another daemon on the same state; it must refuse."""


@dataclass(frozen=True)
class KillWorker(Action):
    """SIGKILL to one of the executor's processes, the `pick`-th of those that there are."""

    pick: int


@dataclass(frozen=True)
class StopWorker(Action):
    """SIGSTOP to one of the executor's processes for some seconds."""

    pick: int
    seconds: float


@dataclass(frozen=True)
class KillGuest(Action):
    """SIGKILL to one sandbox, at work or waiting."""

    pick: int


WEIGHTS = {
    Push: 34,
    PushWords: 1,
    PushBack: 3,
    Restore: 2,
    Remove: 1,
    RenameStrategy: 1,
    DeleteBranch: 4,
    RenameBranch: 2,
    Outside: 1,
    Deploy: 16,
    DeployTogether: 3,
    Rollback: 6,
    Hold: 2,
    Unhold: 4,
    Cancel: 2,
    Recheck: 2,
    KillDaemon: 3,
    RestartDaemon: 1,
    StopDaemon: 1,
    SecondDaemon: 1,
    KillWorker: 3,
    StopWorker: 1,
    KillGuest: 5,
}
"""How often each action comes, in hundredths or so."""

LONGEST_PAUSE_S = 1.6
LONGEST_STOP_S = 3.0


def actions(seed: int) -> Iterator[Action]:
    """All actions of a seed, without end."""
    author = _Author(random.Random(seed))
    while True:
        yield author.next()


class _Author:
    """Decides by the dice, and by what was pushed before; never by what came of it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._pushed: dict[str, list[tuple[str, str]]] = {}
        self._sound: list[tuple[str, str]] = []
        self._wanted: list[tuple[str, str]] = []  # (name, version) of all deploys that were asked
        self._versions: dict[str, int] = {}
        self._turn = 0

    def next(self) -> Action:
        self._turn += 1
        kind = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        pause = round(self._dice.uniform(0, LONGEST_PAUSE_S), 2)
        made = self._make(kind, pause)
        return made if made is not None else self._push(pause)

    def _make(self, kind: type[Action], pause: float) -> Action | None:  # noqa: PLR0911  # one a family
        dice = self._dice
        if kind in {KillDaemon, RestartDaemon, StopDaemon, SecondDaemon}:
            return self._on_daemon(kind, pause)
        if kind in {KillWorker, KillGuest}:
            return kind(dice.randrange(100), pause_s=pause)
        if kind is StopWorker:
            return StopWorker(dice.randrange(100), self._seconds(), pause_s=pause)
        if kind in {Push, PushWords, Outside}:
            return self._new(kind, pause)
        if kind is Rollback:
            return Rollback(self._release()[0], dice.random() < 0.3, pause_s=pause)
        if kind in {Hold, Unhold}:
            return kind(*self._release(), pause_s=pause)
        return self._on_branch(kind, pause)

    def _on_daemon(self, kind: type[Action], pause: float) -> Action:
        if kind is KillDaemon:
            cut = self._dice.random() < 0.4
            return KillDaemon(self._dice.choice(FAILPOINTS) if cut else "", pause_s=pause)
        if kind is StopDaemon:
            return StopDaemon(self._seconds(), pause_s=pause)
        return kind(pause_s=pause)

    def _new(self, kind: type[Action], pause: float) -> Action:
        if kind is Push:
            return self._push(pause)
        if kind is Outside:
            return Outside(self._content(Kind.SOUND), pause_s=pause)
        branch = self._dice.choice(BRANCHES)
        self._pushed[branch] = []
        return PushWords(branch, f"Turn {self._turn}.\n", pause_s=pause)

    def _on_branch(self, kind: type[Action], pause: float) -> Action | None:
        if not self._pushed:
            return None
        branch = self._dice.choice(sorted(self._pushed))
        made: dict[type[Action], Callable[[], Action | None]] = {
            Deploy: lambda: self._deploy(branch, pause),
            DeployTogether: lambda: DeployTogether(
                tuple(self._deploy(branch, 0.0) for _ in range(3)), pause_s=pause
            ),
            Restore: lambda: Restore(branch, *self._release(), pause_s=pause),
            Remove: lambda: Remove(branch, self._release()[0], pause_s=pause),
            RenameStrategy: lambda: RenameStrategy(
                branch, self._release()[0], self._content(Kind.SOUND), pause_s=pause
            ),
            RenameBranch: lambda: self._rename(branch, pause),
            DeleteBranch: lambda: self._delete(branch, pause),
        }
        return made[kind]() if kind in made else kind(branch, pause_s=pause)

    def _rename(self, branch: str, pause: float) -> RenameBranch | None:
        to = self._dice.choice([b for b in BRANCHES if b != branch])
        self._pushed[to] = self._pushed.pop(branch)
        return RenameBranch(branch, to, pause_s=pause)

    def _delete(self, branch: str, pause: float) -> DeleteBranch:
        del self._pushed[branch]
        return DeleteBranch(branch, pause_s=pause)

    def _deploy(self, branch: str, pause: float) -> Deploy:
        """Mostly of something sound that was pushed some time ago, so that much does land."""
        ripe = [(b, n) for b, n in self._sound if b in self._pushed]
        if ripe and self._dice.random() < 0.85:
            branch = ripe[0][0]
            self._sound.remove(ripe[0])
        contents = self._pushed[branch] or [(NAMES[0], "1.1.0")]
        self._wanted += contents
        return Deploy(branch, contents[0][0], pause_s=pause)

    def _push(self, pause: float) -> Push:
        dice = self._dice
        branch = dice.choice(BRANCHES)
        count = 1 if dice.random() < 0.8 else dice.randint(2, 3)
        bad = dice.random() < 0.25
        kinds = [dice.choice(BAD) if bad and not n else Kind.SOUND for n in range(count)]
        contents = tuple({c.name: c for c in map(self._content, kinds)}.values())
        self._pushed[branch] = [(c.name, c.version) for c in contents]
        self._sound = [pair for pair in self._sound if pair[0] != branch]
        if not bad:
            self._sound.append((branch, contents[0].name))
        return Push(branch, contents, dice.random() < 0.75, pause_s=pause)

    def _content(self, kind: Kind) -> Content:
        name = self._dice.choice(NAMES)
        if self._dice.random() < 0.92 or name not in self._versions:
            self._versions[name] = self._versions.get(name, 0) + 1
        return Content(kind, name, f"1.{self._versions[name]}.0", self._turn)

    def _release(self) -> tuple[str, str]:
        """A strategy and version that may well have landed, rather one of the last."""
        if not self._wanted:
            return self._dice.choice(NAMES), "1.1.0"
        return self._dice.choice(self._wanted[-6:])

    def _seconds(self) -> float:
        return round(self._dice.uniform(0.5, LONGEST_STOP_S), 1)
