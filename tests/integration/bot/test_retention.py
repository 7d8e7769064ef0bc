"""What the daemon removes once a day, and what `algoops storage` says of it."""

import json
import os
import random
import threading

from bot.config.settings import RetentionSettings
from bot.core.orders import DeployOrder
from bot.daemon.retention import tidy
from bot.deploy.deploys import deploy
from components.schema.results.report import Report
from components.state import VersionContent
from tests.deploy_support import push, reported
from tests.state_support import wait_for

KEEP = RetentionSettings(runs_days=21, verdicts_days=21, reports_days=3)


def old(stage, world):
    """Everything so far happened a year ago."""
    with world.store.transaction():
        for table, column in (("runs", "finished_at"), ("verdicts", "recorded_at")):
            world.store._db.execute(f"UPDATE {table} SET {column} = '2020-01-01T00:00:00.000Z'")
    for place, _, names in os.walk(stage.state / "reports"):
        for name in names:
            os.utime(f"{place}/{name}", (1_000, 1_000))


def test_what_is_deployed_or_proposed_stays_and_the_rest_goes(stage, world):
    watched = world.repository("demo")
    for branch, name in (("live", "alpha"), ("open", "beta"), ("gone", "gamma")):
        push(stage, branch, name)
        reported(world, branch)
        run = world.store.runs.latest("demo", f"branch/{branch}")
        report = Report.model_validate_json(run.report)
        watched.forge.publish(watched.forge.proposal(f"branch/{branch}"), report, "words", "")
    assert deploy(world, watched, DeployOrder("branch/live", "ada")).ok
    stage.git("update-ref", "-d", "refs/heads/gone")
    stage.git("update-ref", "-d", "refs/heads/live")
    world.store.strategies.withdraw("demo", "branch/gone", actor="algoops", reason="gone")
    kept = {name: world.store.runs.latest("demo", f"branch/{name}") for name in ("live", "open")}
    keys = {s.name: s.content_key for s in map(_strategy, kept.values())}
    world.store.strategies.propose(  # as its checks would have left it
        "demo",
        "beta",
        actor="ada",
        reason="push",
        proposal="branch/open",
        content=VersionContent(content_key=keys["beta"]),
    )
    old(stage, world)
    tidy(world, KEEP)
    assert world.store.runs.get(kept["live"].id).report == kept["live"].report
    assert all(world.store.verdicts.get(key) for key in keys.values())
    files = {p.name for p in (stage.state / "reports").rglob("*.md")}
    assert files == {"open.md"}
    assert world.store.runs.latest("demo", "branch/gone").report == ""


def _strategy(run):
    return Report.model_validate_json(run.report).strategies[0]


def loose(stage):
    return int(stage.git("count-objects").split()[0])


def test_loose_objects_are_packed_but_not_during_a_landing_and_a_prepared_one_is_kept(
    stage, world, monkeypatch
):
    monkeypatch.setattr("components.git_patch.repository.MANY_LOOSE", 5)
    push(stage, "one", "alpha")
    watched = world.repository("demo")
    repository, base = watched.where.repository, watched.forge.base()
    prepared = repository.commit(repository.tree_of(base), (base,), "prepared")
    before = loose(stage)
    with watched.lane:
        tidy(world, KEEP)
    assert loose(stage) == before
    stage.git("config", "gc.auto", "0")
    tidy(world, KEEP)
    assert loose(stage) == before
    stage.git("config", "--unset", "gc.auto")
    tidy(world, KEEP)
    assert loose(stage) == 1
    assert repository.parents(prepared) == (base,)
    assert repository.fsck() == ()
    assert watched.forge.proposal("branch/one") is not None


def test_git_gc_makes_room_at_once_for_a_command_and_leaves_nothing_behind(
    stage, world, monkeypatch
):
    monkeypatch.setattr("components.git_patch.repository.MANY_LOOSE", 5)
    watched = world.repository("demo")
    repository = watched.where.repository
    draw = random.Random(1)
    blobs = [repository.write_blob(draw.randbytes(200_000)) for _ in range(60)]
    lines = "".join(f"100644 blob {blob}\t{place}\n" for place, blob in enumerate(blobs))
    tree = repository.git.run("mktree", stdin=lines.encode()).text
    stage.git("update-ref", "refs/keep/many", repository.commit(tree, (), "many"))
    for key, value in (("pack.window", "1000"), ("pack.threads", "1")):
        stage.git("config", key, value)
    before = loose(stage)
    packing = threading.Thread(target=tidy, args=(world, KEEP))
    packing.start()
    wait_for((stage.repository / "gc.pid").exists)
    with watched.lane:
        assert loose(stage) == before
        left = {file.name for file in stage.repository.rglob("*")}
        assert not {name for name in left if name.startswith("tmp_") or name.endswith(".lock")}
        assert "gc.pid" not in left
    packing.join()
    assert repository.fsck() == ()


def test_storage_says_what_takes_how_much_and_changes_nothing(stage, world):
    push(stage, "one", "alpha")
    reported(world, "one")
    done = stage.algoops("storage", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["folders"]["algoops.db"] > 0
    assert found["database"]["runs"] > 0
    assert any(name.startswith("demo: ") for name in found["repositories"])
    assert set(found["retention_would_free"].values()) == {0}
