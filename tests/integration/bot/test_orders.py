"""Orders of deployed strategies: published on new bars, sealed, withheld where data is not whole."""

import json
import shutil
import sqlite3
import threading
from contextlib import ExitStack
from dataclasses import replace

import pandas as pd
import pytest
from starlette.testclient import TestClient

from algoops.exchange.fills import TimedBroker
from bot.config.settings import load
from bot.core.events import Tick
from bot.core.notices import OrdersChanged
from bot.daemon.data_watch import watch_data
from bot.daemon.intake import dispatch, receive
from bot.daemon.service import Service
from bot.forward import follow as follow_module
from bot.forward import wants as wants_module
from bot.forward.at_once import STREAMED_EVERY
from bot.forward.compare import orders_text
from bot.forward.follow import follow
from bot.server.app import create_app
from components.engine import attempt
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.schema.results.evidence import Evidence, Span
from components.schema.results.report import Change, StrategyReport
from components.schema.results.values import ExecutionResult, Metrics, Status, Verdict
from components.state.db.errors import StateFault
from tests.engine_support import ForkingSandbox
from tests.orders_support import CODE, FOLLOW, Ground, cut_a_look, old

CHANCE = CODE.replace("import talib", "import talib\nimport time").replace(
    "size=.5", "size=1 + time.time_ns() % 997"
)


@pytest.fixture
def ground(stage, world, tmp_path):
    return Ground(stage, world, tmp_path / "data")


def _deployed(stage, world):
    """One strategy, deployed when the data had 58 bars; the last of 60 is yesterday's."""
    ground = Ground(stage, world, stage.folder / "bars")
    ground.write(ground.bars(58))
    ground.deploy("one")
    ground.look()


PASTS = {"live": _deployed}


@pytest.fixture
def live(stage, world):
    return Ground(stage, world, stage.folder / "bars")


def test_new_bar_brings_its_orders_to_all_who_ask(live):
    heard = []
    live.world.progress.subscribe(heard.append)
    live.write(live.bars(60))
    assert live.look() == 1
    sheet = live.sheet("one")
    assert sheet["reason"] == ""
    assert sheet["bar"] == live.whole.index[-1].isoformat()
    sealed = json.loads(live.record("one")[-1].orders)
    assert sheet["orders"] == [{**order, "symbol": "AAA", "target": None} for order in sealed]
    assert (sheet["symbols"], sheet["positions"]) == (["AAA"], {"AAA": sheet["position"]})
    assert OrdersChanged("one", "AAA") in heard
    assert [row.counts for row in live.record("one")] == [False, True, True]
    assert [row.published for row in live.record("one")] == [False, False, True]
    assert live.look() == 0


def test_bar_that_was_there_at_the_deploy_does_not_count_as_forward(ground):
    ground.write(ground.whole)
    ground.deploy("one")
    assert ground.look() == 1
    assert ground.sheet("one")["reason"] == ""
    (row,) = ground.record("one")
    assert (row.counts, row.published) == (False, True)


