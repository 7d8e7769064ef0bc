"""Orders of deployed portfolios: one sheet over the account, when all symbols have their bar."""

import datetime as dt
import json
import threading
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest
from starlette.testclient import TestClient

from bot.config.settings import load
from bot.config.stages import RecordGate
from bot.daemon.service import Service
from bot.deploy.promotion_looks import _record
from bot.deploy.record_gates import broken_gate
from bot.forward.compare import orders_text
from bot.forward.follow import follow
from bot.landing.execution import executions
from bot.server.app import create_app
from bot.server.forward_view import since_figures
from components.engine.market_data import FolderData
from components.executor.run import run_job
from tests.engine_support import ForkingSandbox
from tests.orders_support import FOLLOW, Ground, backtested, bars, cut_a_look

CODE = """
import pandas as pd
from algoops import PortfolioStrategy


def sma(close):
    return pd.Series(close).rolling(5).mean()


class Weights(PortfolioStrategy):
    def init(self):
        self.calm = {s: self.I(sma, self.data[s].Close) for s in self.symbols}

    def next(self):
        over = [s for s in self.listed if self.data[s].Close[-1] > self.calm[s][-1]]
        self.target({s: 0.8 / len(over) for s in over})
        if "AAA" in self.listed and not self.position("AAA"):
            self.buy("AAA", size=.05, limit=self.data["AAA"].Close[-1] * .5)
"""
PAIR = "AAA, BBB]\nframework: portfolio  # ["
CODE_OF_ANY = CODE.partition('        if "AAA"')[0]
NAME = "AAA+BBB"
WEEKDAYS = pd.offsets.BDay()


class Pair(Ground):
    """With bars of another symbol."""

    def __init__(self, stage, world, folder):
        super().__init__(stage, world, folder)
        self.other = bars(60, seed=8)


@pytest.fixture
def ground(stage, world, tmp_path):
    return Pair(stage, world, tmp_path / "data")


def write(ground, count, symbols=("AAA", "BBB")):
    for symbol in symbols:
        ground.write({"AAA": ground.whole, "BBB": ground.other}[symbol].iloc[:count], symbol)


def deploy(ground, symbols=PAIR, files=(), code=CODE, version="1.0.0"):
    ground.deploy("one", symbols=symbols, code=code, version=version, files=files)


def _deployed(stage, world):
    """When the data had 58 bars; the last of 60 is yesterday's."""
    ground = Pair(stage, world, stage.folder / "bars")
    write(ground, 58)
    deploy(ground)
    ground.look()


PASTS = {"live": _deployed}


@pytest.fixture
def live(stage, world):
    return Pair(stage, world, stage.folder / "bars")


def late(days=1):
    """A Monday to Friday so many weekdays ago, as the last bar of a market without weekends."""
    return pd.Timestamp(dt.datetime.now(dt.UTC).date()) - days * WEEKDAYS


def test_sheet_has_the_orders_of_all_symbols_on_one_account(live):
    write(live, 60)
    assert live.look() == 1
    sheet = live.sheet("one")
    assert (sheet["reason"], sheet["symbol"], sheet["symbols"]) == ("", NAME, ["AAA", "BBB"])
    assert sheet["bar"] == live.whole.index[-1].isoformat()
    assert {order["symbol"] for order in sheet["orders"]} <= {"AAA", "BBB"}
    assert sheet["position"] is None
    rows = live.record("one")
    assert [row.counts for row in rows] == [False, True, True]
    assert [row.published for row in rows] == [False, False, True]
    assert sheet["positions"] == json.loads(rows[-1].positions)
    assert live.look() == 0


def test_orders_bar_by_bar_are_those_of_one_run_over_all_and_of_its_fills(ground):
    write(ground, 10)
    deploy(ground)
    ground.look()
    for count in (12, 13, 25):
        write(ground, count)
        ground.look()
    assert ground.sheet("one")["integrity"] is None
    rows = ground.record("one")
    whole = run_job(ground.executor.jobs[-1], ForkingSandbox(), FolderData(ground.folder))
    assert [orders_text(sheet) for sheet in whole.sheets] == [row.orders for row in rows]
    units = dict.fromkeys(("AAA", "BBB"), 0.0) | json.loads(rows[0].positions)
    wanted = 0
    for before, row in pairwise(rows):
        asked = [o for o in json.loads(before.orders) if o["kind"] == "market"]
        wanted += len(asked)
        for one in json.loads(row.fills):
            fill = one["fill"]
            units[fill["symbol"]] += fill["size"] * (1 if fill["side"] == "buy" else -1)
            whose = (fill["symbol"], fill["side"])
            small = fill["size"] * fill["price"] < 0.03 * row.equity  # the next open decides
            assert small or any((o["symbol"], o["side"]) == whose for o in asked)
        assert {s: u for s, u in units.items() if u} == json.loads(row.positions)
    assert wanted > 5
    assert all(o["target"] is not None for o in asked)


