"""A stage without a daemon, and the world that jobs work on."""

from contextlib import ExitStack

import pytest

from bot.checks.policies import load_policies
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_world
from tests.stage_support import new_stage

ENV = {
    "ALGOOPS_SANDBOX__BACKEND": "bubblewrap",
    "ALGOOPS_SANDBOX__WARM": "0",
    "ALGOOPS_EXECUTOR__WORKERS": "1",
}


@pytest.fixture
def stage(tmp_path):
    return new_stage(tmp_path / "stage")


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


@pytest.fixture
def world_on(executor):
    """Opens worlds on configurations, with the one executor."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(open_world(load(config, env=ENV), executor))
