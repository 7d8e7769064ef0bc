"""A stage without a daemon, and the world that jobs work on."""

from contextlib import ExitStack
from functools import cache, partial

import pytest

from bot.checks.policies import load_policies
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_world
from tests.stage_support import copied_stage, new_stage

ENV = {
    "ALGOOPS_SANDBOX__BACKEND": "bubblewrap",
    "ALGOOPS_SANDBOX__WARM": "0",
    "ALGOOPS_EXECUTOR__WORKERS": "1",
}


@pytest.fixture
def stage(request, tmp_path, after):
    """New, or with the past that a fixture of the test stands for: see `PASTS` of its module."""
    pasts = getattr(request.module, "PASTS", {})
    done = [what for name, what in pasts.items() if name in request.fixturenames]
    return (after(done[0]) if done else new_stage)(tmp_path / "stage")


@pytest.fixture
def world(stage, world_on):
    return world_on(stage.config)


@pytest.fixture(scope="session")
def executor(tmp_path_factory):
    """One for all tests: starting its workers takes most of the time of a test that runs nothing."""
    stage = new_stage(tmp_path_factory.mktemp("executor") / "stage")
    settings = load(stage.config, env=ENV)
    made = open_executor(settings, load_policies(settings.policies).sandbox)
    yield made
    made.close()


@pytest.fixture(scope="session")
def after(executor, tmp_path_factory):
    """Stages on which something was done with a world: once a process, then they are copied."""

    @cache
    def once(what):
        made = new_stage(tmp_path_factory.mktemp("after") / "stage")
        with open_world(load(made.config, env=ENV), executor) as world:
            what(made, world)
        return made.folder

    return lambda what: partial(copied_stage, once(what))


@pytest.fixture
def world_on(executor):
    """Opens worlds on configurations, with the one executor."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(open_world(load(config, env=ENV), executor))
