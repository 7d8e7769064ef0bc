"""Health and figures of the real parts: what breaks is away, and all are answered for."""

from bot.config.settings import load
from bot.core.orders import DeployOrder, RollbackOrder
from bot.core.requests import HEALTH_COMPONENTS
from bot.daemon.health import health, measure
from bot.deploy.deploys import deploy
from bot.deploy.rollbacks import rollback
from tests.deploy_support import push, reported


def test_component_that_breaks_is_away_and_the_others_answer(stage, world, monkeypatch):
    def broken():
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(world.bench.data, "symbols", broken)
    found = health(world, load(stage.config, env={}))
    assert set(HEALTH_COMPONENTS) <= set(found)
    assert (found["market_data"].available, found["market_data"].detail) == (False, "ValueError")
    assert found["git_manager"].available


def test_landings_are_counted_by_their_kind(stage, world):
    for branch, version in (("a", "1.0.0"), ("b", "1.1.0")):
        push(stage, branch, "one", version=version)
        reported(world, branch)
        assert deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada")).ok
    assert rollback(world, world.repository("demo"), RollbackOrder("one", "ada", "it lost")).ok
    figures = measure(world)
    assert figures.deployments == {"deploy": 2, "rollback": 1}
    assert figures.forge_calls == {}
