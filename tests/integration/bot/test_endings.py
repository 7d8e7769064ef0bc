"""Runs that a crash or a closed branch left behind: their commits do not stay pending."""

import json

import pytest

from bot.proposals.check import check_proposal
from bot.proposals.closing import close_proposal
from components.ports import StatusState
from components.state.tables.records import Job
from tests.deploy_support import push, reported


def job(branch):
    payload = {"proposal": f"branch/{branch}"}
    return Job(1, "check", f"branch/{branch}", "demo", payload, "leased", 0, 1, 3, "", "")


@pytest.fixture
def pending(stage, world):
    """A run that was under way when the daemon died, and its commit."""
    push(stage, "one", "alpha")
    watched = world.repository("demo")
    head = stage.git("rev-parse", "one")
    run = world.store.runs.start("demo", "branch/one", head, watched.forge.base(), "check")
    watched.forge.set_status(head, "algoops", StatusState.PENDING, "checks are running", "")
    return run


def shown(stage, commit):
    file = stage.state / "reports" / "demo" / "+statuses" / f"{commit}.json"
    found = json.loads(file.read_text())["algoops"]
    return found["state"], found["description"]


def test_branch_deleted_while_the_daemon_was_down_leaves_no_pending_commit(stage, world, pending):
    stage.git("update-ref", "-d", "refs/heads/one")
    close_proposal(world, world.repository("demo"), "branch/one")
    assert shown(stage, pending.head) == ("error", "closed before its checks ended")
    ended = world.store.runs.get(pending.id)
    assert (ended.status, ended.why) == ("superseded", "closed before its checks ended")


def test_push_while_the_daemon_was_down_leaves_no_pending_commit(stage, world, pending):
    push(stage, "one", "alpha", version="1.1.0")
    check_proposal(world, job("one"))
    assert shown(stage, pending.head) == ("error", "superseded by a newer commit")
    assert world.store.runs.get(pending.id).why == "superseded by a newer commit"
    assert shown(stage, stage.git("rev-parse", "one"))[0] == "success"


def test_commit_that_was_judged_before_shows_its_verdict_again(stage, world):
    push(stage, "one", "alpha")
    reported(world, "one")
    head = stage.git("rev-parse", "one")
    watched = world.repository("demo")
    world.store.runs.start("demo", "branch/one", head, "f" * 40, "check")
    watched.forge.set_status(head, "algoops", StatusState.PENDING, "checks are running", "")
    stage.git("update-ref", "-d", "refs/heads/one")
    close_proposal(world, watched, "branch/one")
    assert shown(stage, head)[0] == "success"
