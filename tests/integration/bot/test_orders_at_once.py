"""Order sheets by the short way: all bars at once, believed only where the record proves it."""

import json
from dataclasses import replace

import pytest

from bot.forward import at_once as at_once_module
from tests.orders_support import CODE, Ground

PEEKS = """
from backtesting import Strategy


class Peeks(Strategy):
    def init(self):
        close = self.data.Close
        self.rises = self.I(lambda: [a < b for a, b in zip(close, [*close[1:], close[-1]])])

    def next(self):
        if self.rises[-1]:
            self.buy(size=.5)
        else:
            self.position.close()
"""
"""Trades on the next bar where it has it: a run on all bars comes to other orders of the past."""

TWO_FACES = """
from backtesting import Strategy
import talib

RUNS = []


class TwoFaces(Strategy):
    def init(self):
        RUNS.append(1)
        self.calm = self.I(talib.SMA, self.data.Close, 5)

    def next(self):
        if len(RUNS) == 1 and len(self.data) > 10 and not self.position:
            self.buy(size=.5)
"""
"""A streamed run works init() out anew for later bars: it trades only where that is not done."""


@pytest.fixture
def ground(stage, world, tmp_path):
    return Ground(stage, world, tmp_path / "data")


def runs(ground):
    """How the runs of one look got their bars."""
    before = len(ground.executor.jobs)
    ground.look()
    return [job.causality for job in ground.executor.jobs[before:]]


def test_each_next_bar_is_run_at_once_and_comes_to_the_orders_of_a_streamed_run(ground):
    ground.write(ground.bars(10))
    ground.deploy("one")
    assert runs(ground) == ["streamed"]
    for count in range(11, 21):
        ground.write(ground.bars(count))
        assert runs(ground) == ["audited"]
    ground.deploy("two")  # the same code
    assert runs(ground) == ["streamed"]
    assert ground.record("one")[-1].orders == ground.record("two")[-1].orders
    assert ground.record("one")[-1].asked == ground.record("two")[-1].asked
    assert ground.sheet("one")["equity"] == ground.sheet("two")["equity"]


def test_two_bars_at_a_time_are_streamed_for_the_first_could_be_traded_on_the_second(ground):
    ground.write(ground.bars(10))
    ground.deploy("one")
    ground.look()
    ground.write(ground.bars(12))
    assert runs(ground) == ["streamed"]


def test_strategy_that_peeks_where_it_can_is_streamed_and_gains_nothing(ground):
    ground.write(ground.bars(10))
    ground.deploy("one", code=PEEKS)
    ground.look()
    for count in range(11, 14):
        ground.write(ground.bars(count))
        assert runs(ground) == ["audited", "streamed"]
    assert ground.sheet("one")["integrity"] is None
    assert {row.position for row in ground.record("one")} == {0.0}


def test_chance_is_accused_by_a_streamed_run_alone(ground):
    ground.write(ground.bars(10))
    code = CODE.replace("import talib", "import talib, time").replace(
        "size=.5", "size=1 + time.time_ns() % 997"
    )
    ground.deploy("one", code=code)
    ground.look()
    for count in range(11, 30):
        ground.write(ground.bars(count))
        if runs(ground)[-1] == "streamed" and ground.sheet("one")["integrity"]:
            break
    assert ground.sheet("one")["integrity"]["cause"] == "chance"


def test_strategy_with_another_face_where_it_gets_all_bars_is_named_by_a_streamed_run(
    ground, monkeypatch
):
    monkeypatch.setattr(at_once_module, "STREAMED_EVERY", 4)
    ground.write(ground.bars(10))
    ground.deploy("one", code=TWO_FACES)
    assert runs(ground) == ["streamed"]
    ways = []
    for count in range(11, 15):
        ground.write(ground.bars(count))
        ways += runs(ground)
    assert ways == ["audited", "audited", "streamed", "streamed", "streamed"]
    assert ground.sheet("one")["integrity"]["cause"] == "chance"
    assert "given all bars at once" in ground.sheet("one")["reason"]


def test_records_are_not_all_streamed_on_the_same_day(ground, monkeypatch):
    monkeypatch.setattr(at_once_module, "STREAMED_EVERY", 3)
    ground.write(ground.bars(10))
    ground.deploy("one", "two", symbols="AAA")
    ground.look()
    streamed = []
    for count in range(11, 14):
        ground.write(ground.bars(count))
        streamed.append(runs(ground).count("streamed"))
    assert sorted(streamed) == [0, 1, 1]
    assert [len(ground.record(name)) for name in ("one", "two")] == [4, 4]
    assert ground.sheet("one")["integrity"] is None


def test_restated_bar_is_named_by_a_streamed_run(ground):
    ground.write(ground.bars(10))
    ground.deploy("one")
    ground.look()
    changed = ground.bars(11).copy()
    changed.iloc[5, 3] *= 1.005
    ground.write(changed)
    assert runs(ground) == ["audited", "streamed"]
    assert ground.sheet("one")["integrity"]["cause"] == "data"


def test_record_of_an_older_version_is_streamed_until_it_has_a_bar_of_this_one(ground):
    ground.write(ground.bars(58))
    ground.deploy("one")
    ground.look()
    (row,) = ground.record("one")
    with ground.world.store.transaction():
        db = ground.world.store.forward._db
        db.execute("DROP TRIGGER forward_no_update")
        db.execute("UPDATE forward SET asked = ''")
    assert ground.record("one") == [replace(row, asked="")]
    ground.write(ground.bars(59))
    assert runs(ground) == ["streamed"]
    ground.write(ground.bars(60))
    assert runs(ground) == ["audited"]
    sealed = json.loads(ground.record("one")[-1].orders)
    assert sealed
    assert ground.sheet("one")["orders"] == [{**o, "symbol": "AAA", "target": None} for o in sealed]
