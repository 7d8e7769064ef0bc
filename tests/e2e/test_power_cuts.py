"""SIGKILL at every named step: afterwards it is as if nothing had happened, each effect once."""

import pytest

from bot.core.failpoints import NAMES
from components.schema.results.values import Verdict
from components.state.tables.tries import Of
from tests.e2e.conftest import DEMO, brief_world, wait_for


def of(step):
    return [name for name in NAMES if name.startswith(f"{step}.")]


def died(world):
    wait_for(lambda: world.stage.daemon.ended, "the power cut")


def past(tmp_path_factory, *steps, earlier=None):
    """A closed world in which this has happened; each test goes on from a copy of it."""
    folder = tmp_path_factory.mktemp("past")
    world = brief_world(folder) if earlier is None else earlier.copy(folder / "stage")
    try:
        world.start()
        for step in steps:
            step(world)
        world.settled()
    finally:
        world.close()
    return world


def proposed(world):
    world.run_of("add-sma", world.push_example("add-sma"))


def deployed(world):
    assert world.algoops("deploy", "sma_cross", "--ref", "add-sma").returncode == 0


def improved(world):
    world.run_of("improve", world.push_proposal("improve", "improve-sma-cross"))
    assert world.algoops("deploy", "sma_cross", "--ref", "improve").returncode == 0


@pytest.fixture(scope="module")
def before_a_push(bubblewrap, tmp_path_factory):
    return past(tmp_path_factory)


@pytest.fixture(scope="module")
def before_a_deploy(bubblewrap, tmp_path_factory):
    return past(tmp_path_factory, proposed)


@pytest.fixture(scope="module")
def before_a_rollback(before_a_deploy, tmp_path_factory):
    return past(tmp_path_factory, deployed, improved, earlier=before_a_deploy)


@pytest.fixture
def world(request, tmp_path):
    """A copy of the past that the test's first argument names."""
    made = request.getfixturevalue(request.param).copy(tmp_path / "stage")
    yield made
    made.close()


@pytest.mark.parametrize("world", ["before_a_push"], indirect=True)
@pytest.mark.parametrize("failpoint", of("check"))
def test_power_cut_in_a_check_leaves_one_finished_run(world, failpoint):
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
    of_data = [Of(DEMO, "sma_cross", symbol, "1d") for symbol in ("SPX", "IXIC")]
    assert [world.store.tries.family(of, "data").tries for of in of_data] == [1, 1]
    assert world.store.tries.verify() is None
    world.sound()


@pytest.mark.parametrize("world", ["before_a_deploy"], indirect=True)
@pytest.mark.parametrize("failpoint", of("deploy"))
def test_power_cut_in_a_deploy_lands_once(world, failpoint):
    head, before = world.tip("add-sma"), world.tip()
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


@pytest.mark.parametrize("world", ["before_a_rollback"], indirect=True)
@pytest.mark.parametrize("failpoint", of("rollback"))
def test_power_cut_in_a_rollback_reverts_once(world, failpoint):
    before = world.tip()
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
