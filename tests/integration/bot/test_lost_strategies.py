"""Somebody force-pushes the base, and a strategy that was live is gone from it."""

import shutil

import pytest

from bot.core.orders import DeployOrder
from bot.daemon.health import measure
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.landing.lost import lost_lately, lost_words
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.deploy_support import push, reported
from tests.git_support import damaged


def look(world):
    base_moved(world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))


@pytest.fixture
def lost(stage, world):
    """alpha was deployed, then the base was set back; gives the commits with and without it."""
    look(world)
    push(stage, "one", "alpha")
    reported(world, "one")
    before = stage.git("rev-parse", "main")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    with_it = stage.git("rev-parse", "main")
    stage.git("update-ref", "refs/heads/main", before)
    look(world)
    return with_it, before


def live(world):
    current = world.store.deployments.current("demo", "alpha")
    return current.version if current else "", world.store.strategies.get("demo", "alpha").status


def test_push_that_brings_it_back_has_it_on_record_as_live(stage, world, lost):
    assert live(world) == ("", Lifecycle.ARCHIVED)
    for _ in range(2):
        stage.git("update-ref", "refs/heads/main", lost[0])
        look(world)
        assert live(world) == ("1.0.0", Lifecycle.DEPLOYED)
        stage.git("update-ref", "refs/heads/main", lost[1])
        look(world)
        assert live(world) == ("", Lifecycle.ARCHIVED)


def test_lost_strategy_is_told_in_log_metric_and_first_page_until_it_is_back(
    stage, world, lost, monkeypatch
):
    (told,) = map(lost_words, lost_lately(world.store))
    with_it, without = lost
    assert told.startswith("demo: alpha was live and is gone from the base since 20")
    assert f"(force-pushed outside the bot from {with_it[:12]} to {without[:12]})" in told
    assert "`algoops restore alpha` brings it back" in told
    assert measure(world).lost == 1
    stage.git("update-ref", "refs/heads/main", with_it)
    look(world)
    assert measure(world).lost == 0


def test_strategy_whose_removal_was_deployed_is_not_lost(stage, world, lost):
    stage.git("update-ref", "refs/heads/main", lost[0])
    look(world)
    shutil.rmtree(stage.author.start("gone") or stage.author.folder / "strategies" / "alpha")
    stage.author.push("gone", "Remove alpha")
    reported(world, "gone")
    order = DeployOrder("branch/gone", "ada")
    done = deploy(world, world.repository("demo"), order)
    assert done.ok, done.message
    look(world)
    assert measure(world).lost == 0


def test_tip_that_git_has_thrown_away_since_keeps_no_base_unseen(stage, world, lost):
    stage.git("update-ref", "refs/heads/main", lost[0])
    look(world)
    stage.git("update-ref", "refs/heads/main", lost[1])
    with damaged(stage.repository, lost[0]):
        look(world)
        assert live(world) == ("", Lifecycle.ARCHIVED)
    assert measure(world).lost == 1
