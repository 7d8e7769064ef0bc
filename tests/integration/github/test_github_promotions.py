"""Promotions on GitHub: pushed directly, or by a pull request where the branch is protected."""

import os
import signal
from dataclasses import replace
from unittest import mock

import pytest
import yaml

from bot.config.stages import StageSettings
from bot.core.failpoints import ENV, NAMES
from bot.core.orders import PromoteOrder, RollbackOrder
from bot.deploy.promotions import promote
from bot.deploy.rollbacks import rollback
from components.errors import UserError
from tests.fakes.github.server import Fault
from tests.team_support import Team, definition
from tests.warm_support import Command

PROTECTED = """#!/bin/sh
case "$1" in refs/heads/live)
  echo "error: GH006: Protected branch update failed for refs/heads/live." >&2
  echo "error: Changes must be made through a pull request." >&2
  exit 1
esac
"""

STAGES = [{"name": "paper"}, {"name": "live", "branch": "live"}]
COMMANDS = """
import sys
from pathlib import Path
from bot.config.settings import load
from bot.core.orders import PromoteOrder, RollbackOrder
from bot.daemon.opening import open_world
from bot.deploy.promotions import promote
from bot.deploy.rollbacks import rollback
config, command, name = sys.argv[1:]
with open_world(load(Path(config), env={})) as world:
    if command == "promote":
        promote(world, world.repository("team"), PromoteOrder(name, "ada", key=name))
    else:
        order = RollbackOrder(name, "ada", "it lost money", key=name, stage="live")
        rollback(world, world.repository("team"), order)
"""


class Staged(Team):
    """As `Team`, with a stage `live` whose branch may be protected."""

    def __init__(self, github, world, name):
        super().__init__(github, world, name)
        self.repo.required = []
        stages = tuple(StageSettings(**stage) for stage in STAGES)
        self.watched = replace(self.watched, stages=stages)
        self.world = replace(world, watched={"team": self.watched})
        self.passed("1.1.0")
        self.hook = self.git.path / "hooks" / "update"
        self.before = set(self.repo.pulls)
        self.others = set(self.git.branches())

    def passed(self, version):
        """As if the checks of what was pushed had passed."""
        known = self.world.store.versions.landed("team", self.name, version)
        self.world.store.versions.put(
            "team", self.name, version, tree=known.tree, content_key="k", verdict="passed"
        )

    def protect(self):
        self.hook.parent.mkdir(exist_ok=True)
        self.hook.write_text(PROTECTED)
        self.hook.chmod(0o755)

    def promote(self, key="first"):
        order = PromoteOrder(self.name, "ada", key=f"{self.name}:{key}")
        return promote(self.world, self.watched, order)

    def roll_back_live(self, key="rollback", **more):
        order = RollbackOrder(
            self.name, "ada", "it lost money", key=f"{self.name}:{key}", stage="live", **more
        )
        return rollback(self.world, self.watched, order)

    def cut(self, failpoint, command):
        """Give a command in a process of its own, whose power goes at a step."""
        config = self.world.store.path.parent.parent / "config.yaml"
        document = yaml.safe_load(config.read_text())
        document["repositories"][0]["stages"] = STAGES
        config.write_text(yaml.safe_dump(document))
        with mock.patch.dict(os.environ, {ENV: failpoint}):
            given = Command(config, command, self.name, code=COMMANDS)
        assert given.finish().returncode == -signal.SIGKILL

    def waits_for_review(self):
        """1.2.0 is proposed on the protected branch, and waits; its pull request."""
        self.promote()
        self.protect()
        self.next_version()
        self.repo.reviews = 1
        assert self.promote("second").code == "waiting"
        (pull,) = self.pulls
        return pull

    @property
    def offered(self):
        """The branches of promotions that were made since; other tests left theirs."""
        return [ref for ref in set(self.git.branches()) - self.others if "algoops/promote" in ref]

    def next_version(self, version="1.2.0"):
        self.push(version)
        self.passed(version)

    @property
    def landings(self):
        """Kind and version of each on the stage, the newest first."""
        found = self.world.store.deployments.list("team", self.name, stage="live")
        return [(d.kind, d.version) for d in found]

    @property
    def on_live(self):
        now = self.world.store.deployments.current("team", self.name, "live")
        return now.version if now else ""

    def at(self, ref):
        return self.git.run("rev-parse", f"{ref}:strategies/{self.name}")

    def tag(self, version):
        return self.git.run("rev-parse", f"live/{self.name}/v{version}^{{commit}}")


