"""Leaks across symbols change what was decided once later bars are there; sound strategies don't."""

import functools
import runpy
from pathlib import Path

import pandas as pd
import pytest

from algoops import PortfolioStrategy
from algoops.run import _NotebookRun
from algoops.timeline import checked
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy
from components.validator import check_source
from tests.unit.portfolio.made_up import walk

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests/data/portfolio"
LEAKING = sorted((DATA / "leaking").glob("*.py"))
SOUND = sorted((DATA / "sound").glob("*.py"))
BARS = 130
CUTS = (70, 83, 88, 103, 117)
"""Numbers of days that are there; decisions of the last of them are compared."""


@functools.cache
def market(kind):
    """Days of five symbols: one comes late, one goes early, one lacks some; or of two zones."""
    if kind == "zones":
        days = pd.bdate_range("2020-01-01", periods=BARS)
        zones = {"TOK": "Asia/Tokyo", "NYC": "America/New_York"}
        return {
            s: walk(seed, BARS).set_axis(days.tz_localize(zone))
            for seed, (s, zone) in enumerate(zones.items())
        }
    whole = {s: walk(seed, BARS) for seed, s in enumerate(("AAA", "BBB", "CCC", "DDD"))}
    return {
        "AAA": whole["AAA"],
        "BBB": whole["BBB"],
        "CCC": whole["CCC"].iloc[60:],
        "DDD": whole["DDD"].iloc[:110],
        "EEE": walk(4, BARS, gaps=range(7, BARS, 9)),
    }


def strategy_of(path):
    """The class in a file, which notes what it asks for at each time."""
    names = runpy.run_path(str(path)).values()
    (author,) = (
        v for v in names if isinstance(v, type) and issubclass(v, PortfolioStrategy)
        and v is not PortfolioStrategy
    )  # fmt: skip

    class Noted(author):
        def next(self):
            self.now = asked[max(d.index[-1] for d in self.data.values() if len(d))] = []
            super().next()

        def target(self, weights):
            self.now.append({s: round(w, 9) for s, w in weights.items()})
            super().target(weights)

        def buy(self, symbol, **terms):
            self.now.append((symbol, terms))
            return super().buy(symbol, **terms)

    asked = {}
    return Noted, asked


def decisions(path, until):
    """By time what is asked for, where bars from the time `until` on are not there yet."""
    kind = path.stem.partition("__")[0]
    frames = {
        s: f for s, frame in checked(market(kind)).items() if len(f := frame[frame.index < until])
    }
    author, asked = strategy_of(path)
    _NotebookRun(author, frames, {}, {"cash": 1e6}).trade()
    return asked


def changed(path):
    """At how many of the cuts the newest decision is another one with all bars."""
    kind = path.stem.partition("__")[0]
    times = sorted({t for f in checked(market(kind)).values() for t in f.index})
    whole = decisions(path, times[-1] + pd.Timedelta(days=1))
    assert any(whole.values()), "it decides nothing"
    found = 0
    for cut in CUTS:
        now = times[cut]
        found += decisions(path, times[cut + 1])[now] != whole[now]
    return found


@pytest.mark.parametrize("path", LEAKING, ids=lambda path: path.stem)
def test_leak_changes_what_was_decided_once_later_bars_are_there(path):
    assert changed(path) > 0


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_strategy_decides_the_same_whatever_comes_later(path):
    assert changed(path) == 0


def named(path):
    """Rules of the code check that name something in a file."""
    policy = load_policy(ROOT / "policies/code.yaml", CodePolicy)
    return {f.rule for f in check_source(path.read_bytes(), policy=policy).findings}


IN_PLAIN_SIGHT = {
    "next_close_of_another": "lookahead-shift",
    "centred_spread": "lookahead-window",
    "gaps_filled_back": "lookahead-fill",
    "closes_kept": "column-kept",
}


@pytest.mark.parametrize("path", [*LEAKING, *SOUND], ids=lambda path: path.stem)
def test_code_check_names_what_can_be_read_and_nothing_else(path):
    rule = IN_PLAIN_SIGHT.get(path.stem)
    assert named(path) == ({rule} if rule else set())


def test_there_are_as_many_as_promised():
    assert len(LEAKING) >= 12
    assert len(SOUND) >= 12
