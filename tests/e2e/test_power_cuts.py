"""SIGKILL at every named step: afterwards it is as if nothing had happened, each effect once."""

import pytest

from bot.failpoints import NAMES
from components.schema.values import Verdict
from tests.e2e.conftest import DEMO, wait_for


def of(step):
    return [name for name in NAMES if name.startswith(f"{step}.")]


def died(world):
    wait_for(lambda: world.stage.daemon.ended, "the power cut")


@pytest.mark.parametrize("failpoint", of("check"))
def test_power_cut_in_a_check_leaves_one_finished_run(world, failpoint):
    world.start()
    world.settled()
    world.stage.daemon.stop()
    head = world.push_example("add-sma")
    world.start(failpoint, wait=False)
    died(world)
    world.start()
    run = world.run_of("add-sma", head)
    world.settled()
    assert run.verdict is Verdict.PASSED
    runs = world.store.runs.list(repository=DEMO, proposal="branch/add-sma")
    assert [r.status for r in runs] == ["finished"]
    assert "Passed" in world.note(head)
    world.sound()


@pytest.mark.parametrize("failpoint", of("deploy"))
def test_power_cut_in_a_deploy_lands_once(world, failpoint):
    world.start()
    head = world.push_example("add-sma")
    world.run_of("add-sma", head)
    world.settled()
    before = world.tip()
    world.stage.daemon.stop()
    world.start(failpoint)
    order = world.order("deploy", "sma_cross", "--ref", "add-sma")
    died(world)
    world.start()
    outcome = order()
    world.settled()
    assert outcome.returncode == 0, outcome.stderr
    assert world.parents() == [before, head]
    assert world.tip("sma_cross/v1.0.0^{commit}") == world.tip()
    assert [(d.kind, d.version) for d in world.landings()] == [("deploy", "1.0.0")]
    assert world.store.strategies.get(DEMO, "sma_cross").deployed_version == "1.0.0"
    world.sound()


@pytest.mark.parametrize("failpoint", of("rollback"))
def test_power_cut_in_a_rollback_reverts_once(world, failpoint):
    world.start()
    world.run_of("add-sma", world.push_example("add-sma"))
    assert world.algoops("deploy", "sma_cross", "--ref", "add-sma").returncode == 0
    world.run_of("improve", world.push_proposal("improve", "improve-sma-cross"))
    assert world.algoops("deploy", "sma_cross", "--ref", "improve").returncode == 0
    world.settled()
    before = world.tip()
    world.stage.daemon.stop()
    world.start(failpoint)
    order = world.order("rollback", "sma_cross", "--reason", "it lost money")
    died(world)
    world.start()
    order()
    world.settled()
    assert world.parents() == [before]
    assert world.tree("sma_cross") == world.tree("sma_cross", "sma_cross/v1.0.0")
    assert [d.kind for d in world.landings()] == ["rollback", "deploy", "deploy"]
    assert world.store.strategies.get(DEMO, "sma_cross").deployed_version == "1.0.0"
    assert world.store.holds.active(DEMO, "sma_cross", "1.1.0")
    world.sound()
