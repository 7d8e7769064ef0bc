"""Rollbacks of one strategy, and of everything that landed with it."""

import pytest

from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Deploy
from bot.core.orders import DeployOrder, RollbackOrder
from bot.daemon.commands import run_command
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.deploy.rollbacks import rollback
from bot.landing.outcomes import read
from bot.proposals.check import check_proposal
from components.errors import Conflict
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.deploy_support import push, reported


def land(stage, world, branch, names, version="1.0.0"):
    """One proposal with several strategies, landed."""
    push(stage, branch, *names, version=version)
    reported(world, branch)
    done = deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada"))
    assert done.ok, done.message


def job(kind, key="demo", payload=None):
    return Job(1, kind, key, "demo", payload or {}, "leased", 0, 1, 3, "", "")


def status(world, name):
    strategy = world.store.strategies.get("demo", name)
    return strategy.status, strategy.deployed_version


def test_whole_landing_is_taken_back_at_once(stage, world):
    land(stage, world, "first", ["one", "two"])
    land(stage, world, "second", ["one", "two"], "1.1.0")
    done = rollback(
        world, world.repository("demo"), RollbackOrder("one", "ada", "both lost money", whole=True)
    )
    assert done.ok, done.message
    for name in ("one", "two"):
        assert status(world, name) == (Lifecycle.DEPLOYED, "1.0.0")
        assert world.store.holds.active("demo", name, "1.1.0")
        now = stage.git("rev-parse", f"main:strategies/{name}")
        assert now == stage.git("rev-parse", f"{name}/v1.0.0^{{commit}}:strategies/{name}")
    assert "Reverts:" in stage.git("log", "-1", "--format=%B", "main")


def test_whole_landing_of_new_strategies_leaves_nothing_deployed(stage, world):
    land(stage, world, "first", ["one", "two"])
    order = RollbackOrder("one", "ada", "too early", whole=True)
    assert rollback(world, world.repository("demo"), order).ok
    for name in ("one", "two"):
        assert world.store.deployments.current("demo", name) is None
        assert status(world, name)[0] is Lifecycle.ROLLED_BACK
    assert stage.git("ls-tree", "--name-only", "main", "strategies/") == "strategies/.gitkeep"


def test_whole_landing_whose_parts_moved_on_is_refused(stage, world):
    land(stage, world, "first", ["one", "two"])
    land(stage, world, "second", ["two"], "1.1.0")
    order = RollbackOrder("one", "ada", "no", whole=True)
    refused = rollback(world, world.repository("demo"), order)
    assert (refused.ok, refused.code) == (False, "moved_on")
    assert "two" in refused.message


def test_rollback_of_one_leaves_what_landed_since_alone(stage, world):
    land(stage, world, "first", ["one"])
    land(stage, world, "second", ["one"], "1.1.0")
    land(stage, world, "third", ["two"])
    done = rollback(world, world.repository("demo"), RollbackOrder("one", "ada", "slow"))
    assert done.data["version"] == "1.0.0"
    changed = stage.git("diff", "--name-only", "main^", "main").split()
    assert changed
    assert all(path.startswith("strategies/one/") for path in changed)
    assert status(world, "two") == (Lifecycle.DEPLOYED, "1.0.0")


def test_rollback_without_a_reason_is_refused(world):
    refused = rollback(world, world.repository("demo"), RollbackOrder("one", "ada", "  "))
    assert refused.code == "reason_missing"


def test_same_command_twice_rolls_back_once(stage, world):
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        land(stage, world, f"branch-{number}", ["one"], version)
    order = RollbackOrder("one", "ada", "slow", key="command-1")
    first = rollback(world, world.repository("demo"), order)
    again = rollback(world, world.repository("demo"), order)
    assert again == first
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.1.0")


def test_two_who_ask_at_once_roll_back_one_version_only(stage, world):
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        land(stage, world, f"branch-{number}", ["one"], version)
    asked = world.store.deployments.current("demo", "one").deployed_at
    watched = world.repository("demo")
    first = rollback(
        world, watched, RollbackOrder("one", "ada", "slow", "", "", "a", asked_at=asked)
    )
    second = rollback(
        world, watched, RollbackOrder("one", "bob", "slow", "", "", "b", asked_at=asked)
    )
    assert (first.code, second.code) == ("rolled_back", "rolled_back")
    assert "meanwhile, by ada" in second.message
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.1.0")


def offered(stage, world, name="one", key="offer"):
    """A rollback that the bot offers, and the branch of it."""
    land(stage, world, "first", [name])
    land(stage, world, "second", [name], "1.1.0")
    order = RollbackOrder(name, "bot", "drift", key=key, offered=True)
    done = rollback(world, world.repository("demo"), order)
    assert (done.ok, done.code) == (True, "waiting")
    assert "a person has to deploy it" in done.message
    assert status(world, name) == (Lifecycle.DEPLOYED, "1.1.0")
    return done.data["proposal"]


