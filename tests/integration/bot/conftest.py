"""A stage without a daemon, and the world that jobs work on."""

import pytest

from bot.app import open_world
from bot.config import load
from bot.demo.stage import set_stage


@pytest.fixture
def stage(tmp_path):
    return set_stage(tmp_path / "stage", 0, on_base=())


@pytest.fixture
def world(stage):
    with open_world(load(stage.config, env={"ALGOOPS_SANDBOX__BACKEND": "bubblewrap"})) as made:
        yield made