def test_record_is_never_changed(live):
    for statement in (
        "UPDATE forward SET orders = '[]'",
        "DELETE FROM forward",
        "UPDATE tracks SET start = ''",
        "DELETE FROM tracks",
    ):
        with (
            sqlite3.connect(live.world.store.path) as raw,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            raw.execute(statement)
    row = live.record("one")[0]
    live.world.store.forward.seal(1, [row])
    assert live.record("one") == [row]


def test_orders_bar_by_bar_are_those_of_one_run_over_all(ground):
    ground.write(ground.bars(10))
    ground.deploy("one")
    ground.look()
    for count in range(11, 17):
        ground.write(ground.bars(count))
        ground.look()
    assert ground.sheet("one")["integrity"] is None
    record = ground.record("one")
    assert len(record) == 7
    ground.write(ground.bars(16).assign(Volume=1_000.0))
    whole = run_job(ground.executor.jobs[-1], ForkingSandbox(), FolderData(ground.folder))
    assert [orders_text(sheet) for sheet in whole.sheets] == [row.orders for row in record]


def damaged(frame):
    """Files that are not what they should be, and what is said of each."""
    text = frame.to_csv()
    lines = text.splitlines(keepends=True)
    yield "partial", "".join(lines)[:-20], "cut off"
    yield "shorter", "".join(lines[:-3]), "the file is not whole"
    yield "reordered", "".join([*lines[:-2], lines[-1], lines[-2]]), "comes after"
    yield "doubled", "".join([*lines, lines[-1]]), "is there twice"
    yield "impossible", text.replace(lines[-1].split(",")[1], "-3"), "must be above zero"
    yield "empty", "", "cannot be read"
    restated = frame.copy()
    restated.iloc[30, 3] *= 1.005
    yield "restated", restated.to_csv(), "was restated"
    split = frame.copy()
    split.iloc[:59, :4] /= 2
    yield "split", split.to_csv(), "was restated"
    moved = frame.set_axis(frame.index + pd.Timedelta(hours=5)).rename_axis("Date")
    yield "other zone", moved.to_csv(), "was restated"
    yield "hole", "".join([*lines[:10], *lines[11:]]), "the bar is not there any more"


def test_data_that_is_not_whole_gives_no_orders_and_heals_by_itself(live, monkeypatch):
    noon = f"{live.whole.index[-1] + pd.Timedelta(days=1):%Y-%m-%d}T12:00:00.000Z"
    monkeypatch.setattr(live.world.store, "now", lambda: noon)  # of bars 5 hours later all are over
    live.write(live.whole)
    live.look()
    path = live.folder / "AAA_1d.csv"
    for kind, text, words in damaged(live.whole):
        told = live.sheet("one")["number"]
        path.write_text(text)
        old(path)
        live.look()
        sheet = live.sheet("one")
        assert words in sheet["reason"], kind
        assert (sheet["orders"], sheet["position"], sheet["number"]) == ([], None, told + 1), kind
        assert live.look() == 0, kind
        live.write(live.whole)
        live.look()
        sheet = live.sheet("one")
        assert (sheet["reason"], sheet["integrity"], sheet["number"]) == ("", None, told + 2), kind
        assert len(live.record("one")) == 3


def test_restated_bars_are_named_with_old_and_new_values(live):
    live.write(live.whole)
    live.look()
    other = live.whole.copy()
    other.iloc[20, 3] += 0.01
    other.iloc[59, 4] = 7.0
    live.write(other)
    live.look()
    found = live.sheet("one")["integrity"]
    first, last = live.whole.index[20], live.whole.index[59]
    assert found["cause"] == "data"
    assert found["bar"] == str(first)
    assert f"{first}: Close {live.whole.iloc[20, 3]} is now {other.iloc[20, 3]}" in found["message"]
    assert f"{last}: Volume 1000.0 is now 7.0" in found["message"]


def test_last_line_without_an_end_is_waited_for(live):
    path = live.folder / "AAA_1d.csv"
    path.write_text(live.whole.to_csv().rstrip("\n")[:-1])
    assert live.look() == 0
    assert "has no end yet" in live.sheet("one")["reason"]
    old(path)
    assert live.look() == 1
    assert live.sheet("one")["reason"] == ""


def test_last_line_that_was_written_while_the_clock_was_ahead_is_not_waited_for(live):
    path = live.folder / "AAA_1d.csv"
    path.write_text(live.whole.to_csv().rstrip("\n"))
    old(path, seconds=-86_400)
    assert live.look() == 1
    assert live.sheet("one")["reason"] == ""


def test_missing_symbol_keeps_only_its_own_orders_back(ground):
    ground.write(ground.whole)
    ground.deploy("one", symbols="AAA, BBB")
    ground.look()
    a, b = ground.sheets("one")
    assert (a["symbol"], a["reason"]) == ("AAA", "")
    assert "no data for BBB 1d" in b["reason"]
    ground.write(ground.whole, "BBB")
    assert ground.look() == 2
    assert [s["reason"] for s in ground.sheets("one")] == ["", ""]


def test_run_that_fails_gives_no_orders_and_the_reason(ground):
    ground.write(ground.bars(59))
    ground.deploy("one", code=CODE.replace("close = ", "assert len(self.data) < 60; close = "))
    ground.look()
    ground.write(ground.whole)
    ground.look()
    sheet = ground.sheet("one")
    assert "its run failed" in sheet["reason"]
    assert sheet["orders"] == []
    assert ground.look() == 0


def test_data_that_is_late_gives_no_orders(ground):
    ground.write(ground.bars(50))
    ground.deploy("one")
    ground.look()
    assert "the data is late" in ground.sheet("one")["reason"]
    assert ground.sheet("one")["orders"] == []
    assert not ground.record("one")[0].published


def test_clock_that_was_ahead_withholds_orders_only_until_it_is_right(live, monkeypatch):
    live.write(live.whole)
    live.look()
    with monkeypatch.context() as wrong:
        wrong.setattr(live.world.store, "now", lambda: "2100-01-01T00:00:00.000000Z")
        assert live.look() == 0
        assert "the data is late" in live.sheet("one")["reason"]
    assert live.look() == 1
    assert live.sheet("one")["reason"] == ""
    assert live.look() == 0


AHEAD = "which has not come yet: put the file right"


def test_bar_of_tomorrow_is_never_sealed_and_the_file_put_right_heals_with_the_next_look(live):
    live.write(live.whole)
    live.look()
    (sheet, record) = live.sheet("one"), live.record("one")
    tomorrow = live.whole.index[-1] + pd.Timedelta(days=2)
    live.queued("note")
    live.write(pd.concat([live.whole, live.whole.iloc[-1:].set_axis([tomorrow])]))
    assert live.look() == 0
    said = live.sheet("one")
    assert f"AAA has a bar of {tomorrow:%Y-%m-%d}T00:00:00.000Z, {AHEAD}" in said["reason"]
    assert (said["orders"], said["position"], said["number"]) == ([], None, sheet["number"] + 1)
    assert len(live.queued("note")) == 1
    assert live.look() == 0
    assert live.queued("note") == []
    live.write(live.whole)
    assert live.look() == 1
    assert live.record("one") == record
    assert live.sheet("one") == {**sheet, "number": sheet["number"] + 2}


def test_bar_that_was_ahead_is_sealed_once_it_has_come(live, monkeypatch):
    before = f"{live.whole.index[-1] - pd.Timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}.000Z"
    live.write(live.whole)
    with monkeypatch.context() as early:
        early.setattr(live.world.store, "now", lambda: before)
        assert live.look() == 0
        assert AHEAD in live.sheet("one")["reason"]
        assert len(live.record("one")) == 1
    with sqlite3.connect(live.world.store.path) as raw:  # that was long ago
        raw.execute("UPDATE standing SET updated_at = '2000-01-01T00:00:00.000Z'")
    assert live.look() == 1
    assert (live.sheet("one")["reason"], len(live.record("one"))) == ("", 3)


def test_version_that_lands_while_a_bar_is_ahead_begins_its_record_at_the_last_real_bar(ground):
    index = ground.whole.index + pd.Timedelta(days=2)
    ground.write(ground.whole.set_axis(index).rename_axis("Date"))
    ground.deploy("one")
    assert ground.look() == 0
    assert AHEAD in ground.sheet("one")["reason"]
    assert ground.sheet("one")["bar"] is None
    ground.write(ground.whole)
    assert ground.look() == 1
    (row,) = ground.record("one")
    assert (row.time, row.published) == (ground.whole.index[-1].isoformat(), True)


def test_bar_that_still_moves_is_run_at_the_first_look_after_its_end(live, monkeypatch):
    live.write(live.whole)
    ends = live.whole.index[-1] + pd.Timedelta(days=1)
    monkeypatch.setattr(live.world.store, "now", lambda: f"{now:%Y-%m-%dT%H:%M:%S}.000Z")
    for seconds, seen in ((400, wants_module.AGAIN), (100, ""), (1, "")):
        now = ends - pd.Timedelta(seconds=seconds)
        assert live.look() == 0
        assert live.sheet("one")["reason"].startswith("the last bar of AAA is not over before ")
        (one,) = live.world.store.forward.all_standing("demo", "one")
        assert one.seen[: len(wants_module.AGAIN)] == seen, "looked at again at each tick at last"
    now = ends
    assert live.look() == 1
    assert live.sheet("one")["reason"] == ""


def test_run_that_failed_while_the_clock_was_ahead_is_tried_again(live):
    with sqlite3.connect(live.world.store.path) as raw:
        raw.execute("UPDATE standing SET seen = 'again:' || seen")
    assert live.look() == 0
    with sqlite3.connect(live.world.store.path) as raw:
        raw.execute("UPDATE standing SET updated_at = '2100-01-01T00:00:00.000Z'")
    assert live.look() == 1


def test_what_wants_something_else_on_the_same_data_is_named_at_the_next_bar(ground):
    ground.write(ground.bars(37))
    ground.deploy("one", code=CHANCE)
    ground.look()
    ground.write(ground.bars(38))
    ground.look()
    # Nothing was wanted on the first bar, which looks the same by chance: the next one decides.
    ground.write(ground.whole)
    ground.look()
    found = ground.sheet("one")["integrity"]
    assert found["cause"] == "chance"
    assert "wants something else" in found["message"]


def test_other_costs_are_named_as_settings_and_orders_go_on(live):
    live.write(live.bars(59))
    live.look()
    risk = live.world.bench.policies.risk
    floors = risk.floors.model_copy(update={"commission_pct": 0.01, "slippage": 0.01})
    policies = live.world.bench.policies
    other = replace(policies, risk=risk.model_copy(update={"floors": floors}))
    live.world = replace(live.world, bench=replace(live.world.bench, policies=other))
    live.write(live.whole)
    live.look()
    sheet = live.sheet("one")
    assert sheet["reason"] == ""
    assert sheet["integrity"]["cause"] == "settings"


EACH_BAR = """
from backtesting import Strategy
import talib


class EachBar(Strategy):
    def init(self):
        self.calm = self.I(talib.SMA, self.data.Close, 5)

    def next(self):
        if self.position:
            self.position.close()
        else:
            self.buy(size=.5, sl=self.calm[-1] * .5)
"""
OTHER_TALIB = b"""
import talib
average = talib.SMA
talib.SMA = lambda *args: average(*args) * 1.01
"""


def upgraded(patch, cause):
    """As after an upgrade: an engine that fills dearer, or an image with another talib."""
    if cause == "engine":
        adjusted = TimedBroker._adjusted_price
        patch.setattr(attempt, "ENGINE", "the next engine")
        patch.setattr(
            TimedBroker,
            "_adjusted_price",
            lambda self, size=None, price=None: adjusted(self, size, price) * 1.01,
        )
    else:
        opened = ForkingSandbox.open

        def with_another_talib(sandbox, job):
            code = OTHER_TALIB + job.files["strategy.py"]
            return opened(sandbox, replace(job, files={**job.files, "strategy.py": code}))

        patch.setattr(ForkingSandbox, "image", "the next image")
        patch.setattr(ForkingSandbox, "open", with_another_talib)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("engine", "the engine has another version than when"),
        ("image", "the sandbox has other Python packages than when"),
    ],
)
def test_upgrade_that_changes_sealed_orders_is_named_and_orders_go_on(
    ground, monkeypatch, cause, words
):
    ground.write(ground.bars(58))
    ground.deploy("one", code=EACH_BAR)
    ground.look()
    first, last = ground.bars(59), ground.whole
    ground.write(first)
    ground.look()
    upgraded(monkeypatch, cause)
    ground.write(last)
    ground.look()
    sheet = ground.sheet("one")
    assert (sheet["integrity"]["cause"], sheet["integrity"]["orders"]) == (cause, True)
    assert words in sheet["integrity"]["message"]
    assert sheet["reason"] == ""
    assert sheet["orders"]


