"""Somebody stops the checks of a proposal: they stay stopped until asked for, or a new push."""

import json

import pytest

from bot.check_job import check_proposal
from bot.command_job import run_command
from bot.event_json import to_payload
from bot.events import Cancel, Check, CommandIssued
from components.state.records import Job
from tests.deploy_support import push


def check(world, **more):
    payload = {"proposal": "branch/one", **more}
    check_proposal(world, Job(1, "check", "one", "demo", payload, "leased", 0, 1, 3, "", ""))


def order(world, command):
    event = CommandIssued("demo", "branch/one", "ada", command, source="cli")
    key = type(command).__name__
    run_command(world, Job(2, "command", key, "demo", to_payload(event), "leased", 0, 1, 3, "", ""))


def shown(stage):
    commit = stage.git("rev-parse", "one")
    file = stage.state / "reports" / "demo" / "+statuses" / f"{commit}.json"
    found = json.loads(file.read_text())["algoops"]
    return found["state"], found["description"]


def runs(world):
    return [r.status for r in world.store.runs.list(proposal="branch/one")]


@pytest.fixture
def cancelled(stage, world):
    """A proposal whose checks waited or ran, and were stopped."""
    push(stage, "one", "alpha")
    world.store.runs.start("demo", "branch/one", stage.git("rev-parse", "one"), "f" * 40, "check")
    order(world, Cancel())


def test_cancelled_checks_stay_cancelled_at_the_next_look(stage, world, cancelled):
    assert shown(stage) == ("error", "cancelled")
    check(world)
    assert runs(world) == ["superseded"]
    assert shown(stage) == ("error", "cancelled")


def test_power_cut_after_cancel_leaves_no_run_under_way(stage, world, cancelled):
    world.store.runs.start("demo", "branch/one", stage.git("rev-parse", "one"), "e" * 40, "check")
    check(world)
    assert runs(world) == ["superseded", "superseded"]


def test_asking_for_a_check_undoes_cancel(stage, world, cancelled):
    order(world, Check())
    check(world, force=True, asked=True)
    assert runs(world)[0] == "finished"
    assert shown(stage)[0] == "success"


def test_new_push_undoes_cancel(stage, world, cancelled):
    push(stage, "one", "alpha", version="1.1.0")
    check(world)
    assert runs(world)[0] == "finished"


def test_cancel_after_the_verdict_changes_nothing(stage, world):
    push(stage, "one", "alpha")
    check(world)
    order(world, Cancel())
    assert shown(stage)[0] == "success"


def test_crash_of_a_check_that_was_asked_for_leaves_no_run_under_way(stage, world):
    push(stage, "one", "alpha")
    head, base = stage.git("rev-parse", "one"), stage.git("rev-parse", "main")
    world.store.runs.start("demo", "branch/one", head, base, "check", attempt="job-7")
    check(world)
    assert runs(world) == ["finished", "superseded"]
    assert shown(stage)[0] == "success"
