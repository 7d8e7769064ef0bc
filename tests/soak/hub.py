"""The soak on the fake GitHub: pull requests for branches, and webhooks that get lost and mixed."""

import random
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from bot.report.markdown import MARKER
from tests.fakes.github.hooks import send
from tests.fakes.github.server import FakeGitHub
from tests.soak.facts import Forge, Posted

if TYPE_CHECKING:
    from tests.fakes.github.state import Delivery

SECRET = "hush"  # the fake's own
AUTHOR, BOT = "ann", "bot"
EVERY_S = 0.1
LOST, TWICE, LATE = 0.1, 0.15, 0.25
"""Shares of deliveries that never come, come twice, or come after later ones."""


class Hub:
    """A repository on the fake GitHub. `url` is where the daemon listens.

    Args:
        folder: of the soak.
        start: a bare repository whose base it begins with.
    """

    def __init__(self, folder: Path, start: Path, seed: int) -> None:
        self.github = FakeGitHub(folder)
        self.github._server.handle_error = lambda *_: None  # a killed daemon resets its connections
        self.github.__enter__()
        self.repo = self.github.repo("acme/strategies", **{BOT: "admin", AUTHOR: "write"})
        self.path = self.repo.git.path
        self.repo.git.run("fetch", "--quiet", str(start), "+refs/heads/main:refs/heads/main")
        self.repo.known_branches = self.repo.git.branches()
        self.github.deliverer.paused = True
        self._dice = random.Random(seed)
        self._sent = 0
        self._late: list[Delivery] = []
        self._end = threading.Event()
        self._postman = threading.Thread(target=self._deliver, name="postman", daemon=True)

    def start(self, url: str) -> None:
        """Deliver webhooks to `url` from now on."""
        self.github.deliverer.add_hook(self.repo, f"{url}/webhooks/github", SECRET)
        self._postman.start()

    def stop(self) -> None:
        """Deliver nothing more, answer nothing more. Idempotent."""
        if not self._end.is_set():
            self._end.set()
            self._postman.join()
            self.github.__exit__(None, None, None)

    def settings(self) -> dict[str, object]:
        """The `github` block of the configuration."""
        return {
            "repository": self.repo.full_name,
            "base_url": self.github.api_url,
            "token": self.github.token(BOT),
            "webhook_secret": SECRET,
            "poll_s": 5.0,
        }

    def pushed(self) -> None:
        """Branches have moved: pull requests follow, new branches get one."""
        self.github.state.sync(self.repo, AUTHOR)
        busy = {p.head_ref for p in self.repo.pulls.values() if p.state == "open"}
        main = self.repo.git.tip("refs/heads/main")
        for ref, tip in self.repo.git.branches().items():
            branch = ref.removeprefix("refs/heads/")
            own = branch == "main" or branch.startswith("algoops/")
            if not own and branch not in busy and not self.repo.git.is_ancestor(tip, main):
                self.github.state.open_pull(self.repo, branch, AUTHOR)

    def proposal(self, branch: str) -> str:
        """The newest pull request of a branch, `pr/0` where there never was one."""
        numbers = [n for n, p in list(self.repo.pulls.items()) if p.head_ref == branch]
        return f"pr/{max(numbers, default=0)}"

    def open(self) -> dict[str, str]:
        """Open pull requests and their heads."""
        return {f"pr/{n}": p.head_sha for n, p in self.repo.pulls.items() if p.state == "open"}

    def forge(self) -> Forge:
        """What people see there."""
        reports: dict[str, tuple[Posted, ...]] = {}
        for said in self.repo.comments.values():
            if said.author == BOT and said.body.startswith(MARKER):
                key = f"pr/{said.number}"
                reports[key] = (*reports.get(key, ()), _posted(said.body))
        commits = {m.sha for m in self.repo.marks}
        statuses = {commit: self.repo.status_of(commit) for commit in commits}
        return Forge(reports, statuses, None)

    def _deliver(self) -> None:
        while not self._end.wait(EVERY_S):
            hook = self.repo.hooks[0]
            fresh, self._sent = hook.deliveries[self._sent :], len(hook.deliveries)
            now, self._late = self._late, []
            for delivery in fresh:
                luck = self._dice.random()
                if luck < LOST:
                    continue
                (self._late if luck > 1 - LATE else now).append(delivery)
                if luck < LOST + TWICE:
                    now.append(delivery)
            self._dice.shuffle(now)
            for delivery in now:
                send(hook, delivery)


def _posted(body: str) -> Posted:
    run = re.search(r"/runs/(\d+)", body)
    return Posted("", run.group(1) if run else "", "")
