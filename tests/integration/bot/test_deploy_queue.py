"""Deploys that wait for one repository land together; what spoils a batch is found by halving."""

import threading

from bot.core.orders import DeployOrder
from bot.deploy.deploys import deploy
from components.errors import UserError
from tests.deploy_support import deploy_at_once, push, reported, wait_until_waiting

HISTORY = 20


def test_three_ready_proposals_land_as_one_chain_of_merges(stage, world):
    heads = {}
    for branch, name in (("a", "one"), ("b", "two"), ("c", "three")):
        heads[branch] = push(stage, branch, name)
        reported(world, branch)
    moved = stage.git("rev-list", "--count", "main")
    outcomes = dict(deploy_at_once(world, ["a", "b", "c"]))
    assert {b: o.code for b, o in outcomes.items()} == dict.fromkeys("abc", "deployed")
    merges = stage.git("rev-list", "--first-parent", "--merges", "main").split()
    assert len(merges) == 3
    assert int(stage.git("rev-list", "--count", "main")) == int(moved) + 6
    for branch, name in (("a", "one"), ("b", "two"), ("c", "three")):
        tagged = stage.git("rev-parse", f"{name}/v1.0.0^{{commit}}")
        landed = {"commit": tagged, "tag": f"{name}/v1.0.0", "name": name, "version": "1.0.0"}
        assert outcomes[branch].data == {**landed, "landed": [f"{name} 1.0.0 deployed"]}
        assert stage.git("rev-parse", f"{tagged}^2") == heads[branch]
        message = stage.git("log", "-1", "--format=%B", tagged)
        assert "Tested-tree" not in message  # only the sum was tested as a whole
        assert f"Content-key: {name} " in message
        assert world.store.strategies.get("demo", name).deployed_version == "1.0.0"
    intents = [r for r in world.store.audit.list(limit=HISTORY) if r.event == "intent.announced"]
    assert len(intents) <= 1


def test_conflicting_proposal_in_a_batch_is_named_and_the_others_land(stage, world):
    push(stage, "a", "one")
    push(stage, "b", "two")
    push(stage, "c", "one", extra={"strategy.py": "x = 1\n"})
    for branch in "abc":
        reported(world, branch)
    outcomes = dict(deploy_at_once(world, ["a", "b", "c"]))
    assert outcomes["a"].ok
    assert outcomes["b"].ok
    assert not outcomes["c"].ok
    assert outcomes["c"].code == "conflict"
    assert "strategies/one/strategy.py" in outcomes["c"].message


def test_sum_that_nobody_tested_is_checked_before_its_second_half_lands(stage, world):
    """Two proposals on one strategy: together they are content that neither of them was."""
    push(stage, "a", "one")
    reported(world, "a")
    assert dict(deploy_at_once(world, ["a"]))["a"].ok
    for branch, path in (("b", "notes.md"), ("c", "more.md")):
        stage.author.start(branch)
        folder = stage.author.folder / "strategies" / "one"
        (folder / path).write_text("words\n")
        text = (folder / "strategy.yaml").read_text().replace("version: 1.0.0", "version: 1.1.0")
        (folder / "strategy.yaml").write_text(text)
        stage.author.push(branch, "Notes")
        reported(world, branch)
    outcomes = dict(deploy_at_once(world, ["b", "c"]))
    assert outcomes["b"].ok
    assert not outcomes["c"].ok  # 1.1.0 is taken by then, with other content
    assert outcomes["c"].code == "version_taken"


def test_same_proposal_ordered_twice_lands_once(stage, world):
    push(stage, "a", "one")
    reported(world, "a")
    push(stage, "b", "two")
    reported(world, "b")
    outcomes = deploy_at_once(world, ["a", "a", "b"])
    assert sorted(o.code for _, o in outcomes) == ["deployed", "deployed", "unchanged"]
    assert len(stage.git("rev-list", "--merges", "main").split()) == 2


def test_order_that_the_forge_refuses_is_refused_alone(stage, world):
    """Its tag is taken by something else: that is no answer to the others of its batch."""
    for branch, name in (("a", "one"), ("b", "two"), ("c", "three")):
        push(stage, branch, name)
        reported(world, branch)
    stage.git("tag", "two/v9.9.9", "main")
    watched = world.repository("demo")
    ends = {}

    def order(branch, version=""):
        asked = DeployOrder(f"branch/{branch}", "ada", tag_version=version)
        try:
            ends[branch] = deploy(world, watched, asked).code
        except UserError as refused:
            ends[branch] = str(refused)

    threads = [
        threading.Thread(target=order, args=arguments)
        for arguments in (("a",), ("b", "9.9.9"), ("c",))
    ]
    with watched.lane:
        for place, thread in enumerate(threads, 1):
            thread.start()
            wait_until_waiting(watched.queue, place)
    for thread in threads:
        thread.join()
    assert (ends["a"], ends["c"]) == ("deployed", "deployed")
    assert "two/v9.9.9" in ends["b"]
