"""Somebody merges a proposal without the bot: what was tested and ready is a deploy, else drift."""

from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.core.orders import RollbackOrder
from bot.demo.author import git
from bot.deploy.drift import base_moved
from bot.deploy.rollbacks import rollback
from bot.landing.board import board_of
from bot.landing.drifted import drifted
from bot.landing.freezing import order_freeze
from bot.landing.lost import lost_lately
from bot.proposals.check import check_proposal
from bot.proposals.closing import close_proposal
from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.story import lifecycle_story
from components.state.tables.records import Job
from tests.deploy_support import push, reported


def job(kind, payload=None):
    return Job(9, kind, "demo", "demo", payload or {}, "leased", 0, 1, 3, "", "")


def look(world):
    base_moved(world, job("base"))


def checked(stage, world, branch):
    """A whole run on the branch as it is; the verdict of its content is known already."""
    (stage.author.folder / f"{branch}.md").write_text("Read me\n")
    stage.author.push(branch, "Say what it is")
    check_proposal(world, job("check", {"proposal": f"branch/{branch}"}))


def make_ready(stage, world):
    """alpha has passed on the branch `one`."""
    look(world)
    push(stage, "one", "alpha")
    reported(world, "one")
    checked(stage, world, "one")
    assert world.store.strategies.get("demo", "alpha").status is Lifecycle.READY


PASTS = {"ready": make_ready}


@pytest.fixture
def ready(stage):
    """See `make_ready`."""


def merge(stage, *branches, how="--no-ff"):
    folder = stage.author.folder
    git(folder, "fetch", "--quiet", "origin")
    git(folder, "switch", "--quiet", "-C", "main", "origin/main")
    for branch in branches:
        git(folder, "merge", "--quiet", how, "-m", f"Merge {branch}", f"origin/{branch}")
    git(folder, "push", "--quiet", "origin", "main")


def live(world, name="alpha"):
    return world.store.deployments.current("demo", name)


def names(world):
    return [d.name for d in drifted(world.store, "demo")]


def test_ready_proposal_that_somebody_merges_is_deployed_without_alarm(stage, world, ready):
    merge(stage, "one")
    look(world)
    why = "merged outside the bot by Ada Author, exactly as tested in branch/one"
    assert (live(world).version, live(world).reason, names(world)) == ("1.0.0", why, [])
    assert board_of(world.store, world.repository("demo")).drifted == []
    assert world.store.jobs.lease("worker", 60.0, ["recheck"]) is None
    row = world.store.versions.deployed("demo", "alpha")
    assert (row.proposal, row.verdict) == ("branch/one", Verdict.PASSED)
    assert row.content_key == live(world).content_key != ""
    told = "\n".join(lifecycle_story(world.store, "demo", "alpha"))
    assert f"Version 1.0.0 landed as commit {live(world).commit[:12]}." in told
    assert f"Outside deployed version 1.0.0: {why}." in told
    assert "without the bot" not in told
    order = RollbackOrder("alpha", "ada", "no reason", restore=True)
    done = rollback(world, world.repository("demo"), order)
    assert (done.code, why in done.message) == ("not_drifted", True)


def test_merge_by_hand_is_what_a_later_restore_puts_back(stage, world, ready):
    merge(stage, "one")
    look(world)
    was = live(world).tree
    push(stage, "evil", "alpha", version="1.1.0")
    merge(stage, "evil")
    look(world)
    assert names(world) == ["alpha"]
    order = RollbackOrder("alpha", "ada", "not ours", restore=True)
    assert rollback(world, world.repository("demo"), order).ok
    assert (live(world).tree, names(world)) == (was, [])


def test_merge_without_a_merge_commit_names_nobody(stage, world, ready):
    merge(stage, "one", how="--ff-only")
    look(world)
    assert live(world).reason == "merged outside the bot, exactly as tested in branch/one"
    assert names(world) == []


def test_merge_whose_branch_is_gone_before_the_bot_looks_is_deployed(stage, world, ready):
    merge(stage, "one")
    stage.git("update-ref", "-d", "refs/heads/one")
    close_proposal(world, world.repository("demo"), "branch/one")
    look(world)
    assert (live(world).version, live(world).proposal, names(world)) == ("1.0.0", "branch/one", [])
    assert world.store.strategies.get("demo", "alpha").status is Lifecycle.DEPLOYED


