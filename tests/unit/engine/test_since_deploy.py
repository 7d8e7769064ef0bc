"""Returns after a deploy against what the backtest showed."""

import math

import numpy as np
import pytest

from components.engine.evidence.since import ALARMS, Promised, since_deploy

YEAR = 252
DAILY = Promised(low=1.0, high=2.0, volatility=0.16, bars_a_year=YEAR)


def made(sharpe, bars, seed, *, heavy=False):
    random = np.random.default_rng(seed)
    noise = random.standard_t(5, bars) / math.sqrt(5 / 3) if heavy else random.normal(size=bars)
    return ((sharpe / math.sqrt(YEAR) + noise) * 0.16 / math.sqrt(YEAR)).tolist()


@pytest.mark.parametrize("heavy", [False, True])
def test_sound_strategies_are_called_below_the_band_less_often_than_the_budget(heavy):
    said = [since_deploy(made(1.0, YEAR, s, heavy=heavy), DAILY).says for s in range(500)]
    assert said.count("below the band") <= ALARMS * 500


def test_edge_that_has_turned_into_its_opposite_is_below_the_band():
    found = [since_deploy(made(-3.0, 2 * YEAR, s), DAILY) for s in range(50)]
    assert sum(f.says == "below the band" for f in found) >= 45
    assert all(f.return_pct < f.band_pct[0] for f in found if f.says == "below the band")


def test_lack_of_data_is_never_called_on_track():
    for bars in (0, 1, 63):
        found = since_deploy(made(2.0, bars, 1), DAILY)
        assert (found.says, found.bars) == ("inconclusive", bars)
        assert found.power < 0.05
    assert since_deploy(made(2.0, 30 * YEAR, 1), DAILY).says == "on track"


def test_backtest_that_does_not_exclude_chance_promises_nothing_that_could_fail():
    weak = Promised(low=-0.2, high=1.5, volatility=0.16, bars_a_year=YEAR)
    found = since_deploy(made(0.0, 10 * YEAR, 3), weak)
    assert (found.says, found.power) == ("inconclusive", 0.0)


def test_one_terrible_day_is_no_trend():
    found = since_deploy([*made(1.0, 100, 5), -0.9], DAILY)
    assert found.says == "inconclusive"


def test_market_that_became_wilder_is_no_lost_edge():
    wild = [4 * one for one in made(1.0, 2 * YEAR, 11)]
    calm = made(1.0, FEW_BARS, 12)
    assert since_deploy(calm + wild, DAILY).says != "below the band"


FEW_BARS = 20


def test_strategy_that_holds_nothing_says_nothing():
    flat = since_deploy([0.0] * 100, Promised(0.5, 1.0, 0.0, YEAR))
    assert (flat.says, flat.return_pct) == ("inconclusive", 0.0)
