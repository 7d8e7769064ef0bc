"""A check in two stages: what needs no sandbox is told at once, the rest waits for its turn."""

import json

import pytest

from bot.core.events import Cancel
from bot.core.notices import Answered
from bot.proposals.ask import ask_check
from bot.proposals.check import check_proposal
from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.tables.turns import SANDBOX, STATIC
from tests.deploy_support import push
from tests.integration.bot.test_cancel import order

FOO = "foo: 1\n"


def take(world, queue):
    """Does the next job of a queue, as a worker would; the job."""
    job = world.store.jobs.lease("w", 60, queues=(queue,))
    check_proposal(world, job)
    world.store.jobs.complete(job.id, "w")
    return job


def shown(stage, branch="one"):
    commit = stage.git("rev-parse", branch)
    folder = stage.state / "reports" / "demo"
    status = json.loads((folder / "+statuses" / f"{commit}.json").read_text())["algoops"]
    report = folder / f"{branch}.json"
    return status, json.loads(report.read_text()) if report.exists() else None


def asked(world, branch="one", author="ann"):
    ask_check(world, "demo", f"branch/{branch}", author)


@pytest.fixture
def waiting(stage, world):
    """A sound strategy whose static checks are done."""
    push(stage, "one", "alpha")
    asked(world)
    return take(world, STATIC)


def runs(world):
    return [(r.status, r.verdict) for r in world.store.runs.list(proposal="branch/one")]


def test_sound_strategy_waits_with_its_static_checks_shown_and_then_passes(stage, world, waiting):
    run = world.store.runs.latest("demo", "branch/one")
    assert runs(world) == [("running", None)]
    assert [c.name for c in world.store.runs.checks(run.id)] == ["schema", "code"]
    assert world.store.strategies.get("demo", "alpha").status is Lifecycle.TESTING
    job = world.store.jobs.get(waiting.id)
    assert (job.status, job.queue, job.author) == ("queued", SANDBOX, "ann")
    assert job.work > 4_000  # the bars of two symbols
    again = take(world, SANDBOX)
    assert again.id == waiting.id
    assert runs(world) == [("finished", Verdict.PASSED)]
    assert shown(stage)[0]["state"] == "success"
    moved = [r for r in world.store.audit.list(strategy="alpha") if r.event == "lifecycle.moved"]
    states = [row.new for row in reversed(moved)]
    assert states == ["discovered", "queued", "validating", "testing", "ready"]
    assert world.store.runs.get(run.id).starts == 2


def test_definition_error_is_the_verdict_without_any_sandbox(stage, world):
    said = []
    world.progress.subscribe(said.append)
    push(stage, "one", "alpha", extra={"note.txt": ""})
    file = stage.author.folder / "strategies/alpha/strategy.yaml"
    file.write_text(file.read_text() + FOO)
    stage.author.push("one", "broken")
    asked(world)
    take(world, STATIC)
    assert runs(world) == [("finished", Verdict.FAILED)]
    assert shown(stage)[0]["state"] == "failure"
    assert world.store.jobs.depth() == {"queued": 0, "leased": 0}
    assert [n.until for n in said if isinstance(n, Answered)] == ["verdict"]


def test_who_fails_is_told_while_the_others_of_the_proposal_wait(stage, world):
    push(stage, "one", "alpha", "beta")
    file = stage.author.folder / "strategies/beta/strategy.yaml"
    file.write_text(file.read_text() + FOO)
    stage.author.push("one", "one of two is broken")
    asked(world)
    take(world, STATIC)
    status, report = shown(stage)
    assert status["state"] == "failure"
    assert "beta failed schema" in status["description"]
    assert [s["name"] for s in report["strategies"]] == ["beta"]
    assert "Not checked yet: alpha (place 1 of 1" in report["summary"]
    assert runs(world) == [("running", None)]
    take(world, SANDBOX)
    assert [s["name"] for s in shown(stage)[1]["strategies"]] == ["alpha", "beta"]
    assert runs(world) == [("finished", Verdict.FAILED)]


def test_check_behind_others_says_its_place(stage, world, waiting):
    push(stage, "two", "beta")
    asked(world, "two", "bob")
    take(world, STATIC)
    status, _ = shown(stage, "two")
    assert status["state"] == "pending"
    assert (
        "definition and code are sound; waits for the sandbox: place 2 of 2"
        in (status["description"])
    )


def test_push_while_a_check_waits_is_looked_at_at_once_and_keeps_the_place(stage, world, waiting):
    push(stage, "one", "alpha", extra={"note.txt": "again"})
    asked(world, author="")
    job = take(world, STATIC)
    assert job.id == waiting.id
    assert runs(world) == [("running", None), ("superseded", None)]
    take(world, SANDBOX)
    assert runs(world)[0] == ("finished", Verdict.PASSED)


def test_cancelled_check_leaves_the_queue(stage, world, waiting):
    order(world, Cancel())
    assert world.store.jobs.get(waiting.id).status == "cancelled"
    assert runs(world) == [("superseded", None)]
    assert shown(stage)[0]["description"] == "cancelled"


def test_forced_check_keeps_its_run_through_both_stages(stage, world, waiting):
    take(world, SANDBOX)
    ask_check(world, "demo", "branch/one", "ann", force=True, asked=True)
    take(world, STATIC)
    take(world, SANDBOX)
    assert runs(world) == [("finished", Verdict.PASSED)] * 2