@pytest.fixture
def team(github, world):
    made = Staged(github, world, f"staged{len(world.store.strategies.list())}")
    yield made
    made.hook.unlink(missing_ok=True)
    made.repo.required, made.repo.reviews = [], 0
    for intent in world.store.intents.open():
        world.store.intents.settle(intent.id, "abandoned")
    for hold in world.store.holds.list():  # by content: the next one's is the same
        world.store.holds.unhold(hold.repository, hold.name, hold.version, "tests", "over")


def test_branch_that_is_not_there_and_may_not_be_made_says_so(team):
    team.protect()
    if "refs/heads/live" in team.git.branches():
        team.git.run("update-ref", "-d", "refs/heads/live")
        team.look()
    with pytest.raises(UserError, match="Protected branch"):
        team.promote()
    assert team.pulls == []
    assert team.world.store.intents.open() == []


def test_promotion_to_an_open_branch_is_pushed_with_its_tag(team):
    done = team.promote()
    assert (done.ok, done.code) == (True, "promoted"), done.message
    assert team.pulls == []
    assert team.at("live") == team.at("main")
    assert team.tag("1.1.0") == team.git.tip("refs/heads/live") == done.data["commit"]
    assert team.on_live == "1.1.0"
    before = team.git.tip("refs/heads/live")
    team.next_version()
    assert team.promote("second").code == "promoted"
    assert team.git.run("rev-parse", "live^") == before
    assert team.promote("third").code == "unchanged"


def test_promotion_to_a_protected_branch_goes_by_a_pull_request(team):
    team.promote()
    team.protect()
    team.next_version()
    done = team.promote("second")
    assert (done.ok, done.code) == (True, "promoted"), done.message
    (pull,) = team.pulls
    assert (pull.base_ref, pull.state) == ("live", "closed")
    assert pull.merged_at
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}
    assert team.at("live") == team.at("main")
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")
    assert team.on_live == "1.2.0"
    assert team.offered == []


def test_promotion_that_waits_for_a_review_says_so_and_lands_once_it_is_given(team):
    pull = team.waits_for_review()
    waits = team.promote("again")
    assert (waits.ok, waits.code) == (True, "waiting")
    assert "review" in waits.message
    assert team.pulls == [pull]
    assert team.on_live == "1.1.0"
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.on_live == "1.2.0"
    assert team.outcome("second").code == "promoted"
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")
    assert team.world.store.intents.open() == []


def test_promotion_merged_by_a_person_is_the_promotion_and_a_closed_one_ends(team):
    pull = team.waits_for_review()
    team.repo.reviews = 0
    team.github.state.merge(team.repo, pull, pull.head_sha, "By hand", "ann", "squash")
    team.look()
    (newest, _) = team.world.store.deployments.list("team", team.name, stage="live")
    assert (newest.kind, newest.version, newest.actor) == ("deploy", "1.2.0", "ada")
    team.next_version("1.3.0")
    team.repo.reviews = 1
    team.promote("third")
    team.github.state.close(team.repo, team.pulls[-1], "ann")
    team.tick()
    assert team.outcome("third").code == "given_up"
    assert team.world.store.intents.open() == []
    assert team.on_live == "1.2.0"


def test_rollback_of_a_protected_stage_goes_by_a_pull_request_onto_it(team):
    team.promote()
    team.protect()
    team.next_version()
    team.promote("second")
    base = team.git.tip("refs/heads/main")
    done = team.roll_back_live()
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert [p.base_ref for p in team.pulls] == ["live", "live"]
    assert team.on_live == "1.1.0"
    assert team.git.run("show", f"live:{team.file}").encode() == (
        definition("1.1.0", team.name).strip()
    )
    assert team.git.tip("refs/heads/main") == base
    assert team.world.store.holds.active("team", team.name, "1.2.0")
    assert team.live == "1.2.0"