def test_upgrade_that_changes_no_order_is_no_difference(live, monkeypatch):
    monkeypatch.setattr(attempt, "ENGINE", "the next engine")
    monkeypatch.setattr(ForkingSandbox, "image", "the next image")
    live.write(live.whole)
    live.look()
    assert live.sheet("one")["integrity"] is None
    assert live.record("one")[-1].engine == "the next engine"


@pytest.mark.parametrize("point", ["forward.ran", "forward.sealed"])
def test_power_cut_at_each_step_loses_and_doubles_nothing(live, monkeypatch, point):
    live.queued("note")
    live.write(live.whole)
    cut_a_look(live, monkeypatch, point)


def test_two_looks_at_once_tell_of_a_bar_once(live):
    live.queued("note")
    live.write(live.whole)
    number = live.sheet("one")["number"]
    both = [threading.Thread(target=follow, args=(live.world, FOLLOW)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert live.sheet("one")["number"] == number + 1
    assert len(live.record("one")) == 3


def test_new_version_begins_a_record_of_its_own(live):
    live.write(live.bars(59))
    live.look()
    live.deploy("one", version="1.1.0")
    assert live.sheet("one")["reason"] == "its orders are being worked out"
    live.write(live.whole)
    live.look()
    assert live.sheet("one")["version"] == "1.1.0"
    assert len(live.record("one")) == 1


def test_strategy_that_is_gone_has_no_orders_and_is_told_so_once(live):
    live.stage.author.start("work")
    shutil.rmtree(live.stage.author.folder / "strategies" / "one")
    live.stage.author.push("main", "Remove one")
    live.deploy("two")
    live.look()
    assert live.sheets("one") == []
    (gone,) = live.world.store.forward.all_standing("demo", "one")
    assert gone.reason == "one is not deployed any more"
    live.look()
    assert live.world.store.forward.all_standing("demo", "one") == [gone]


def test_raw_write_error_leaves_nothing_half_written(live, monkeypatch):
    def full(*_):
        raise StateFault("the disk is full")

    live.write(live.whole)
    before = live.sheet("one")
    with monkeypatch.context() as broken:
        broken.setattr(live.world.store.forward, "stand", full)
        with pytest.raises(StateFault):
            live.look()
    assert live.sheet("one") == before
    assert len(live.record("one")) == 1


def test_a_hundred_strategies_on_one_new_bar_take_one_run_each_and_one_in_twenty_two(ground):
    names = [f"s{number:03}" for number in range(100)]
    ground.executor.alike = True
    ground.write(ground.bars(59))
    ground.deploy(*names)
    assert ground.look() == 100
    ground.write(ground.whole)
    assert ground.look() == 100 + 100 // STREAMED_EVERY
    assert {(s["reason"], s["number"]) for n in names for s in ground.sheets(n)} == {("", 2)}
    assert ground.look() == 0


def test_orders_are_read_by_command_line_and_over_http(live):
    live.write(live.whole)
    live.look()
    done = live.stage.algoops("orders", "one", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["orders"]) == (0, live.sheets("one"))
    words = live.stage.algoops("orders")
    assert words.stdout.startswith("one 1.0.0 on AAA 1d, after the bar of ")
    service = Service(live.world, load(live.stage.config))
    with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
        answer = client.get("/api/production/strategies/one/orders/")
        assert answer.status_code == 200
        assert answer.json()["sheets"] == live.sheets("one")
        assert client.get("/api/production/strategies/two/orders/").status_code == 404
        page = client.get("/strategies/one").text
        assert f">{live.sheet('one')['bar']}</td>" in page
        assert "in 2 bars; its backtest is not known here" in page
        live.write(live.whole.assign(Volume=2_000.0))
        live.look()
        page = client.get("/strategies/one").text
        assert "<strong>No orders</strong>, because the data of the past was restated" in page
        assert "Not as sealed" in page
        metrics = client.get("/metrics").text
        assert 'algoops_orders{state="not_as_sealed"} 1.0' in metrics
        assert 'algoops_orders{state="withheld"} 1.0' in metrics
    told = live.stage.algoops("lifecycle", "one").stdout
    assert "Sealed orders on AAA were held against their replay: the data of the past was" in told


def test_returns_since_the_deploy_stand_beside_the_band_of_the_backtest(ground):
    ground.write(ground.bars(50))
    ground.deploy("one")
    metrics = Metrics(start="", end="", duration="", volatility_ann_pct=20.0, bars_a_year=365.0)
    result = ExecutionResult(
        status=Status.PASSED,
        symbol="AAA",
        metrics=metrics,
        evidence=Evidence(sharpe_span=Span(low=0.4, high=1.6)),
    )
    report = StrategyReport(
        name="one",
        path="",
        change=Change.ADDED,
        tree="",
        content_key="key",
        verdict=Verdict.PASSED,
        results=(result,),
    )
    store = ground.world.store
    store.verdicts.put("key", "one", "1.0.0", Verdict.PASSED, report.model_dump_json())
    landed = store.deployments.current("demo", "one")
    store.versions.put("demo", "one", "1.0.0", tree=landed.tree, content_key="key")
    ground.look()
    ground.write(ground.whole)
    ground.look()
    rows, edge = ground.record("one"), ground.sheet("one")["edge"]
    assert edge["bars"] == 10
    assert edge["return_pct"] == pytest.approx((rows[-1].equity / rows[0].equity - 1) * 100)
    assert (edge["says"], edge["power"] < 0.1) == ("inconclusive", True)
    words = ground.stage.algoops("orders", "one").stdout
    assert "the backtest's band " in words
    assert "inconclusive (a lost edge would be seen by now with 0 %)" in words


def test_restated_data_is_taken_as_it_is_once_somebody_says_why(live):
    live.write(live.whole)
    live.look()
    live.write(live.whole.assign(Volume=2_000.0))
    live.look()
    refused = live.stage.algoops("orders", "one")
    assert (refused.returncode, "was restated" in refused.stdout) == (1, True)
    assert live.stage.algoops("orders", "one", "--accept", "the vendor is right").returncode == 0
    live.look()
    assert (live.sheet("one")["reason"], live.sheet("one")["integrity"]) == ("", None)
    assert len(live.record("one")) == 1
    accepted = live.world.store.forward.all_standing("demo", "one")[0]
    track = live.world.store.forward.track(accepted.deployment, "AAA")
    assert (track.id, track.reason) == (2, "the vendor is right")
    assert live.look() == 0


def test_sealed_orders_that_differ_are_rolled_back_where_the_policy_says_so(ground):
    risk = ground.world.bench.policies.risk
    wanted = risk.model_copy(
        update={"recheck": risk.recheck.model_copy(update={"action": "rollback"})}
    )
    policies = replace(ground.world.bench.policies, risk=wanted)
    ground.world = replace(ground.world, bench=replace(ground.world.bench, policies=policies))
    ground.write(ground.bars(37))
    ground.deploy("one")
    ground.deploy("one", version="1.1.0", code=CHANCE)
    ground.look()
    for count in (38, 60):
        ground.write(ground.bars(count))
        ground.look()
    assert ground.world.store.strategies.get("demo", "one").deployed_version == "1.0.0"
    follow(ground.world, FOLLOW)
    kinds = [d.kind for d in ground.world.store.deployments.list(repository="demo")]
    assert kinds == ["rollback", "external", "external"]
    assert ground.sheet("one")["version"] == "1.0.0"


def test_strategy_under_which_something_breaks_keeps_no_other_from_its_orders(ground, monkeypatch):
    ground.write(ground.whole)
    ground.deploy("one", "two", "zoo")
    real = wants_module.read_subject

    def broken(where, change):
        if change.name == "one":
            raise ValueError("no such thing")
        return real(where, change)

    found = follow_module.edge_of

    def breaks(world, key, symbol, rows):
        if len(ground.executor.jobs) == 2 and rows[0].orders and not broke:
            broke.append(symbol)
            raise ValueError("another thing")
        return found(world, key, symbol, rows)

    broke = []
    monkeypatch.setattr(wants_module, "read_subject", broken)
    monkeypatch.setattr(follow_module, "edge_of", breaks)
    ground.look()
    reasons = [ground.sheet(name)["reason"] for name in ("one", "two", "zoo")]
    assert "no such thing" in reasons[0]
    assert "another thing" in reasons[1]
    assert reasons[2] == ""


def test_file_that_changes_has_what_is_deployed_looked_at_and_so_has_each_tick(live):
    live.queued("forward")
    changed = threading.Event()
    settings = load(live.stage.config)
    data = settings.data.model_copy(update={"dir": live.folder})
    world = replace(live.world, wake=changed)
    with ExitStack() as stack:
        watch_data(stack, settings.model_copy(update={"data": data}), world)
        live.write(live.whole)
        assert changed.wait(20)
        (job,) = live.queued("forward")
        assert (job.repository, job.priority) == ("demo", 5)
    receive(world, Tick(), "a tick")
    dispatch(world)
    assert [job.repository for job in live.queued("forward")] == ["demo"]