def weekdays(until, seed=7):
    """Bars of a market that is closed at weekends."""
    found = bars(400, until=until, seed=seed)
    return found[found.index.day_of_week < 5]


def test_symbol_whose_bar_is_not_there_yet_withholds_the_sheet_and_names_it(ground, monkeypatch):
    day = late()
    monkeypatch.setattr(ground.world.store, "now", lambda: f"{day:%Y-%m-%d}T22:00:00.000Z")
    one, other = weekdays(day), weekdays(day, seed=8)
    for end in (-2, -1):
        ground.write(one.iloc[:end], "AAA")
        ground.write(other.iloc[:end], "BBB")
        if end == -2:
            deploy(ground)
        ground.look()
    assert ground.sheet("one")["reason"] == ""
    ground.write(one, "AAA")
    assert ground.look() == 0
    sheet = ground.sheet("one")
    assert "the bar of BBB is not there yet; it should be by " in sheet["reason"]
    assert (sheet["orders"], sheet["positions"]) == ([], None)
    ground.write(other, "BBB")
    assert ground.look() == 1
    sheet = ground.sheet("one")
    assert (sheet["reason"], sheet["integrity"]) == ("", None)
    assert len(ground.record("one")) == 3


def test_symbol_with_a_bar_ahead_withholds_the_sheet_of_all_until_its_file_is_put_right(live):
    write(live, 60)
    live.look()
    record = live.record("one")
    ahead = live.other.index + pd.Timedelta(days=9)
    live.write(live.other.set_axis(ahead).rename_axis("Date"), "BBB")
    assert live.look() == 0
    sheet = live.sheet("one")
    assert sheet["reason"].startswith(f"the data of BBB has a bar of {ahead[-1]:%Y-%m-%d}T00:00")
    assert (sheet["orders"], sheet["positions"]) == ([], None)
    write(live, 60)
    assert live.look() == 1
    assert (live.sheet("one")["reason"], live.record("one")) == ("", record)


def test_symbol_that_is_late_withholds_the_sheet_until_its_bar_or_a_person_comes(live):
    write(live, 60, ["AAA"])
    assert live.look() == 0
    reason = live.sheet("one")["reason"]
    assert reason.startswith("the data of BBB is late: the next bar should have been there by ")
    assert len(live.record("one")) == 1
    assert live.look() == 0
    write(live, 60)
    live.look()
    assert live.sheet("one")["reason"] == ""
    assert len(live.record("one")) == 3


def test_late_symbol_that_somebody_says_is_over_is_closed_in_a_new_record(live):
    write(live, 60, ["AAA"])
    live.look()
    done = live.stage.algoops("orders", "one", "--accept", "BBB was delisted")
    assert done.returncode == 0
    assert live.look() == 1
    sheet = live.sheet("one")
    assert (sheet["reason"], "BBB" in sheet["positions"]) == ("", False)
    assert {order["symbol"] for order in sheet["orders"]} <= {"AAA"}
    assert live.look() == 0


def test_symbol_that_was_delisted_before_the_deploy_is_not_waited_for(ground):
    write(ground, 60, ["AAA"])
    write(ground, 10, ["BBB"])
    deploy(ground)
    assert ground.look() == 1
    assert ground.sheet("one")["reason"] == ""
    assert "BBB" not in ground.sheet("one")["positions"]


def test_symbol_that_was_late_at_the_deploy_is_waited_for(ground):
    write(ground, 60, ["AAA"])
    write(ground, 57, ["BBB"])
    deploy(ground)
    assert ground.look() == 0
    assert "the data of BBB is late" in ground.sheet("one")["reason"]


def test_symbol_whose_exchange_is_closed_at_weekends_does_not_withhold(ground):
    """AAA has a bar on each day, up to a Saturday; BBB ends on the Friday before."""
    saturday = pd.Timestamp(dt.datetime.now(dt.UTC).date()) - pd.offsets.Week(2, weekday=5)
    every, other = bars(60, until=saturday), weekdays(saturday - WEEKDAYS, seed=8)
    ground.write(every, "AAA")
    ground.write(other, "BBB")
    deploy(ground)
    ground.look()
    rows = ground.record("one")
    assert rows[-1].time == saturday.isoformat()
    assert ground.executor.jobs[-1].going_on == ("BBB",)
    held = json.loads(rows[-1].positions)
    coming = pd.date_range(saturday + pd.Timedelta(days=1), periods=2, name="Date")
    ground.write(every.reindex(every.index.append(coming)).ffill(), "AAA")
    ground.write(other.reindex(other.index.append(coming[1:])).ffill(), "BBB")
    ground.look()
    assert ground.sheet("one")["integrity"] is None
    assert json.loads(ground.record("one")[0].positions) == held


