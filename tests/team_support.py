"""A team on a protected GitHub repository, for tests of landings and rollbacks."""

import yaml

from bot.config.settings import PROJECT, load
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued
from bot.core.orders import RollbackOrder
from bot.daemon.commands import run_command
from bot.daemon.reconcile import reconcile
from bot.deploy.drift import base_moved
from bot.deploy.rollbacks import rollback
from bot.landing.outcomes import read
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.bars_support import few_bars


def definition(version, name):
    text = (PROJECT / "examples/strategies/sma_cross/strategy.yaml").read_text()
    text = text.replace("sma_cross", name).replace("backtesting.py", "rules")
    return text.replace("version: 1.0.0", f"version: {version}").encode()


def job(kind, key="team", payload=None, attempts=1):
    return Job(1, kind, key, "team", payload or {}, "leased", 0, attempts, 3, "", "")


class Team:
    """A protected repository; a strategy of each test's own, 1.1.0 is live and 1.0.0 was before."""

    def __init__(self, github, world, name):
        self.github, self.world, self.name = github, world, name
        self.file = f"strategies/{name}/strategy.yaml"
        self.branch = f"algoops/revert-{name}-1.1.0-to-1.0.0"
        self.watched = world.repository("team")
        self.repo = github.state.repos["acme/strategies"]
        self.repo.required, self.repo.reviews = [], 0
        self.git = self.repo.git
        self.push("1.0.0")
        self.push("1.1.0")
        self.repo.required = ["algoops"]
        self.before = set(self.repo.pulls)

    def push(self, version, name=""):
        name = name or self.name
        files = {f"strategies/{name}/strategy.yaml": definition(version, name)}
        self.github.branch(self.repo, "main", files, "ann")
        self.look()

    def look(self):
        base_moved(self.world, job("base"))

    def tick(self):
        reconcile(self.world, job("tick"))

    def roll_back(self, key="first", **more):
        key = f"{self.name}:{key}"
        order = RollbackOrder(self.name, "ada", "it lost money", key=key, **more)
        return rollback(self.world, self.watched, order)

    def command(self, proposal, command, key):
        event = CommandIssued("team", proposal, "ada", command, source="api")
        run_command(self.world, job("command", f"{self.name}:{key}", to_payload(event)))
        return self.outcome(key)

    def outcome(self, key="first"):
        return read(self.world.store, f"{self.name}:{key}")

    @property
    def pulls(self):
        return [p for n, p in self.repo.pulls.items() if n not in self.before]

    @property
    def pr(self):
        return f"pr/{max(self.repo.pulls)}"

    @property
    def live(self):
        return self.world.store.strategies.get("team", self.name).deployed_version

    def is_rolled_back(self):
        store = self.world.store
        hold = store.holds.active("team", self.name, "1.1.0")
        assert (
            self.git.run("show", f"main:{self.file}").encode()
            == definition("1.0.0", self.name).strip()
        )
        assert self.live == "1.0.0"
        assert store.versions.landed("team", self.name, "1.1.0").lifecycle is Lifecycle.ROLLED_BACK
        assert (hold.reason, hold.actor) == ("it lost money", "ada")
        assert store.deployments.current("team", self.name).kind == "rollback"
        assert store.intents.open() == []
        return True


def settings(tmp_path, github):
    config = tmp_path / "config.yaml"
    access = {
        "repository": "acme/strategies",
        "base_url": github.api_url,
        "token": github.token("bot"),
        "poll_s": 3600,
    }
    document = {
        "repositories": [{"name": "team", "forge": "github", "github": access}],
        **few_bars(tmp_path),
        "state": {"dir": str(tmp_path / "state")},
        "sandbox": {"backend": "bubblewrap", "warm": 0},
        "executor": {"workers": 1},
    }
    config.write_text(yaml.safe_dump(document))
    return load(config, env={})
