"""SIGKILL at every named step: afterwards it is as if nothing had happened, each effect once."""

import os
import time
from contextlib import closing

import pytest

from bot.core.failpoints import NAMES
from bot.demo.stage import change
from components.schema.results.values import Verdict
from components.state.tables.tries import Of
from tests.e2e.conftest import DEMO, brief_world, new_world, wait_for
from tests.orders_support import CODE, Receiver, bars, definition, write_bars

SOON_S = 50.0
"""In so long the last bar is written: for ten seconds less than two minutes nobody uses it."""


def of(step):
    return [name for name in NAMES if name.startswith(f"{step}.")]


def died(world):
    wait_for(lambda: world.stage.daemon.ended, "the power cut")


def past(tmp_path_factory, *steps, earlier=None):
    """A closed world in which this has happened; each test goes on from a copy of it."""
    folder = tmp_path_factory.mktemp("past")
    world = brief_world(folder) if earlier is None else earlier.copy(folder / "stage")
    without_orders(world)
    try:
        world.start()
        for step in steps:
            step(world)
        world.settled()
    finally:
        world.close()
    return world


def without_orders(world):
    """Have bars whose last one is still being written: what is deployed is not run on them."""
    soon = time.time() + SOON_S
    for file in (world.stage.folder / "bars").iterdir():
        file.write_bytes(file.read_bytes().rstrip())
        os.utime(file, (soon, soon))


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
    without_orders(world)
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
    without_orders(world)
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


@pytest.fixture(scope="module")
def before_a_bar(bubblewrap, tmp_path_factory):
    """A closed world with a deployed strategy whose data lacks the bar of yesterday."""
    world = new_world(tmp_path_factory.mktemp("past"))
    data, strategy = world.stage.folder / "data", "strategies/one/strategy"
    data.mkdir()
    change(world.stage.config, {"data": {"dir": data.name}})
    write_bars(data, bars(200).iloc[:-1])

    def added(_author):
        world.write(f"{strategy}.yaml", definition("one"))
        world.write(f"{strategy}.py", CODE)

    world.push("main", added)
    try:
        world.start()
        wait_for(lambda: numbers(world) == [1], "the first sheet")
        world.settled()
    finally:
        world.close()
    return world


@pytest.fixture
def receiver():
    with closing(Receiver()) as made:
        yield made


def numbers(world):
    """How often that which is told has changed, of each strategy."""
    return [one.number for one in world.store.forward.all_standing(DEMO)]


@pytest.mark.parametrize("world", ["before_a_bar"], indirect=True)
@pytest.mark.parametrize("failpoint", [*of("forward"), *of("webhook"), *of("note")])
def test_power_cut_at_a_new_bar_seals_and_tells_it_once(world, receiver, failpoint):
    folder = world.stage.folder
    (folder / "secret").write_text("of this test alone, and of no other")
    hook = {"url": receiver.url, "secret_file": str(folder / "secret")}
    change(world.stage.config, {"orders": {"webhook": hook}})
    write_bars(folder / "data", bars(200))
    world.start(failpoint, wait=False)
    died(world)
    world.start()
    wait_for(lambda: numbers(world) == [2], "the orders after the new bar")
    world.settled()
    (one,) = world.store.forward.all_standing(DEMO)
    first, second = world.store.forward.sealed(one.track)
    assert first.time < second.time == bars(1).index[-1].isoformat()
    (told,) = receiver.documents().values()
    assert (told["number"], told["bar"]) == (2, second.time)
    assert len({body for _, body in receiver.taken}) == 1
    (noted,) = world.git("notes", "--ref=algoops-orders", "list").splitlines()
    note = world.git("notes", "--ref=algoops-orders", "show", noted.split()[1])
    assert note.startswith(f"one 1.0.0 on AAA 1d, after the bar of {second.time}: position ")
    world.sound()
