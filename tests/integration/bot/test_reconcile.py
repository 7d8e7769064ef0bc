"""What a Tick puts right: runs and side effects that a crash left half done."""

from dataclasses import replace

import pytest

from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Hold
from bot.core.orders import DeployOrder, RollbackOrder
from bot.daemon.commands import run_command
from bot.daemon.reconcile import reconcile
from bot.deploy.deploys import _decide
from bot.deploy.drift import AGAIN, base_moved
from bot.deploy.parts import message_of, part_of
from bot.deploy.rollbacks import rollback
from bot.landing.land import _landing, announce_deploy
from bot.landing.unfinished import finish_open, unfinished
from components.errors import Moved, TransientError
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.deploy_support import push, reported


def tick(world):
    reconcile(world, Job(9_999, "tick", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))


def test_check_of_an_older_base_whose_job_is_over_does_not_run_for_ever(world):
    store = world.store
    number = store.jobs.enqueue("recheck", "demo", "demo", {})
    run = store.runs.start("demo", "base/main", "a" * 40, "a" * 40, "recheck", f"job-{number}")
    tick(world)
    assert store.runs.get(run.id).status == "running"
    job = store.jobs.lease("worker", 60, kinds=["recheck"])
    store.jobs.complete(job.id, "worker")
    tick(world)
    assert store.runs.get(run.id).status == "superseded"


def test_ticks_look_again_at_a_few_judged_proposals_in_turn_and_at_each_that_is_not_judged(
    stage, world
):
    names = [f"b{number:02}" for number in range(AGAIN + 2)]
    for name in names:
        push(stage, name, name)
        reported(world, name)
    push(stage, "new", "fresh")
    base_job = Job(9_998, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", "")
    base_moved(world, base_job)  # the first look at this base has all in it
    asked = []
    for _ in range(3):
        while job := world.store.jobs.lease("worker", 60, kinds=["check"]):
            asked.append(job.key.removeprefix("branch/"))
            world.store.jobs.complete(job.id, "worker")
        base_moved(world, base_job)
    assert sorted(asked[: len(names) + 1]) == sorted([*names, "new"])
    first, second = (asked[len(names) + 1 :][start : start + AGAIN + 1] for start in (0, AGAIN + 1))
    assert sorted(first) == sorted([*names[:AGAIN], "new"])
    assert sorted(second) == sorted([*names[AGAIN:], *names[: AGAIN - 2], "new"])


def land_and_cut_the_power(world, watched):
    """alpha 1.0.0 lands, and nothing of it is on record."""
    ready = _decide(world, watched, DeployOrder("branch/one", "ada"))
    snapshot, words = ready.snapshot, message_of(ready)
    commit = watched.where.repository.commit(
        snapshot.merge_tree, (snapshot.base, snapshot.head), words
    )
    part = part_of(ready, snapshot.base, commit)
    intent = announce_deploy(world, watched, (part,), words)
    watched.forge.land(_landing(watched, intent, (part,)))  # here the power went


def hold(world, name):
    wish = CommandIssued("demo", "", "ada", Hold(name, "1.0.0", "wait"), source="cli")
    run_command(world, Job(1, "command", "k", "demo", to_payload(wish), "leased", 0, 1, 3, "", ""))


def test_hold_after_a_crash_comes_after_the_landing_that_it_did_not_see(stage, world):
    push(stage, "one", "alpha")
    reported(world, "one")
    watched = world.repository("demo")
    land_and_cut_the_power(world, watched)
    hold(world, "alpha")
    with watched.lane:
        finish_open(world, watched)
    assert world.store.intents.open("deploy", "demo") == []
    strategy = world.store.strategies.get("demo", "alpha")
    assert (strategy.status, strategy.deployed_version) == (Lifecycle.DEPLOYED, "1.0.0")
    assert world.store.holds.active("demo", "alpha", "1.0.0") is not None


def test_while_the_forge_does_not_say_what_landed_only_other_strategies_are_decided_on(
    stage, world, monkeypatch
):
    push(stage, "one", "alpha")
    reported(world, "one")
    watched = world.repository("demo")
    land_and_cut_the_power(world, watched)
    back = RollbackOrder("alpha", "ada", "it loses", key="back")
    with monkeypatch.context() as silent:
        silent.setattr(type(watched.forge), "land", no_answer)
        for decide in (lambda: hold(world, "alpha"), lambda: rollback(world, watched, back)):
            with pytest.raises(Moved, match="whether a landing of alpha happened is not known yet"):
                decide()
        other = replace(back, name="omega", key="other")
        assert rollback(world, watched, other).code == "not_deployed"
    assert world.store.holds.active("demo", "alpha", "1.0.0") is None
    assert rollback(world, watched, replace(back, whole=True)).ok
    assert world.store.intents.open(repository="demo") == []


def no_answer(*_):
    raise TransientError("no answer")


def test_open_landing_of_another_repository_is_not_this_ones_to_finish(world):
    landed = {"parts": [{"landed": [{"name": "alpha"}]}]}
    world.store.intents.announce("deploy", "other", "c" * 40, landed)
    watched = world.repository("demo")
    assert finish_open(world, watched) == unfinished(world, watched) == frozenset()
    assert len(world.store.intents.open("deploy", "other")) == 1
