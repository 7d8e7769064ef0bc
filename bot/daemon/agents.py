"""The door of an author who asks the daemon: contents come with the request, tries are counted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from threading import Event as Flag

import anyio

from bot.agents.door import WatchedBot, identity_of, relative
from bot.agents.places import Hourly
from bot.checks.base_policies import bench_now, policies_now
from bot.checks.folders import content_subject
from bot.checks.policies import Policies
from bot.checks.releases import taken_by_tag
from bot.checks.standalone import check_subjects
from bot.checks.strategy import Asked, OnCheck
from bot.checks.subject import Subject
from bot.core.authors import AuthorKind
from bot.landing.context import World
from bot.landing.tries import StoreCounter
from bot.proposals.check import known_verdict, remember
from bot.report.status import with_warnings
from components.ports import Turn
from components.safe_tools.names import safe_relative_path
from components.safe_tools.tree import given_folder
from components.schema.results.report import Report


class AuthorDoor:
    """The door of one author; see `bot.agents.door.Door`.

    Args:
        world: what the daemon works on now.
        author: the name of the token.
        repository: key of the one that the token is bound to.
    """

    def __init__(self, world: Callable[[], World], author: str, repository: str) -> None:
        self.author = author
        self.last: Report | None = None
        self._world, self._repository = world, repository
        self._checks = Hourly()

    def bot(self) -> WatchedBot:
        """The daemon's database, and the repository; see `Door`."""
        world = self._world()
        return WatchedBot(world.store, world.repository(self._repository))

    def policies(self) -> Policies:
        """Those that hold on the base branch now; see `Door`."""
        watched = self.bot().watched
        return policies_now(watched.where, self._world().bench.policies, watched.base_branch)

    def subject(self, folder: str, files: Mapping[str, str]) -> Subject:
        """What came with the request; see `Door`."""
        name = safe_relative_path(relative(folder)).rpartition("/")[2]
        path = f"{self.bot().watched.where.root}/{name}"
        given = {file: text.encode("utf-8", "surrogatepass") for file, text in files.items()}
        return content_subject(name, path, given_folder(given, path))

    def check(self, subject: Subject, tell: OnCheck, cancelled: Flag) -> Report:
        """All checks in this author's turn, but for the sealed bars; each backtest is counted."""
        world, bot = self._world(), self.bot()
        watched, store = bot.watched, bot.store
        if most := watched.authors.checks_an_hour.get(AuthorKind.AGENT, 0):
            self._checks.begin(most)
        turn = Turn(watched.name, identity_of(self.author).email, watched.weight)
        bench = bench_now(watched.where, replace(world.bench, turn=turn), watched.base_branch)
        counter = StoreCounter(store, watched.name, "backtest", "", self.author, looks=False)
        known = partial(known_verdict, store)
        asked = Asked(known, tell, cancelled, asked=True, counter=counter)
        report = check_subjects([subject], bench, asked, watched.name)
        found = taken_by_tag(watched.where.repository, watched.where.root, subject)
        report = with_warnings(report, found)
        remember(store, report)
        return report

    async def pause(self, seconds: float) -> bool:
        """Wait; see `Door`."""
        await anyio.sleep(seconds)
        return not self._world().stopping.is_set()
