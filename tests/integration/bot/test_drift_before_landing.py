"""Somebody moves the base, and a landing comes before the bot has looked."""

import threading

from bot.core.orders import DeployOrder, RollbackOrder
from bot.deploy import drift
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.deploy.rollbacks import rollback
from components.state.tables.records import Job
from tests.deploy_support import push, reported


def look(world):
    base_moved(world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))


def push_outside(stage, name):
    push(stage, "by-hand", name)
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "by-hand"))
    stage.git("update-ref", "-d", "refs/heads/by-hand")


def live(world, name):
    strategy = world.store.strategies.get("demo", name)
    return strategy.deployed_version if strategy is not None else None


def kinds(world):
    return {d.name: d.kind for d in world.store.deployments.list(repository="demo")}


def test_what_came_before_a_deploy_is_recorded_at_the_next_look(stage, world):
    look(world)
    push(stage, "one", "alpha")
    push_outside(stage, "stranger")
    reported(world, "one")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    look(world)
    assert (live(world, "alpha"), live(world, "stranger")) == ("1.0.0", "1.0.0")
    assert kinds(world) == {"alpha": "deploy", "stranger": "external"}


def test_what_came_before_a_rollback_is_recorded_at_the_next_look(stage, world):
    look(world)
    push(stage, "one", "alpha")
    reported(world, "one")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    push_outside(stage, "stranger")
    order = RollbackOrder("alpha", "ada", "it lost money", whole=True)
    assert rollback(world, world.repository("demo"), order).ok
    look(world)
    assert live(world, "stranger") == "1.0.0"
    assert live(world, "alpha") == ""


def test_others_write_while_live_content_is_read(stage, world, monkeypatch):
    read, written = drift.read_definition, []

    def read_beside_a_writer(*words):
        writer = threading.Thread(target=world.store.meta.put, args=("other", "1"), daemon=True)
        writer.start()
        writer.join(20)
        written.append(not writer.is_alive())
        return read(*words)

    monkeypatch.setattr(drift, "read_definition", read_beside_a_writer)
    look(world)
    push_outside(stage, "stranger")
    look(world)
    assert written == [True]
    assert live(world, "stranger") == "1.0.0"


def test_landing_on_a_base_that_was_seen_is_no_drift(stage, world):
    look(world)
    push(stage, "one", "alpha")
    reported(world, "one")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    before = world.store.audit.head().count
    look(world)
    assert world.store.audit.head().count == before


def test_a_look_at_a_base_that_has_not_moved_lets_no_waiting_check_begin_anew(stage, world):
    """Each Tick looks: with a hundred branches, each waiting check began anew at every one."""
    push(stage, "one", "alpha")
    look(world)
    assert world.store.jobs.lease("w", 60, ["check"]).key == "branch/one"
    push(stage, "two", "beta")
    later = "2999-01-01T00:00:00.000Z"
    world.store.jobs.enqueue("check", "branch/two", "demo", {"proposal": "two"}, not_before=later)
    look(world)  # neither what is at work nor what waits
    assert world.store.jobs.lease("w", 60, ["check"]) is None
    push_outside(stage, "stranger")
    look(world)  # now both may have another merge result
    assert world.store.jobs.lease("w", 60, ["check"]).key == "branch/two"
    assert world.store.jobs.is_open("check", "demo", "branch/one")