def steps(*starts):
    return [name for name in NAMES if name.startswith(starts)]


@pytest.mark.parametrize(
    ("failpoint", "protected"),
    [
        *((step, True) for step in steps("promotion.", "revert.proposed")),
        *((step, False) for step in steps("promotion.")),
    ],
)
def test_power_cut_in_a_promotion_promotes_once(team, failpoint, protected):
    team.promote()
    team.next_version()
    if protected:
        team.protect()
    team.cut(failpoint, "promote")
    team.tick()
    assert team.promote("again").code in {"promoted", "unchanged"}
    assert team.landings == [("deploy", "1.2.0"), ("deploy", "1.1.0")]
    assert [bool(pull.merged_at) for pull in team.pulls] == [True] * protected
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")
    assert team.at("live") == team.at("main")
    assert team.offered == []
    assert team.world.store.intents.open() == []


@pytest.mark.parametrize("failpoint", steps("rollback.", "revert.proposed"))
def test_power_cut_in_a_rollback_of_a_protected_stage_rolls_back_once(team, failpoint):
    team.promote()
    team.next_version()
    assert team.promote("second").code == "promoted"
    team.protect()
    before = team.git.tip("refs/heads/main")
    team.cut(failpoint, "rollback")
    team.tick()
    if failpoint == "rollback.prepared":  # nothing was announced
        assert team.on_live == "1.2.0"
        team.roll_back_live()
    assert team.landings[0] == ("rollback", "1.1.0")
    assert len(team.landings) == 3
    assert [bool(pull.merged_at) for pull in team.pulls] == [True]
    assert team.at("live") == team.git.run("rev-parse", f"live~2:strategies/{team.name}")
    assert team.git.tip("refs/heads/main") == before
    assert team.world.store.holds.active("team", team.name, "1.2.0")
    assert team.world.store.intents.open() == []


def test_promotion_lands_on_a_branch_that_moved_elsewhere_meanwhile(team):
    pull = team.waits_for_review()
    team.github.branch(team.repo, "live", {"README.md": b"of a person"}, "ann")
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.on_live == "1.2.0"
    assert team.git.run("show", "live:README.md") == "of a person"
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")


def test_promotion_ends_where_a_person_changed_the_strategy_on_the_stage_meanwhile(team):
    pull = team.waits_for_review()
    theirs = definition("1.1.5", team.name)
    team.github.branch(team.repo, "live", {team.file: theirs}, "ann")
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.outcome("second").code == "given_up"
    assert not pull.merged_at
    assert team.git.run("show", f"live:{team.file}").encode() == theirs.strip()
    assert team.world.store.intents.open() == []


def test_commit_pushed_upon_a_promotion_never_reaches_the_stage(team):
    pull = team.waits_for_review()
    (branch,) = team.offered
    theirs = {team.file: definition("6.6.6", team.name)}
    team.github.branch(team.repo, branch.removeprefix("refs/heads/"), theirs, "ann")
    assert team.repo.status_of(pull.head_sha) == {}
    team.github.state.approve(team.repo, pull, "zoe")
    team.tick()
    assert (team.on_live, pull.merged_at) == ("1.1.0", "")
    assert team.outcome("second").code == "given_up"
    assert branch in team.git.branches(), "their work is not thrown away"
    assert team.world.store.intents.open() == []


def test_promotion_whose_branch_was_deleted_ends_and_can_be_asked_for_again(team):
    team.waits_for_review()
    (branch,) = team.offered
    team.github.state.push(team.repo, branch, None, "ann")
    team.tick()
    assert team.outcome("second").code == "given_up"
    assert team.promote("again").code == "waiting"
    assert [pull.state for pull in team.pulls] == ["closed", "open"]


@pytest.mark.parametrize("call", ["POST .*/pulls$", "PUT .*/merge"])
def test_promotion_outlives_an_answer_of_github_that_was_lost(team, call):
    team.promote()
    team.protect()
    team.next_version()
    team.github.faults.append(Fault(call, after=True))
    with pytest.raises(Exception, match="did not answer"):
        team.promote("second")
    team.tick()
    assert team.landings == [("deploy", "1.2.0"), ("deploy", "1.1.0")]
    assert len(team.pulls) == 1
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")
