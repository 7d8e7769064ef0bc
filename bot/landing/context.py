"""What every job can reach: the store, the watched repositories, the bench, who listens."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag

from bot.checks.run import Where
from bot.checks.strategy import Bench
from bot.config.stages import StageSettings
from bot.core.authors import Authors
from bot.core.broadcast import Broadcast
from bot.core.decisions import ProposalPolicy
from bot.core.job_output import JobOutput
from bot.core.troubles import Troubles
from bot.landing.lane import Lane
from bot.landing.queue import DeployQueue
from bot.sources.wake import Bell
from components.errors import UserError
from components.ports import Forge
from components.state import Store
from components.windows import CronWindow


@dataclass(frozen=True)
class Watched:
    """One repository of the configuration.

    Attributes:
        lane: held by whoever changes the base; deploys and rollbacks go one at a time.
        queue: deploys that wait for the lane; whoever gets it takes all of them.
        closers: end what it holds open: git processes, connections.
        weight: its share of the sandbox beside other repositories.
        reports_signed: makes the signature of a report's bytes; None: reports are not signed.
        freezes: when nothing is deployed, by the configuration.
        authors: who is an agent, and what that means.
        stages: where versions go; the first is the base. Empty: there is only the base.
    """

    where: Where
    forge: Forge
    base_branch: str
    proposals: ProposalPolicy = field(default_factory=ProposalPolicy)
    lane: Lane = field(default_factory=Lane)
    queue: DeployQueue = field(default_factory=DeployQueue)
    closers: tuple[Callable[[], None], ...] = ()
    weight: int = 1
    reports_signed: Callable[[bytes], str] | None = None
    freezes: tuple[CronWindow, ...] = ()
    authors: Authors = field(default_factory=Authors)
    stages: tuple[StageSettings, ...] = ()

    def close(self) -> None:
        """End what it holds open. Idempotent."""
        for close in self.closers:
            close()

    @property
    def name(self) -> str:
        """Key in the configuration and the database."""
        return self.where.name


class Running:
    """Which proposal is being checked at which head, so that a newer head can stop it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flags: dict[tuple[str, str], list[tuple[str, Flag]]] = {}

    def begin(self, repository: str, proposal: str, head: str) -> Flag:
        """Register a run; the flag is set when it is to stop."""
        flag = Flag()
        with self._lock:
            self._flags.setdefault((repository, proposal), []).append((head, flag))
        return flag

    def end(self, repository: str, proposal: str, flag: Flag) -> None:
        """Forget a run; another of the same proposal (a deploy checks too) goes on."""
        with self._lock:
            rest = [
                one for one in self._flags.pop((repository, proposal), []) if one[1] is not flag
            ]
            if rest:
                self._flags[repository, proposal] = rest

    def stop(self, repository: str, proposal: str, *, unless_head: str = "") -> bool:
        """Stop the runs of a proposal, but those of `unless_head`; whether one was stopped."""
        with self._lock:
            runs = list(self._flags.get((repository, proposal), ()))
        found = [flag for head, flag in runs if not (unless_head and head == unless_head)]
        for flag in found:
            flag.set()
        return bool(found)

    def stop_all(self) -> None:
        """Stop everything: the daemon is going down; the queue keeps the jobs."""
        with self._lock:
            flags = [flag for runs in self._flags.values() for _, flag in runs]
        for flag in flags:
            flag.set()


@dataclass(frozen=True)
class Webhook:
    """A receiver of messages, and the secret that they are signed with."""

    url: str
    secret: str = field(repr=False)


class Pages:
    """Where the pages are for people: known once the server has its port; "" when none is."""

    url: str = ""


@dataclass(frozen=True)
class World:
    """Everything that a job needs; built once by `bot.daemon.app`.

    Attributes:
        pages: where the pages are for people.
        stopping: set when the daemon is going down: jobs stop and stay in the queue.
        wake: set when there may be something to do.
        settled: rung when a job has ended; who waits for a command's outcome looks then.
        words: what running jobs said lately.
        troubles: what broke lately.
        webhook: where orders of deployed strategies are sent; None: nowhere.
    """

    store: Store
    watched: Mapping[str, Watched]
    bench: Bench
    progress: Broadcast
    running: Running
    settled: Bell
    pages: Pages = field(default_factory=Pages)
    stopping: Flag = field(default_factory=Flag)
    wake: Flag = field(default_factory=Flag)
    job_output: JobOutput = field(default_factory=JobOutput)
    troubles: Troubles = field(default_factory=Troubles)
    webhook: Webhook | None = None

    def repository(self, name: str) -> Watched:
        """One watched repository.

        Raises:
            UserError: the configuration has none of this name.
        """
        found = self.watched.get(name)
        if found is None:
            known = ", ".join(sorted(self.watched)) or "none"
            raise UserError(f"no repository {name!r} is configured; known: {known}")
        return found

    def run_url(self, run_id: int | str) -> str:
        """The page of a run, "" when nothing is served."""
        return f"{self.pages.url}/runs/{run_id}" if self.pages.url else ""