def command(world, proposal, command):
    event = CommandIssued("demo", proposal, "ada", command, source="api")
    key = f"{proposal}:{type(command).__name__}"
    run_command(world, job("command", key, to_payload(event)))
    return read(world.store, key)


def is_back(stage, world, still_open=()):
    now = stage.git("rev-parse", "main:strategies/one")
    assert now == stage.git("rev-parse", "one/v1.0.0^{commit}:strategies/one")
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.0.0")
    assert world.store.holds.active("demo", "one", "1.1.0").reason == "drift"
    assert world.store.deployments.current("demo", "one").kind == "rollback"
    assert [i.details["order"]["name"] for i in world.store.intents.open()] == [*still_open]
    return True


def test_offered_rollback_is_judged_by_no_gate_and_lands_by_a_persons_deploy(stage, world):
    proposal = offered(stage, world)
    branch = proposal.removeprefix("branch/")
    check_proposal(world, job("check", proposal, {"proposal": proposal}))
    assert world.store.runs.list(repository="demo", proposal=proposal) == []
    status_file = stage.state / f"reports/demo/+statuses/{stage.git('rev-parse', branch)}.json"
    assert "no gate judges it" in status_file.read_text()
    done = command(world, proposal, Deploy())
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert is_back(stage, world)
    assert read(world.store, "offer").code == "rolled_back"


def test_offered_rollback_lands_although_the_base_moved_elsewhere(stage, world):
    proposal = offered(stage, world)
    push(stage, "by-hand", "two")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "by-hand"))
    base_moved(world, job("base"))
    assert len(world.store.intents.open()) == 1
    assert command(world, proposal, Deploy()).code == "rolled_back"
    assert is_back(stage, world)
    assert stage.git("ls-tree", "--name-only", "main", "strategies/two")


def test_offered_rollback_that_a_person_merges_by_hand_is_the_rollback(stage, world):
    branch = offered(stage, world).removeprefix("branch/")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", branch))
    base_moved(world, job("base"))
    assert is_back(stage, world)


def test_offered_rollback_lands_at_once_when_a_person_asks_for_the_rollback(stage, world):
    offered(stage, world, "two", "offer of two")
    offered(stage, world)
    order = RollbackOrder("one", "ada", "now please", key="ask")
    assert rollback(world, world.repository("demo"), order).code == "rolled_back"
    assert is_back(stage, world, still_open=["two"])
    assert status(world, "two") == (Lifecycle.DEPLOYED, "1.1.0")


def test_offered_rollback_whose_branch_is_deleted_ends(stage, world):
    branch = offered(stage, world).removeprefix("branch/")
    stage.git("update-ref", "-d", f"refs/heads/{branch}")
    base_moved(world, job("base"))
    assert world.store.intents.open() == []
    assert read(world.store, "offer").code == "given_up"
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.1.0")


def test_landing_that_was_changed_since_by_hand_conflicts_and_names_the_files(stage, world):
    land(stage, world, "first", ["one"])
    stage.author.start("by-hand")
    file = stage.author.folder / "strategies" / "one" / "strategy.py"
    file.write_text("x = 1\n")
    stage.author.push("main", "By hand")
    with pytest.raises(Conflict) as caught:
        rollback(world, world.repository("demo"), RollbackOrder("one", "ada", "no", whole=True))
    assert caught.value.paths == ("strategies/one/strategy.py",)


def test_rollback_is_not_taken_back_whole_while_what_it_left_is_held(stage, world):
    land(stage, world, "first", ["one"])
    land(stage, world, "second", ["one"], "1.1.0")
    watched = world.repository("demo")
    assert rollback(world, watched, RollbackOrder("one", "ada", "it lost money")).ok
    before = stage.git("rev-parse", "main")
    done = rollback(world, watched, RollbackOrder("one", "ada", "changed my mind", whole=True))
    assert (done.ok, done.code) == (False, "held")
    assert "1.1.0" in done.message
    assert stage.git("rev-parse", "main") == before
    assert world.store.intents.open("rollback", "demo") == []
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.0.0")


def test_rollback_is_taken_back_whole_once_the_hold_is_lifted(stage, world):
    land(stage, world, "first", ["one"])
    land(stage, world, "second", ["one"], "1.1.0")
    watched = world.repository("demo")
    assert rollback(world, watched, RollbackOrder("one", "ada", "it lost money")).ok
    world.store.holds.unhold("demo", "one", "1.1.0", "ada", "a mistake")
    assert rollback(world, watched, RollbackOrder("one", "ada", "changed my mind", whole=True)).ok
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.1.0")


def test_whole_landing_on_content_that_was_never_released_is_not_taken_back(stage, world):
    push(stage, "by-hand", "one")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "by-hand"))
    land(stage, world, "second", ["one"], "1.1.0")
    before = stage.git("rev-parse", "main")
    order = RollbackOrder("one", "ada", "it lost money", whole=True)
    done = rollback(world, world.repository("demo"), order)
    assert (done.ok, done.code) == (False, "not_released")
    assert stage.git("rev-parse", "main") == before
    assert status(world, "one") == (Lifecycle.DEPLOYED, "1.1.0")
