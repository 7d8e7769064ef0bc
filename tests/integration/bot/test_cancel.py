"""Somebody stops the checks of a proposal: they stay stopped until asked for, or a new push."""

import json
import threading

import pytest

from bot.core.event_json import to_payload
from bot.core.events import Cancel, Check, CommandIssued
from bot.core.orders import DeployOrder
from bot.daemon.commands import run_command
from bot.deploy import deploys
from bot.proposals.check import check_proposal
from components.errors import Moved, UserError
from components.state.tables.records import Job
from tests.deploy_support import push, reported


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
    assert world.store.runs.list()[0].why == "cancelled"
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


@pytest.fixture
def deploying(stage, world, monkeypatch):
    """A deploy whose merge result has no verdict yet, under way in a thread; what came of it."""
    push(stage, "one", "alpha")
    reported(world, "one")
    with world.store.transaction():
        world.store._db.execute("DELETE FROM verdicts")
        world.store._db.execute("DELETE FROM documents WHERE user LIKE 'verdict:%'")
    started, ended, really = threading.Event(), [], deploys.checked

    def until_stopped(*words):
        started.set()
        assert words[-1].cancelled.wait(60)
        return really(*words)

    def order():
        try:
            ended.append(deploys.deploy(world, world.repository("demo"), ORDER))
        except (UserError, Moved) as error:
            ended.append(error)

    monkeypatch.setattr(deploys, "checked", until_stopped)
    thread = threading.Thread(target=order, daemon=True)
    thread.start()
    assert started.wait(60)
    yield lambda: (thread.join(60), ended[0])[1]
    monkeypatch.undo()


ORDER = DeployOrder("branch/one", "ada")


def test_cancel_while_a_deploy_checks_first_ends_the_deploy(stage, world, deploying, monkeypatch):
    base = stage.git("rev-parse", "main")
    order(world, Cancel())
    assert "cancelled, and the deploy with them" in str(deploying())
    assert stage.git("rev-parse", "main") == base
    assert world.store.runs.list()[0].why == "cancelled"
    assert shown(stage)[0] == "success"  # what is known of the commit itself
    monkeypatch.undo()
    assert deploys.deploy(world, world.repository("demo"), ORDER).ok


def test_push_while_a_deploy_checks_first_has_it_decided_anew(stage, world, deploying):
    push(stage, "one", "alpha", version="1.1.0")
    world.running.stop("demo", "branch/one", unless_head=stage.git("rev-parse", "one"))
    assert isinstance(deploying(), Moved)
    assert world.store.runs.list()[0].why == "superseded by a newer commit"


def test_report_of_a_new_push_lists_the_verdicts_before_it(stage, world):
    first = push(stage, "one", "alpha", extra={"strategy.yaml": "name: [\n"})
    check(world)
    push(stage, "one", "alpha", extra={"strategy.yaml": "name: alpha\n"})
    check(world)
    note = stage.git("notes", "--ref=algoops", "show", "one")
    assert "<details><summary>1 earlier verdict</summary>" in note
    assert f"| ❌ | `{first[:12]}` | failed |" in note
