"""Rollbacks on a protected GitHub repository: an emergency is neither judged nor stuck."""

import threading

import pytest
import yaml

from bot.config.settings import PROJECT, load
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Deploy, Hold
from bot.core.orders import RollbackOrder
from bot.daemon.commands import run_command
from bot.daemon.intake import close
from bot.daemon.merge_groups import check_group
from bot.daemon.opening import open_world
from bot.daemon.reconcile import reconcile
from bot.deploy.drift import base_moved
from bot.deploy.rollbacks import rollback
from bot.landing.outcomes import read
from bot.proposals.check import check_proposal
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.fakes.github.server import FakeGitHub, Fault


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
        self.look()
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


@pytest.fixture(scope="module")
def github(tmp_path_factory):
    with FakeGitHub(tmp_path_factory.mktemp("github")) as made:
        made.repo("acme/strategies", bot="admin", ann="write")
        yield made
    assert made.problems == []


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
        "policies": str(PROJECT / "policies"),
        "data": {"dir": str(PROJECT / "examples/data")},
        "state": {"dir": str(tmp_path / "state")},
        "sandbox": {"backend": "bubblewrap", "warm": 0},
        "executor": {"workers": 1},
    }
    config.write_text(yaml.safe_dump(document))
    return load(config, env={})


@pytest.fixture(scope="module")
def world(tmp_path_factory, github):
    with open_world(settings(tmp_path_factory.mktemp("bot"), github)) as made:
        yield made


@pytest.fixture
def team(github, world):
    made = Team(github, world, f"alpha{len(world.store.strategies.list())}")
    yield made
    for intent in world.store.intents.open():
        world.store.intents.settle(intent.id, "abandoned")


def test_rollback_on_a_protected_base_lands_at_once_and_is_judged_by_no_gate(team):
    done = team.roll_back()
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert team.is_rolled_back()
    (pull,) = team.pulls
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}
    assert team.world.store.runs.list(repository="team", proposal=team.pr) == []
    assert f"refs/heads/{team.branch}" not in team.git.branches()


def test_rollback_that_github_called_not_mergeable_a_moment_too_early_lands(team):
    said = {"message": "Pull Request is not mergeable"}
    team.github.faults.append(Fault("PUT .*/pulls/[0-9]+/merge", 405, body=said))
    assert team.roll_back().code == "rolled_back"
    assert team.is_rolled_back()
    assert len(team.pulls) == 1


def test_rollback_that_waits_for_a_review_says_so_and_lands_once_it_is_given(team):
    team.repo.reviews = 1
    waits = team.roll_back()
    assert (waits.ok, waits.code) == (True, "waiting")
    assert "waits for a review" in waits.message
    assert "At least 1 approving review" in waits.message
    assert team.live == "1.1.0"
    (pull,) = team.pulls
    check_proposal(team.world, job("check", team.pr, {"proposal": team.pr}))
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}, "it is judged all the same"
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.is_rolled_back()
    assert team.outcome().code == "rolled_back"
    team.tick()
    (told,) = [c.body for c in team.repo.comments.values() if f"pr/{c.number}" == team.pr]
    assert "Rolled back" in told


def test_rollback_that_waits_keeps_no_other_command_waiting(team):
    team.repo.reviews = 1
    team.roll_back()
    held = team.command("", Hold(team.name, "1.0.0", "not this one"), "hold")
    assert held.ok, held.message
    team.push("1.0.0", "beta")
    assert team.world.store.strategies.get("team", "beta").deployed_version == "1.0.0"
    refused = team.command("pr/99", Deploy(), "deploy")
    assert refused.code == "not_found"
    team.tick()
    assert len(team.world.store.intents.open()) == 1


def test_rollback_merged_by_a_person_with_squash_on_a_base_that_moved_is_the_rollback(team):
    team.repo.reviews = 1
    team.roll_back()
    team.push("1.0.0", "gamma")
    team.repo.reviews = 0
    (pull,) = team.pulls
    team.github.state.merge(team.repo, pull, pull.head_sha, "By hand", "ann", "squash")
    team.look()
    assert team.is_rolled_back()
    kinds = [d.kind for d in team.world.store.deployments.list(repository="team", name=team.name)]
    assert kinds == ["rollback", "external", "external"]


def test_rollback_whose_pull_request_is_closed_ends_and_can_be_asked_for_again(team):
    team.repo.reviews = 1
    team.roll_back()
    (pull,) = team.pulls
    team.github.state.close(team.repo, pull, "ann")
    close(team.world, "team", team.pr)
    assert team.world.store.intents.open() == []
    assert team.live == "1.1.0"
    assert team.world.store.holds.active("team", team.name, "1.1.0") is None
    ended = team.outcome()
    assert (ended.ok, ended.code) == (False, "given_up")
    assert "closed" in ended.message
    assert f"refs/heads/{team.branch}" not in team.git.branches()
    team.repo.reviews = 0
    assert team.roll_back(key="again").code == "rolled_back"
    assert team.is_rolled_back()


