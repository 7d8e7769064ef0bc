"""Definitions of version 1.x become version 2 where they can, and say where they can't."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.schema.definition.check import check_definition
from components.schema.migrate.steps import migrate
from components.schema.migrate.text import translate
from components.schema.policies.schema import SchemaPolicy

OLD = {
    "schema_version": "1.0.0",
    "strategy_id": "42",
    "title": "RSI dip-buyer",
    "version": "1.2.0",
    "symbol": "SPX",
    "timeframe": "daily",
    "steps": [
        {
            "step_id": "s2",
            "order": 2,
            "title": "Leave",
            "trigger": "on bar close",
            "condition": "RSI(14) crosses above 70",
            "action": {"type": "exit"},
        },
        {
            "step_id": "s1",
            "order": 1,
            "title": "Enter",
            "trigger": "at the close of each bar",
            "condition": ["RSI(14) is below {oversold}", "price above the 200-day SMA"],
            "action": "buy",
            "exit": {"condition": "close < SMA(200)", "stop_loss": 0.05},
            "risk_controls": {"take_profit": "10%", "max_positions": 2, "position_size": 0.5},
            "params": {"oversold": 30},
        },
    ],
}


def migrated(document):
    return migrate(json.dumps(document).encode(), "old.json")


def test_steps_become_rules_indicators_parameters_and_limits():
    result = migrated(OLD)
    assert result.left_out == ()
    assert result.document == {
        "name": "RSI_dip_buyer",
        "description": "RSI dip-buyer",
        "version": "1.2.0",
        "schema_version": "2.0.0",
        "framework": "rules",
        "symbol": "SPX",
        "interval": "1d",
        "parameters": {"oversold": 30},
        "indicators": {
            "rsi_14": {"type": "RSI", "timeperiod": 14},
            "sma_200": {"type": "SMA", "timeperiod": 200},
        },
        "entry_rules": ["rsi_14 < oversold", "close > sma_200"],
        "exit_rules": ["close < sma_200", "crossover(rsi_14, 70)"],
        "position_sizing": {"method": "equity_fraction", "value": 0.5},
        "risk_limits": {"stop_loss_pct": 5.0, "take_profit_pct": 10.0, "max_positions": 2},
    }


def test_migrated_text_is_a_valid_definition():
    result = migrated(OLD)
    checked = check_definition(
        result.text.encode(), "strategy.yaml", folder=None, has_code=False, policy=SchemaPolicy()
    )
    assert checked.passed
    assert checked.rules


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"condition": "when it feels right"}, "steps[0].condition"),
        ({"condition": "RSI(14) < 30", "action": "think"}, "steps[0].condition"),
        ({"condition": "RSI(14) < 30", "action": "buy", "confidence": 1}, "steps[0].confidence"),
        ({"condition": "RSI(14) < 30", "action": "buy", "exit": "later"}, "steps[0].exit"),
        (
            {"condition": "RSI(14) < 30", "action": "buy", "risk_controls": {"hedge": 1}},
            "steps[0].risk_controls.hedge",
        ),
        ({"condition": "RSI(14) < 30", "action": "buy", "params": {"x": [1]}}, "steps[0].params.x"),
        ({"condition": "RSI(14) < 30", "action": "buy", "params": 5}, "steps[0].params"),
    ],
)
def test_what_cannot_be_converted_is_listed_with_its_place(change, where):
    result = migrated({"title": "T", "steps": [{"action": "buy", **change}]})
    assert any(note.startswith(f"{where}: ") for note in result.left_out), result.left_out
    assert f"# not converted: {where}: " in result.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("symbol", "two words"),
        ("symbols", ["SPX", "two words"]),
        ("timeframe", "5 minutes"),
        ("version", "3"),
        ("author", 7),
    ],
)
def test_what_version_2_writes_otherwise_is_listed_and_not_lost_in_silence(key, value):
    steps = [{"action": "buy", "condition": "close > 1", "exit": "close < 1"}]
    result = migrated({"title": "T", key: value, "steps": steps})
    assert [note.partition(":")[0] for note in result.left_out] == [key]


def test_several_symbols_stay():
    steps = [{"action": "buy", "condition": "close > 1", "exit": "close < 1"}]
    result = migrated({"title": "T", "symbols": ["SPX", "GOOG"], "steps": steps})
    assert result.document["symbols"] == ["SPX", "GOOG"]
    assert result.left_out == ()


@pytest.mark.parametrize("text", [f"RSI({'9' * 5000}) > 3", f"a{' ' * 200_000}b"])
def test_a_condition_that_nobody_wrote_by_hand_is_left_out_at_once(text):
    rule, reason = translate(text, {}, {})
    assert rule == ""
    assert "at most 2000 are read" in reason


def test_same_parameter_with_two_values_is_listed():
    steps = [
        {"action": "buy", "condition": "close > n", "params": {"n": 1}},
        {"action": "exit", "condition": "close < n", "params": {"n": 2}},
    ]
    assert any("earlier step" in note for note in migrated({"title": "T", "steps": steps}).left_out)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("RSI(14) < 30", "rsi_14 < 30"),
        ("RSI is below 30", "rsi < 30"),
        ("price crosses above SMA(50)", "crossover(close, sma_50)"),
        ("EMA_12 crosses below EMA_26", "crossunder(ema_12, ema_26)"),
        ("50-day SMA > 200-day SMA", "sma_50 > sma_200"),
        ("MACD > 0 AND Close >= 5", "macd > 0 and close >= 5"),
        ("RSI(14) < 30 && Volume > 1000", "rsi_14 < 30 and volume > 1000"),
        ("RSI(7) is at least 50 or ADX(14) is greater than 25", "rsi_7 >= 50 or adx_14 > 25"),
        ("close = 5", "close == 5"),
        ("SMA(close, 20) > open", "sma_20 > open"),
    ],
)
def test_loose_conditions_are_read(text, rule):
    assert translate(text, {}, {}) == (rule, "")


@pytest.mark.parametrize("action", ["sell short", {"type": "enter", "side": "short"}])
def test_short_entries_keep_their_side(action):
    steps = [{"action": action, "condition": "RSI(14) > 70", "exit": "RSI(14) < 50"}]
    document = migrated({"title": "T", "steps": steps}).document
    assert document["entry_rules"] == ["short: rsi_14 > 70"]
    assert document["exit_rules"] == ["short: rsi_14 < 50"]


@pytest.mark.parametrize(
    "text", [b"", b"name: x", b"steps: 5", b"- 1", b"steps: {a: 1}", b"\xff", b"a: ["]
)
def test_document_of_another_kind_is_a_finding(text):
    result = migrate(text, "old.yaml")
    assert result.document is None
    assert result.findings


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
steps = st.fixed_dictionaries(
    {},
    optional={
        key: values | st.sampled_from(["buy", "exit", "RSI(14) < 30", "5%", {"stop_loss": 1e308}])
        for key in (
            "order",
            "title",
            "trigger",
            "condition",
            "action",
            "exit",
            "risk_controls",
            "params",
        )
    },
)


@given(
    st.fixed_dictionaries(
        {"steps": st.lists(steps | values, max_size=3)},
        optional=dict.fromkeys(("title", "name", "version", "tags", "params", "timeframe"), values),
    )
)
def test_any_document_with_steps_ends_in_a_migration(document):
    result = migrate(json.dumps(document).encode(), "old.json")
    assert result.findings or result.document is not None
