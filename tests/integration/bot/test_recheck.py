"""What is live is checked again and fails: the policy's answer is given once, whatever breaks."""

from dataclasses import replace

import pytest
import yaml

from bot.core.orders import DeployOrder, RollbackOrder
from bot.deploy.deploys import deploy
from bot.deploy.recheck import recheck
from bot.deploy.rollbacks import rollback
from components.errors import TransientError
from components.state.tables.records import Job
from tests.deploy_support import judged_now, push, reported
from tests.stage_support import new_stage

JOB = Job(7, "recheck", "demo", "demo", {}, "leased", 0, 1, 3, "", "")


@pytest.fixture
def stage(tmp_path):
    made = new_stage(tmp_path / "stage")
    policy = made.folder / "policies" / "risk.yaml"
    document = yaml.safe_load(policy.read_text())
    policy.write_text(yaml.safe_dump({**document, "recheck": {"action": "rollback"}}))
    return made


@pytest.fixture
def world(stage, world_on):
    return world_on(stage.config)


def land(stage, world, branch, *names, version="1.0.0"):
    push(stage, branch, *names, version=version)
    reported(world, branch)
    assert deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada")).ok


def live(world, name):
    return world.store.strategies.get("demo", name).deployed_version


def test_reaction_is_not_lost_when_the_forge_fails_after_the_verdict(stage, world, monkeypatch):
    land(stage, world, "a", "one")
    land(stage, world, "b", "one", version="1.1.0")
    judged_now(world, "one")
    forge = world.repository("demo").forge

    def away(*_words):
        raise TransientError("the forge does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(forge, "set_status", away)
        with pytest.raises(TransientError):
            recheck(world, JOB)
    assert live(world, "one") == "1.1.0"
    recheck(world, JOB)
    assert live(world, "one") == "1.0.0"
    recheck(world, JOB)
    kinds = [d.kind for d in world.store.deployments.list(repository="demo")]
    assert kinds == ["rollback", "deploy", "deploy"]


def test_strategy_that_cannot_be_rolled_back_does_not_keep_the_next_from_it(stage, world):
    land(stage, world, "a", "one", "two")
    land(stage, world, "b", "two", version="1.1.0")
    judged_now(world, "one", "two")
    recheck(world, JOB)
    assert (live(world, "one"), live(world, "two")) == ("1.0.0", "1.0.0")


def test_version_that_landed_meanwhile_is_not_rolled_back_for_the_one_before(stage, world):
    land(stage, world, "a", "one")
    judged = world.store.versions.deployed("demo", "one").tree
    land(stage, world, "b", "one", version="1.1.0")
    order = RollbackOrder("one", "algoops", "checked again and failed", tree=judged)
    refused = rollback(world, world.repository("demo"), order)
    assert (refused.ok, refused.code) == (False, "moved_on")
    assert live(world, "one") == "1.1.0"


def test_proposed_rollback_is_offered_once_and_judged_by_no_gate(stage, world_on):
    policy = stage.folder / "policies" / "risk.yaml"
    policy.write_text(policy.read_text().replace("action: rollback", "action: propose_rollback"))
    world = world_on(stage.config)
    land(stage, world, "a", "one")
    land(stage, world, "b", "one", version="1.1.0")
    judged_now(world, "one")
    recheck(world, JOB)
    recheck(world, replace(JOB, id=8))
    (intent,) = world.store.intents.open("rollback")
    assert intent.details["order"]["offered"]
    branch = intent.details["proposal"].removeprefix("branch/")
    assert stage.git("rev-parse", branch) == intent.key
    assert live(world, "one") == "1.1.0"