def test_rollback_ends_when_the_strategy_moves_on_and_takes_nothing_of_it_back(team):
    team.repo.reviews = 1
    team.roll_back()
    team.push("1.2.0")
    assert team.world.store.intents.open() == []
    assert [p.state for p in team.pulls] == ["closed"]
    assert team.live == "1.2.0"
    assert team.outcome().code == "given_up"


def test_rollback_asked_for_twice_has_one_pull_request(team):
    team.repo.reviews = 1
    done = []

    def ask(key):
        done.append(team.roll_back(key=key))

    askers = [threading.Thread(target=ask, args=(key,)) for key in ("one", "two")]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert [d.code for d in done] == ["waiting", "waiting"]
    assert len(team.pulls) == 1
    assert team.roll_back(key="three", version="0.9.0").code == "under_way"


def test_rollback_adopts_what_an_earlier_life_left_behind(team, tmp_path):
    team.repo.reviews = 1
    team.roll_back()
    (intent,) = team.world.store.intents.open()
    team.world.store.intents.settle(intent.id, "abandoned")  # as after a lost state folder
    again = team.roll_back(key="again")
    assert again.code == "waiting"
    assert len(team.pulls) == 1
    team.github.state.approve(team.repo, team.pulls[0], "ann")
    assert team.command(team.pr, Deploy(), "deploy").code == "rolled_back"
    assert team.is_rolled_back()


def test_rollback_leaves_a_branch_that_holds_somebody_elses_work_alone(team):
    theirs = team.github.branch(team.repo, team.branch, {"README.md": b"mine\n"}, "ann")
    assert team.roll_back().code == "rolled_back"
    assert team.is_rolled_back()
    assert team.git.tip(f"refs/heads/{team.branch}") == theirs


def test_rollback_whose_branch_was_deleted_ends(team):
    team.repo.reviews = 1
    team.roll_back()
    team.github.state.push(team.repo, f"refs/heads/{team.branch}", None, "ann")
    team.tick()
    assert team.world.store.intents.open() == []
    assert team.roll_back(key="again").code == "waiting"
    assert [p.state for p in team.pulls] == ["closed", "open"]


def test_rollback_outlives_errors_of_github_in_the_middle(team):
    team.github.faults.append(Fault("PUT .*/merge", after=True))
    with pytest.raises(Exception, match="did not answer"):
        team.roll_back()
    assert team.world.store.intents.open()
    team.look()
    assert team.is_rolled_back()
    kinds = [d.kind for d in team.world.store.deployments.list(repository="team", name=team.name)]
    assert kinds == ["rollback", "external", "external"]


def test_commit_pushed_upon_a_rollback_is_no_rollback_any_more(team):
    team.repo.reviews = 1
    team.roll_back()
    team.github.branch(team.repo, team.branch, {team.file: definition("6.6.6", team.name)}, "ann")
    (pull,) = team.pulls
    assert team.repo.status_of(pull.head_sha) == {}
    team.github.state.approve(team.repo, pull, "zoe")
    team.tick()
    assert team.live == "1.1.0"
    assert team.world.store.intents.open() == []
    assert f"refs/heads/{team.branch}" in team.git.branches(), "their work is not thrown away"


def group_of(team, files):
    """A group of the merge queue: its branch, its commit, and the job that checks it."""
    main = team.git.tip("refs/heads/main")
    commit = team.git.commit(files, main, message="a group")
    ref = f"gh-readonly-queue/main/pr-1-{main}"
    team.git.move(f"refs/heads/{ref}", commit)
    check_group(team.world, job("group", commit, {"ref": ref}))
    team.git.move(f"refs/heads/{ref}", None)
    return commit


def test_group_of_the_merge_queue_gets_the_verdict_of_what_it_would_bring(team):
    bad = {f"strategies/{team.name}/strategy.yaml": b"name: 7\n"}
    assert team.repo.status_of(group_of(team, bad)) == {"algoops": "failure"}
    assert team.repo.status_of(group_of(team, {"README.md": b"x\n"})) == {"algoops": "success"}
    assert team.live == "1.1.0"


def test_group_that_holds_a_rollback_is_judged_by_no_gate(team):
    team.repo.reviews = 1
    team.roll_back()
    restored = group_of(team, {team.file: definition("1.0.0", team.name)})
    assert team.repo.status_of(restored) == {"algoops": "success"}
