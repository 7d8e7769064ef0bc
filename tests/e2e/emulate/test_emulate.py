"""A strategy's whole life on an emulator of GitHub that nobody of this project wrote."""

import pytest
import yaml

from bot.config.settings import PROJECT, load
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued
from bot.daemon.commands import run_command
from bot.daemon.opening import open_world
from bot.daemon.reconcile import reconcile
from bot.deploy.drift import base_moved
from bot.proposals.check import check_proposal
from bot.report.markdown import MARKER
from bot.sources.poll import Poll
from components.state.tables.records import Job
from tests.bars_support import few_bars
from tests.e2e.emulate.glue import OWNER, REPO, Glued, token

FOLDER = "strategies/sma_cross"
FILES = {
    f"{FOLDER}/{name}": (PROJECT / "examples" / FOLDER / name)
    .read_bytes()
    .replace(b"[SPX, IXIC]", b"[SPX]")
    for name in ("strategy.py", "strategy.yaml")
}
DEFINITION = f"{FOLDER}/strategy.yaml"


def version(number):
    text = FILES[DEFINITION].replace(b"version: 1.0.0", f"version: {number}".encode())
    return {**FILES, DEFINITION: text}


def job(kind, key="team", payload=None):
    return Job(1, kind, key, "team", payload or {}, "leased", 0, 1, 3, "", "")


class Team:
    """The emulator, the bot's world beside it, and what an author does."""

    def __init__(self, glued, world):
        self.glued, self.world, self.git = glued, world, glued.git
        self.watched = world.repository("team")
        self.heard = []
        self.poll = Poll(self.watched.forge, self.heard.append, world.store.meta)
        self.poll.look()

    def propose(self, branch, files):
        self.glued.push(branch, self.git.commit(files, self.git.tip("refs/heads/main")))
        asked = {"title": branch, "head": branch, "base": "main"}
        return self.glued.told("POST", f"{REPO}/pulls", asked)["number"]

    def check(self, number):
        check_proposal(self.world, job("check", f"pr/{number}", {"proposal": f"pr/{number}"}))
        return self.world.store.runs.latest("team", f"pr/{number}", finished=True).verdict

    def say(self, number, text, login=OWNER):
        """Comment, and let the bot hear it by polling and do it; its answer."""
        self.heard.clear()
        body = {"body": text}
        said = self.glued.told("POST", f"{REPO}/issues/{number}/comments", body, login)
        self.poll.look()
        (command,) = [e for e in self.heard if isinstance(e, CommandIssued)]
        assert command.comment == str(said["id"])
        run_command(self.world, job("command", f"said-{said['id']}", to_payload(command)))
        return self.comments(number)[-1]

    def comments(self, number):
        listed = self.glued.told("GET", f"{REPO}/issues/{number}/comments")
        return [c["body"] for c in listed if c["user"]["login"] == "bot"]

    def protect(self, **rules):
        known = {"required_status_checks": None, "required_pull_request_reviews": None}
        body = {**known, "enforce_admins": False, "restrictions": None, **rules}
        self.glued.told("PUT", f"{REPO}/branches/main/protection", body)

    @property
    def live(self):
        return self.world.store.strategies.get("team", "sma_cross").deployed_version


@pytest.fixture(scope="session")
def glued(tmp_path_factory):
    with Glued(tmp_path_factory.mktemp("emulate")) as made:
        made.push("main", made.git.commit({"README.md": b"strategies\n"}, message="first"))
        made.told("PUT", f"{REPO}/collaborators/bot", {"permission": "admin"})
        yield made


@pytest.fixture(scope="session")
def team(tmp_path_factory, glued):
    folder = tmp_path_factory.mktemp("bot")
    access = {"repository": f"{OWNER}/strategies", "base_url": glued.url, "token": token("bot")}
    document = {
        "repositories": [{"name": "team", "forge": "github", "github": access}],
        **few_bars(folder),
        "state": {"dir": str(folder / "state")},
        "sandbox": {"backend": "bubblewrap", "warm": 0},
        "executor": {"workers": 1},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(document))
    with open_world(load(folder / "config.yaml", env={})) as world:
        base_moved(world, job("base"))
        yield Team(glued, world)


def test_a_strategy_lives_from_its_proposal_to_its_rollback(team):
    number = team.propose("first", {f"{FOLDER}/strategy.py": b"import os\n", **version("0.9.0")})
    bad = {**version("0.9.0"), f"{FOLDER}/strategy.py": b"import os\n"}
    first = team.git.tip("refs/heads/first")
    team.glued.push("first", team.git.commit(bad, first, message="a mistake"))
    assert team.check(number) == "failed"
    team.glued.push("first", team.git.commit(FILES, team.git.tip("refs/heads/first")))
    assert team.check(number) == "passed"
    (report,) = team.comments(number)
    assert report.startswith(MARKER)
    assert team.git.tip("refs/heads/first")[:12] in report

    team.protect(required_status_checks={"strict": False, "contexts": ["algoops"]})
    assert "needs write access" in team.say(number, "/algoops deploy", "stranger")
    assert "Deployed" in team.say(number, "Good.\n\n/algoops deploy")
    assert team.live == "1.0.0"
    assert team.git.run("show", f"main:{DEFINITION}").encode() == FILES[DEFINITION].strip()
    tag = team.glued.told("GET", f"{REPO}/git/ref/tags/sma_cross/v1.0.0")
    assert tag["object"]["type"] == "tag"

    better = team.propose("better", version("1.1.0"))
    assert team.check(better) == "passed"
    assert "Deployed" in team.say(better, "/algoops deploy")
    assert team.live == "1.1.0"

    team.protect(
        required_status_checks={"strict": False, "contexts": ["algoops"]},
        required_pull_request_reviews={"required_approving_review_count": 1},
    )
    answer = team.say(better, "/algoops rollback sma_cross it lost money")
    assert "waits for a review" in answer
    assert team.live == "1.1.0"
    (revert,) = team.glued.told("GET", f"{REPO}/pulls?state=open")
    approval = {"event": "APPROVE"}
    team.glued.told("POST", f"{REPO}/pulls/{revert['number']}/reviews", approval, "zoe")
    reconcile(team.world, job("tick"))
    assert team.live == "1.0.0"
    assert team.git.run("show", f"main:{DEFINITION}").encode() == FILES[DEFINITION].strip()
    assert team.world.store.holds.active("team", "sma_cross", "1.1.0").reason == "it lost money"
    assert "Rolled back" in team.comments(revert["number"])[-1]
    assert [b for b in team.git.branches() if "algoops/" in b] == []