def test_restated_bar_of_one_symbol_is_named_with_the_sealed_order_that_it_changes(live):
    write(live, 60)
    live.look()
    other = live.other.copy()
    other.iloc[57, :4] *= 3
    live.write(other, "BBB")
    live.look()
    found = live.sheet("one")["integrity"]
    at = live.other.index[57]
    assert (found["cause"], found["orders"], found["bar"]) == ("data", True, str(at))
    assert f"BBB Close {live.other.iloc[57, 3]} is now {other.iloc[57, 3]}" in found["message"]
    assert "AAA" not in found["message"].partition("; ")[0].replace("AAA+BBB", "")
    assert live.sheet("one")["orders"] == []
    live.write(live.other, "BBB")
    live.look()
    assert (live.sheet("one")["integrity"], live.sheet("one")["reason"]) == (None, "")


@pytest.mark.parametrize("point", ["forward.ran", "forward.sealed"])
def test_power_cut_at_each_step_of_a_portfolio_loses_and_doubles_nothing(live, monkeypatch, point):
    live.queued("note")
    write(live, 60)
    cut_a_look(live, monkeypatch, point)


UNIVERSE = "symbol,from,to\nAAA,2000-01-01,\nBBB,2000-01-01,{until}\nCCC,{since},\n"


def member_file(ground, leaves, comes):
    days = [ground.whole.index[at].date().isoformat() for at in (leaves, comes)]
    return [("members.csv", UNIVERSE.format(until=days[0], since=days[1]))]


def test_universe_that_changes_lets_its_members_be_ordered_alone(ground, monkeypatch):
    """BBB leaves with bar 56, CCC comes with bar 58."""
    monkeypatch.setattr("tests.orders_support.DEFINITION", UNIVERSE_DEFINITION)
    for count in (55, 57, 60):
        write(ground, count)
        ground.write(bars(60, seed=9).iloc[:count], "CCC")
        if count == 55:
            deploy(ground, "AAA", files=member_file(ground, 56, 58))
        ground.look()
    sheet = ground.sheet("one")
    assert (sheet["reason"], sheet["integrity"], len(ground.record("one"))) == ("", None, 6)
    entered = [
        {o["symbol"] for o in json.loads(row.orders) if o["purpose"] == "open"}
        for row in ground.record("one")
    ]
    assert "CCC" not in set().union(*entered[:4])
    assert "BBB" not in set().union(*entered[2:])


def test_symbol_that_left_the_universe_and_has_no_bars_any_more_is_not_waited_for(
    ground, monkeypatch
):
    monkeypatch.setattr("tests.orders_support.DEFINITION", UNIVERSE_DEFINITION)
    write(ground, 58)
    ground.write(bars(60, seed=9).iloc[:58], "CCC")
    deploy(ground, "AAA", files=member_file(ground, 57, 50))
    ground.look()
    write(ground, 60, ["AAA"])
    ground.write(bars(60, seed=9), "CCC")
    ground.look()
    sheet = ground.sheet("one")
    assert (sheet["reason"], "BBB" in sheet["positions"]) == ("", False)


UNIVERSE_DEFINITION = """
name: NAME
description: Long above an average of closes, else in cash.
version: 1.0.0
framework: portfolio
universe: members.csv
interval: 1d  # SYMBOLS
"""


