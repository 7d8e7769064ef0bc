"""Twelve leaks across symbols and twelve sound strategies: what the checks say of each."""

from pathlib import Path

import pandas as pd
import pytest
from engine_portfolios import together

from components.engine.market_data import FolderData
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy
from components.schema.results.values import Status
from components.validator import check_source
from tests.unit.portfolio.made_up import walk

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[3]
LEAKING = sorted((ROOT / "tests/data/portfolio/leaking").glob("*.py"))
SOUND = sorted((ROOT / "tests/data/portfolio/sound").glob("*.py"))
BARS = 90
MODES = ("streamed", "audited")
IN_PLAIN_SIGHT = {
    "next_close_of_another": "lookahead-shift",
    "centred_spread": "lookahead-window",
    "gaps_filled_back": "lookahead-fill",
    "closes_kept": "column-kept",
}
"""What the code check names already."""


def five():
    """Days of five symbols: one comes late, one goes early, one lacks some."""
    return {
        "AAA": walk(0, BARS),
        "BBB": walk(1, BARS),
        "CCC": walk(2, BARS).iloc[40:],
        "DDD": walk(3, BARS).iloc[:75],
        "EEE": walk(4, BARS, gaps=range(7, BARS, 9)),
    }


def two_zones():
    """The same dates in Tokyo and in New York, half a day apart."""
    days = pd.bdate_range("2020-01-01", periods=BARS)
    zones = {"TOK": "Asia/Tokyo", "NYC": "America/New_York"}
    return {
        symbol: walk(seed, BARS).set_axis(days.tz_localize(zone))
        for seed, (symbol, zone) in enumerate(zones.items())
    }


@pytest.fixture(scope="module")
def markets(tmp_path_factory):
    """By the first word of a file's name (`zones__`, else anything)."""
    found = {}
    for kind, frames in (("zones", two_zones()), ("", five())):
        folder = tmp_path_factory.mktemp(f"market{kind}")
        for symbol, frame in frames.items():
            frame.to_csv(folder / f"{symbol}_1d.csv", index_label="Date")
        found[kind] = FolderData(folder), tuple(frames)
    return found


def checked(path, markets, mode):
    data, symbols = markets["zones" if path.stem.startswith("zones__") else ""]
    return together(path.read_text(), data, symbols, causality=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", LEAKING, ids=lambda path: path.stem)
def test_leak_across_symbols_is_named(path, mode, markets):
    result = checked(path, markets, mode)
    assert result.lookahead, (result.status, result.message, result.looked_at)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_strategy_trades_and_is_not_accused(path, mode, markets):
    result = checked(path, markets, mode)
    assert result.status is Status.PASSED, result.message
    assert not result.lookahead, result.lookahead
    assert len(result.trades) > 10
    assert result.looked_at


@pytest.mark.parametrize("path", [*LEAKING, *SOUND], ids=lambda path: path.stem)
def test_code_check_names_what_can_be_read_and_nothing_else(path):
    policy = load_policy(ROOT / "policies/code.yaml", CodePolicy)
    named = {f.rule for f in check_source(path.read_bytes(), policy=policy).findings}
    assert named == {IN_PLAIN_SIGHT[path.stem]} if path.stem in IN_PLAIN_SIGHT else not named


def test_there_are_as_many_as_promised():
    assert len(LEAKING) >= 12
    assert len(SOUND) >= 12