@pytest.fixture
def removal(stage, world, ready):
    """alpha is live as tested, and a checked proposal takes it off."""
    merge(stage, "one")
    look(world)
    stage.author.start("gone")
    git(stage.author.folder, "rm", "-rq", "strategies/alpha")
    stage.author.push("gone", "Away with alpha")
    check_proposal(world, job("check", {"proposal": "branch/gone"}))
    assert world.store.runs.latest("demo", "branch/gone").verdict is Verdict.NEUTRAL


def test_removal_of_a_checked_proposal_that_somebody_merges_raises_no_alarm(stage, world, removal):
    merge(stage, "gone")
    look(world)
    assert (live(world), names(world), lost_lately(world.store)) == (None, [], ())
    (gone, *_) = world.store.deployments.list("demo", "alpha")
    why = "merged outside the bot by Ada Author, exactly as listed in branch/gone"
    assert (gone.kind, gone.proposal, gone.reason) == ("removal", "branch/gone", why)
    assert why in "\n".join(lifecycle_story(world.store, "demo", "alpha"))
    push(stage, "evil", "alpha", version="1.1.0")
    merge(stage, "evil")
    look(world)
    assert names(world) == ["alpha"]
    order = RollbackOrder("alpha", "ada", "it was removed", restore=True)
    assert rollback(world, world.repository("demo"), order).ok
    assert (live(world), names(world)) == (None, [])


def test_rename_that_somebody_merges_raises_no_alarm_for_the_old_name(stage, world, ready):
    merge(stage, "one")
    look(world)
    push(stage, "renamed", "beta", version="1.0.0")
    git(stage.author.folder, "rm", "-rq", "strategies/alpha")
    stage.author.push("renamed", "alpha is beta now")
    reported(world, "renamed")
    checked(stage, world, "renamed")
    merge(stage, "renamed")
    look(world)
    assert (live(world), live(world, "beta").version, names(world)) == (None, "1.0.0", [])


def test_removal_of_other_content_than_the_one_that_was_listed_is_drift(stage, world, removal):
    push(stage, "two", "alpha", version="1.1.0")
    merge(stage, "two")
    look(world)
    git(stage.author.folder, "rm", "-rq", "strategies/alpha")
    stage.author.push("main", "Away with it by hand")
    look(world)
    assert (live(world), names(world)) == (None, ["alpha"])


def test_removal_beside_a_proposal_that_only_changes_the_strategy_is_drift(stage, world, ready):
    merge(stage, "one")
    look(world)
    push(stage, "two", "alpha", version="1.1.0")
    reported(world, "two")
    git(stage.author.folder, "switch", "--quiet", "main")
    git(stage.author.folder, "rm", "-rq", "strategies/alpha")
    stage.author.push("main", "Away with it by hand")
    look(world)
    assert (live(world), names(world)) == (None, ["alpha"])


def test_commit_that_came_after_the_check_is_drift(stage, world, ready):
    push(stage, "one", "alpha", extra={"note.txt": "x"})
    merge(stage, "one")
    look(world)
    assert names(world) == ["alpha"]


def test_proposal_that_failed_is_drift(stage, world):
    look(world)
    push(stage, "one", "alpha", extra={"strategy.py": "import os\n"})
    checked(stage, world, "one")
    merge(stage, "one")
    look(world)
    assert names(world) == ["alpha"]


def test_sum_of_two_proposals_that_nobody_tested_is_drift(stage, world, ready):
    push(stage, "two", "alpha")
    (stage.author.folder / "strategies/alpha/two.txt").write_text("2\n")
    stage.author.push("two", "More")
    reported(world, "two")
    merge(stage, "one", "two")
    look(world)
    assert names(world) == ["alpha"]


@pytest.fixture(params=["one", "gone"], ids=["content", "removal"])
def mergeable(request, ready):
    """The branch of a proposal that the bot would land: of new content, or of a removal."""
    if request.param == "gone":
        request.getfixturevalue("removal")
    return request.param


def test_merge_in_a_freeze_is_drift(stage, world, mergeable):
    order_freeze(world, world.repository("demo"), actor="ada", reason="audit", lasts="4h")
    merge(stage, mergeable)
    look(world)
    assert names(world) == ["alpha"]


def test_merge_without_the_approvals_that_a_deploy_needs_is_drift(stage, world, mergeable):
    rules = Authors(approvals={AuthorKind.PERSON: 1})
    watched = replace(world.repository("demo"), authors=rules)
    merge(stage, mergeable)
    look(replace(world, watched={"demo": watched}))
    assert names(world) == ["alpha"]


def test_held_version_that_somebody_merges_is_drift(stage, world, ready):
    world.store.holds.hold("demo", "alpha", "1.0.0", "ada", "too slow")
    merge(stage, "one")
    look(world)
    assert names(world) == ["alpha"]
