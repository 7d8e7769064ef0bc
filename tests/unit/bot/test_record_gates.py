"""Gates on the record of orders: what is not known, or too little, lets nothing on."""

import json
from types import SimpleNamespace

import pytest

from bot.config.stages import RecordGate
from bot.deploy.record_gates import broken_gate
from components.schema.results.orders import BrokerFill
from components.schema.results.report import Change, StrategyReport
from components.schema.results.values import ExecutionResult, Metrics, Status, Verdict
from components.state import Store
from components.state.tables.forward import ForwardTrack, OrderState, Sealed

DAY = 86_400 * 10**9


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "algoops.db") as opened:
        yield opened


def fill(day, price=100.0):
    said = {"time": str(day), "side": "buy", "size": 1, "price": price, "quoted": 100.0}
    return {"fill": {**said, "fee": 0, "opens": True}, "floor": 0.1}


def followed(store, equity, edge="", fills=None):
    """A landing whose account was worth this at each bar since."""
    facts = {"kind": "deploy", "commit": "c", "actor": "ada", "content_key": "key"}
    live = store.deployments.record("demo", "one", "1.0.0", **facts)
    track = ForwardTrack(0, live.id, "demo", "one", "1.0.0", "AAA", "1d", "", "made", "deployed")
    number = store.forward.begin(track)
    rows = [
        Sealed(
            bar=day * DAY,
            time=str(day),
            content_key="key",
            data="",
            prices="{}",
            orders="[]",
            orders_sha256="",
            position=0.0,
            equity=money,
            engine="",
            image="",
            made_of="made",
            counts=day > 0,
            published=True,
            fills=json.dumps([fill(day)]) if fills is None else fills,
        )
        for day, money in enumerate(equity)
    ]
    store.forward.seal(number, rows)
    state = OrderState("demo", "one", "AAA", "1d", live.id, "1.0.0", track=number, edge=edge)
    store.forward.stand(state)
    return live, state


def judged(store):
    """The verdict that it landed with."""
    metrics = Metrics(start="", end="", duration="", bars_a_year=252.0)
    result = ExecutionResult(status=Status.PASSED, symbol="AAA", metrics=metrics)
    report = StrategyReport(
        name="one",
        path="",
        change=Change.ADDED,
        tree="",
        content_key="key",
        verdict=Verdict.PASSED,
        results=(result,),
    )
    store.verdicts.put("key", "one", "1.0.0", Verdict.PASSED, report.model_dump_json())


def said(store, live, state, *gate, bars=3):
    metric, op, value = gate
    asked = RecordGate(metric=metric, op=op, value=value, bars=bars)
    return broken_gate(SimpleNamespace(store=store), [asked], live, [state])


def test_gate_holds_as_its_metric_does(store):
    edge = json.dumps({"bars": 4, "return_pct": 10.0, "band_pct": [-5.0, 20.0]})
    landed = followed(store, [100.0, 120.0, 90.0, 99.0, 110.0], edge)
    judged(store)
    for metric, value in (
        ("trades", 4),
        ("return_pct", 10),
        ("max_drawdown_pct", -25),
        ("over_band_pct", 15),
    ):
        assert said(store, *landed, metric, ">=", value - 0.001) == ""
        assert f"on AAA it is {value}" in said(store, *landed, metric, ">", value + 0.001)
    assert said(store, *landed, "sharpe", ">", 2.5) == ""
    assert "on AAA it is 3.219" in said(store, *landed, "sharpe", "<", 2)


def test_too_few_bars_hold_no_gate_whatever_it_asks(store):
    landed = followed(store, [100.0, 101.0, 102.0])
    assert "2 of 3 bars are there" in said(store, *landed, "return_pct", ">=", -1e9)
    assert "2 of 20 bars are there" in said(store, *landed, "trades", "<", 1e9, bars=20)


def test_record_that_is_not_there_holds_no_gate(store):
    live, _ = followed(store, [100.0])
    gate = RecordGate(metric="trades", op=">=", value=0)
    world = SimpleNamespace(store=store)
    assert broken_gate(world, [gate], live, []).endswith("there is none yet")
    assert broken_gate(world, [], live, []) == ""


@pytest.mark.parametrize(
    ("equity", "metric", "fills", "why"),
    [
        ([100.0] * 5, "sharpe", None, "no spread"),
        ([100.0, 101.0, 99.0, 103.0], "sharpe", None, "its backtest is not"),
        ([0.0] * 5, "return_pct", None, "no money at the deploy"),
        ([100.0] * 5, "over_band_pct", None, "the band of its backtest is not"),
        ([100.0] * 5, "trades", "", "fills were not noted"),
        ([100.0] * 5, "cost_over_floors_pct", None, "fills of five trades are needed"),
    ],
)
def test_metric_that_is_not_known_holds_no_gate(store, equity, metric, fills, why):
    landed = followed(store, equity, fills=fills)
    for op in (">=", "<"):
        assert why in said(store, *landed, metric, op, 0)


def test_cost_is_held_against_the_floors_by_the_end_of_its_interval(store):
    landed = followed(store, [100.0] * 8)
    bought = {"symbol": "AAA", "side": "buy", "size": 2.0, "fee": 0.0, "time": ""}
    store.fills.add(
        "demo",
        "one",
        [BrokerFill(**bought, at=day * DAY + 1, price=100 + day / 100) for day in range(1, 8)],
    )
    assert said(store, *landed, "cost_over_floors_pct", "<=", 0.0) == ""
    assert "it is -0.04" in said(store, *landed, "cost_over_floors_pct", "<=", -0.05)
