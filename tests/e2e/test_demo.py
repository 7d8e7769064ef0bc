"""The demo's acts after a deploy, on four years of bars."""

import pytest

from bot.demo.acts import Acts
from bot.demo.life import after_the_deploy, open_market
from tests.bars_support import few_bars
from tests.e2e.conftest import DEMO, new_world

FIRST, COUNT = 1_750, 1_133
"""Up to 2010-06-18: 1.1.0 sells SPX on the day before the last one, and earns enough until then."""


@pytest.fixture
def world(tmp_path):
    made = new_world(tmp_path)
    few_bars(made.stage.folder, FIRST, COUNT)
    made.market = open_market(made.stage, made.stage.folder / "bars")
    yield made
    made.close()


def test_version_is_promoted_after_three_bars_and_rolled_back_when_a_past_one_is_restated(world):
    world.start()
    for branch, push in (("add", world.push_example), ("improve-sma-cross", world.push_proposal)):
        world.run_of(branch, push(branch))
        assert world.algoops("deploy", "sma_cross", "--ref", branch).returncode == 0
    acts = Acts(world.stage, print, world.store)
    after_the_deploy(acts, world.market)
    assert [act for act in acts.acts if not act.ok] == []
    told = {act.what: act.got for act in acts.acts}
    assert "sell" in told["day 2: the next bar comes"]
    assert world.store.deployments.current(DEMO, "sma_cross").version == "1.0.0"
    world.settled()
    world.sound()
