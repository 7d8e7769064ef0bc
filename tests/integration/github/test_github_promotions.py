"""Promotions on GitHub: pushed directly, or by a pull request where the branch is protected."""

from dataclasses import replace

import pytest

from bot.config.stages import StageSettings
from bot.core.orders import PromoteOrder, RollbackOrder
from bot.deploy.promotions import promote
from bot.deploy.rollbacks import rollback
from components.errors import UserError
from tests.team_support import Team, definition

PROTECTED = """#!/bin/sh
case "$1" in refs/heads/live)
  echo "error: GH006: Protected branch update failed for refs/heads/live." >&2
  echo "error: Changes must be made through a pull request." >&2
  exit 1
esac
"""


class Staged(Team):
    """As `Team`, with a stage `live` whose branch may be protected."""

    def __init__(self, github, world, name):
        super().__init__(github, world, name)
        self.repo.required = []
        live = StageSettings(name="live", branch="live")
        self.watched = replace(self.watched, stages=(StageSettings(name="paper"), live))
        self.world = replace(world, watched={"team": self.watched})
        self.passed("1.1.0")
        self.hook = self.git.path / "hooks" / "update"
        self.before = set(self.repo.pulls)

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

    def next_version(self, version="1.2.0"):
        self.push(version)
        self.passed(version)

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
    assert not any("algoops/promote" in ref for ref in team.git.branches())


def test_promotion_that_waits_for_a_review_says_so_and_lands_once_it_is_given(team):
    team.promote()
    team.protect()
    team.next_version()
    team.repo.reviews = 1
    waits = team.promote("second")
    assert (waits.ok, waits.code) == (True, "waiting")
    assert "review" in waits.message
    assert team.promote("again").code == "waiting"
    (pull,) = team.pulls
    assert team.on_live == "1.1.0"
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.on_live == "1.2.0"
    assert team.outcome("second").code == "promoted"
    assert team.tag("1.2.0") == team.git.tip("refs/heads/live")
    assert team.world.store.intents.open() == []


def test_promotion_merged_by_a_person_is_the_promotion_and_a_closed_one_ends(team):
    team.promote()
    team.protect()
    team.next_version()
    team.repo.reviews = 1
    team.promote("second")
    (pull,) = team.pulls
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
