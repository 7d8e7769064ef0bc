"""The strategy's page and the list: how a deployed strategy went on since its deploy."""

import pytest
from starlette.testclient import TestClient

from bot.config.settings import load
from bot.daemon.service import Service
from bot.server.app import create_app
from bot.server.forward_view import since_figures
from bot.server.text import percent
from tests.orders_support import Ground, backtested


@pytest.fixture
def live(stage, world, tmp_path):
    """Deployed with its backtest on 40 bars; twenty came since."""
    ground = Ground(stage, world, tmp_path / "data")
    ground.write(ground.bars(40))
    ground.deploy("one")
    ground.look()
    ground.report = backtested(ground)
    ground.write(ground.whole)
    ground.look()
    return ground


def pages(ground):
    service = Service(ground.world, load(ground.stage.config))
    with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
        return client.get("/strategies/one").text, client.get("/").text


def figure(ground):
    (found,) = since_figures(ground.world.store, "demo", "one", ground.report)
    return found


def points(path):
    return [tuple(map(float, spot.split(","))) for spot in path.strip("MZ").split("L")]


def test_curve_goes_on_from_the_end_of_the_backtest_inside_its_band(live):
    found = figure(live)
    before, since, band = points(found.backtest), points(found.since), points(found.band)
    assert before[-1] == since[0] == band[0]
    assert since[0][0] == pytest.approx(found.deploy, abs=0.1)
    assert (len(since), since[-1][0]) == (21, 1000.0)
    low, high = band[20], band[21]
    assert low[0] == high[0] == 1000.0
    assert low[1] > high[1], "the low end is drawn further down"
    assert [tick.tone for tick in found.ticks] == ["good"] * 21
    assert found.said == "21 sealed bars, all as sealed"


def test_page_and_list_tell_what_it_earned_since(live):
    page, index = pages(live)
    assert 'id="since"' in page
    assert figure(live).label in page
    rows = live.record("one")
    earned = (rows[-1].equity / rows[0].equity - 1) * 100
    assert percent(earned) in index
    assert "AAA: " in index


def test_ticks_turn_bad_from_the_first_difference_on(live):
    restated = live.whole.copy()
    restated.iloc[50, 3] *= 1.001
    live.write(restated)
    live.look()
    found = figure(live)
    assert [tick.tone for tick in found.ticks] == ["good"] * 11 + ["bad"] * 10
    assert found.said == "21 sealed bars, 10 from the first difference on"
    page, index = pages(live)
    assert found.said in page
    assert "not as sealed" in index


def test_figure_is_only_of_what_is_deployed_and_has_bars(live):
    store = live.world.store
    other = live.report.model_copy(update={"tree": "another"})
    assert since_figures(store, "demo", "one", other) == []
    assert since_figures(store, "demo", "one", None) == []
    assert since_figures(store, "demo", "two", live.report) == []
    live.deploy("one", version="1.1.0")
    live.look()
    assert since_figures(store, "demo", "one", live.report) == []