def test_fills_of_a_broker_are_held_against_each_symbol_of_the_account(ground, tmp_path):
    write(ground, 10)
    deploy(ground)
    ground.look()
    for count in (11, 31):
        write(ground, count)
        ground.look()
    lines = ["time,symbol,side,size,price,fee"]
    for row in ground.record("one"):
        for one in json.loads(row.fills) if row.counts else ():
            fill = one["fill"]
            price = fill["price"] * (1.001 if fill["side"] == "buy" else 0.999)
            time = pd.Timestamp(fill["time"]) + pd.Timedelta(hours=10)
            lines.append(
                f"{time.isoformat()}Z,{fill['symbol']},{fill['side']},{fill['size']},{price},0"
            )
    path = tmp_path / "fills.csv"
    path.write_text("\n".join(lines) + "\n")
    done = ground.stage.algoops("fills", "import", str(path))
    assert done.returncode == 0, done.stderr
    found = executions(ground.world.store, "demo", "one")
    assert [one["symbol"] for one in found] == ["AAA", "BBB"]
    for one in found:
        assert {trade["kind"] for trade in one["trades"]} == {"paired"}
        assert one["slippage_pct"]["mean"] == pytest.approx(0.1)
    landed = ground.world.store.deployments.current("demo", "one")
    standing = ground.world.store.forward.all_standing("demo", "one")
    for metric, op, value, holds in (
        ("trades", ">=", 3, True),
        ("cost_over_floors_pct", "<=", 5, True),
        ("cost_over_floors_pct", "<=", -5, False),
        ("return_pct", ">=", -99, True),
        ("return_pct", ">=", 999, False),
    ):
        gate = RecordGate(metric=metric, op=op, value=value, bars=5)
        assert (broken_gate(ground.world, [gate], landed, standing) == "") is holds, metric


def test_portfolios_orders_are_read_by_command_line_over_http_and_on_the_page(live):
    write(live, 60)
    live.look()
    done = live.stage.algoops("orders", "one", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["orders"]) == (0, live.sheets("one"))
    words = live.stage.algoops("orders").stdout
    assert words.startswith(f"one 1.0.0 on {NAME} 1d, after the bar of ")
    assert "AAA: " in words
    service = Service(live.world, load(live.stage.config))
    with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
        answer = client.get("/api/production/strategies/one/orders/")
        assert answer.json()["sheets"] == live.sheets("one")
        page = client.get("/strategies/one").text
        for line in live.sheet("one")["orders"]:
            assert f"{line['symbol']}: {line['side']} " in page


def test_version_of_one_symbol_after_a_portfolio_takes_its_orders_back(live):
    live.deploy("one", symbols="AAA", version="1.1.0")
    write(live, 60)
    live.look()
    assert [s["symbol"] for s in live.sheets("one")] == ["AAA"]
    gone = live.world.store.forward.standing("demo", "one", NAME)
    assert (gone.deployment, gone.reason) == (0, "one does not trade AAA+BBB any more")


def test_curve_since_the_deploy_its_band_and_the_record_for_a_stage_are_the_accounts(ground):
    """Its backtest is known by the name of the portfolio, as its record is."""
    write(ground, 40)
    deploy(ground)
    ground.look()
    report = backtested(ground)
    store = ground.world.store
    landed = store.deployments.current("demo", "one")
    write(ground, 60)
    ground.look()
    rows, edge = ground.record("one"), ground.sheet("one")["edge"]
    assert edge["bars"] == 20
    assert edge["return_pct"] == pytest.approx((rows[-1].equity / rows[0].equity - 1) * 100)
    assert edge["band_pct"] is not None
    (figure,) = since_figures(store, "demo", "one", report)
    assert (figure.symbol, len(figure.ticks), figure.band != "") == (NAME, 21, True)
    way = SimpleNamespace(live=replace(landed, content_key="key"))
    (recorded,) = _record(ground.world, SimpleNamespace(name="demo"), way)
    assert recorded.symbols == ("AAA", "BBB")
    gate = RecordGate(metric="over_band_pct", op=">=", value=-99, bars=20)
    assert broken_gate(ground.world, [gate], landed, [recorded]) == ""


def test_two_looks_at_once_publish_a_portfolios_sheet_once(live):
    live.queued("note")
    write(live, 60)
    number = live.sheet("one")["number"]
    both = [threading.Thread(target=follow, args=(live.world, FOLLOW)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert live.sheet("one")["number"] == number + 1
    assert len(live.record("one")) == 3


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("AAA,2000-01-01,\nZZZ,2000-01-01,\n", "no data for ZZZ"),
        ("AAA,2000-01-01,2001-01-01\nBBB,2000-01-01,2001-01-01\n", ""),
        ("AAA,2000-01-01,\n", ""),
        ("AAA,2000-01-01,2000-01-01\nAAA,2090-01-01,\n^B=x.y_-1,2000-01-01,\n", ""),
    ],
)
def test_odd_universe_has_a_sheet_or_the_reason(ground, monkeypatch, lines, words):
    monkeypatch.setattr("tests.orders_support.DEFINITION", UNIVERSE_DEFINITION)
    write(ground, 60)
    ground.write(ground.other, "^B=x.y_-1")
    deploy(ground, "AAA", files=[("members.csv", f"symbol,from,to\n{lines}")], code=CODE_OF_ANY)
    ground.look()
    sheet = ground.sheet("one")
    assert words in sheet["reason"]
    assert bool(sheet["reason"]) is bool(words), sheet["reason"]
