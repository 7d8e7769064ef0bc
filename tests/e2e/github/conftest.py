"""The daemon as a process of its own, watching a repository on the fake GitHub."""

import os
import time
from unittest import mock

import pytest
import yaml

from bot.config.settings import PROJECT
from bot.report.markdown import MARKER
from components.schema.results.report import Report
from components.state import DATABASE, Store
from tests.bars_support import few_bars
from tests.fakes.github.server import FakeGitHub
from tests.worker_support import ForkingDaemon

SECRET = "hush"
WAIT_S = 120.0
FOLDER = "strategies/sma_cross"
GOOD = {
    f"{FOLDER}/{name}": (PROJECT / "examples" / FOLDER / name).read_bytes()
    for name in ("strategy.py", "strategy.yaml")
}
_ENDLESS = PROJECT / "examples/proposals/endless-loop"
ENDLESS = {
    str(file.relative_to(_ENDLESS)): file.read_bytes() for file in _ENDLESS.rglob("strategy.*")
}
BAD_CODE = b"import os\n\n\nclass SmaCross:\n    pass\n"


def bad(name="alpha", note=""):
    """A strategy that the code check refuses within milliseconds; `note` makes it another one."""
    definition = f"name: {name}\ndescription: Test {note}\nframework: backtesting.py\nsymbol: SPX\ninterval: 1d\nparameters: {{}}\nindicators: {{}}\nentry_rules: []\nexit_rules: []\n"
    return {
        f"strategies/{name}/strategy.yaml": definition.encode(),
        f"strategies/{name}/strategy.py": BAD_CODE,
    }


def wait_for(condition, what, seconds=WAIT_S):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)  # why: another process is at work; there is a deadline
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


class Stage:
    """A fake GitHub, a daemon, and what tests ask of them."""

    def __init__(self, folder, *, poll_s=3600.0, tick_s=3600.0, port=0, **github):
        self.github = FakeGitHub(folder)
        self.github.__enter__()
        self.repo = self.github.repo(
            "acme/strategies", {"README.md": b"strategies\n"}, bot="admin", ann="write"
        )
        self.git = self.repo.git
        self.state = folder / "state"
        self.state.mkdir()
        self.config = folder / "config.yaml"
        self.config.write_text(yaml.safe_dump(self._settings(poll_s, tick_s, port, github)))
        self.daemon = ForkingDaemon(self.config, self.state)
        self.store = None

    def _settings(self, poll_s, tick_s, port, changed):
        github = {
            "repository": "acme/strategies",
            "base_url": self.github.api_url,
            "token": self.github.token("bot"),
            "webhook_secret": SECRET,
            "poll_s": poll_s,
            **changed,
        }
        return {
            "repositories": [{"name": "team", "forge": "github", "github": github}],
            **few_bars(self.config.parent),
            "state": {"dir": "state"},
            "server": {"port": port},
            "sandbox": {"backend": "bubblewrap", "warm": 0},
            "executor": {"workers": 1},
            "schedule": {"tick_s": tick_s},
        }

    def start(self, *, hook=True, failpoint=""):
        with mock.patch.dict(os.environ, {"ALGOOPS_FAILPOINT": failpoint}):
            self.daemon.start()
        self.store = self.store or Store(self.state / DATABASE)
        if hook:
            url = f"{self.daemon.url}/webhooks/github"
            if self.repo.hooks:
                self.repo.hooks[0].url = url
            else:
                self.github.deliverer.add_hook(self.repo, url, SECRET)

    def close(self):
        self.daemon.stop()
        if self.store is not None:
            self.store.close()
        self.github.__exit__(None, None, None)

    def propose(self, branch, files, by="ann", **more):
        self.github.branch(self.repo, branch, files, by)
        return self.github.state.open_pull(self.repo, branch, by, **more)

    def push(self, branch, files, by="ann", start=""):
        return self.github.branch(self.repo, branch, files, by, start)

    def say(self, pull, text, by="ann"):
        return self.github.state.comment(self.repo, pull.number, text, by)

    def comments(self, pull, by="bot"):
        return [
            c.body
            for c in list(self.repo.comments.values())
            if c.number == pull.number and c.author == by
        ]

    def report(self, pull):
        found = [c for c in self.comments(pull) if c.startswith(MARKER)]
        assert len(found) <= 1, "one report comment a pull request"
        return found[0] if found else ""

    def answers(self, pull):
        return [c for c in self.comments(pull) if not c.startswith(MARKER)]

    def runs(self, pull):
        return self.store.runs.list(repository="team", proposal=f"pr/{pull.number}", limit=100)

    def reported(self, pull, head=None):
        """The last report of a head once it is published and its status is set."""
        head = head or pull.head_sha

        def done():
            state = self.repo.status_of(head).get("algoops", "pending")
            return state if state != "pending" else None

        state = wait_for(done, f"a verdict on #{pull.number} at {head[:8]}")
        run = self.store.runs.latest("team", f"pr/{pull.number}", head=head, finished=True)
        return state, Report.model_validate_json(run.report) if run else None

    def answered(self, pull, count):
        """The first `count` answers to commands."""
        return wait_for(
            lambda: len(self.answers(pull)) >= count and self.answers(pull), f"answer {count}"
        )

    def nothing_missed(self):
        """Whether each delivery arrived in the end."""
        (hook,) = self.repo.hooks
        return {d.guid for d in hook.deliveries} == {
            d.guid for d in hook.deliveries if d.status == 202
        }

    def quiet(self):
        """Until nothing waits: deliveries sent, events taken, jobs done."""
        self.github.deliverer.wait()

        def idle():
            waiting = self.store.inbox.pending(10)
            depth = self.store.jobs.depth()
            return not waiting and not depth.get("queued") and not depth.get("leased")

        wait_for(idle, "quiet")


@pytest.fixture
def make_stage(tmp_path):
    made = []

    def make(**settings):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        stage = Stage(folder, **settings)
        made.append(stage)
        return stage

    yield make
    for stage in made:
        stage.close()
        assert stage.github.problems == []


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory):
    made = Stage(tmp_path_factory.mktemp("stage"))
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def stage(shared_stage):
    """One daemon for a module: each test has a branch and strategies of its own."""
    yield shared_stage
    assert shared_stage.github.problems == []
