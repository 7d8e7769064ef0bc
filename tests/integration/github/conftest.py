import pytest

from bot.daemon.github import GitMirror
from bot.daemon.opening import open_world
from bot.deploy.drift import base_moved
from components.forge.github import GitHubForge
from components.forge.github_auth import GitHubAccess
from tests.fakes.github.server import FakeGitHub
from tests.team_support import job, settings

STRATEGY = "strategies/alpha/strategy.yaml"


class Desk:
    """A fake GitHub with one repository, and the forge that watches it."""

    def __init__(self, github, folder):
        self.github = github
        self.folder = folder
        self.repo = github.repo(
            "acme/strategies",
            {STRATEGY: b"name: alpha\nversion: 1.0.0\n"},
            bot="admin",
            ann="write",
            reader="read",
        )
        self.git = self.repo.git
        self.forge = self.connect()

    def connect(self, budgets=None, **changed) -> GitHubForge:
        settings = {
            "repository": "acme/strategies",
            "base_url": self.github.api_url,
            "token": self.github.token("bot"),
            **changed,
        }
        mirror = GitMirror(self.folder / f"mirror-{changed.get('deploy_by', 'merge')}.git", "main")
        forge = GitHubForge(
            "main-repo", GitHubAccess(**settings), mirror, {} if budgets is None else budgets
        )
        forge.connection.client.sleep = self.slept.append
        return forge

    @property
    def slept(self) -> list[float]:
        self.__dict__.setdefault("_slept", [])
        return self.__dict__["_slept"]

    def propose(self, branch="feature", by="ann", content=b"name: alpha\nversion: 1.1.0\n", **more):
        self.github.branch(self.repo, branch, {STRATEGY: content}, by)
        return self.github.state.open_pull(self.repo, branch, by, **more)


@pytest.fixture(scope="module")
def github(tmp_path_factory):
    with FakeGitHub(tmp_path_factory.mktemp("github")) as made:
        made.repo("acme/strategies", bot="admin", ann="write")
        yield made
    assert made.problems == []


@pytest.fixture(scope="module")
def world(tmp_path_factory, github):
    with open_world(settings(tmp_path_factory.mktemp("bot"), github)) as made:
        base_moved(made, job("base"))  # the base as it was before the bot
        yield made


@pytest.fixture
def desk(tmp_path):
    with FakeGitHub(tmp_path) as github:
        made = Desk(github, tmp_path)
        yield made
        made.forge.close()
        made.forge.mirror.close()
    assert github.problems == []
