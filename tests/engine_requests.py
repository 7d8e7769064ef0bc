"""Bars, what a strategy may ask for at random, and under which terms: for properties of brokers."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import strategies as st

from bot.checks.backtests import resolve_tasks
from components.protocol.messages import CancelOrder, Close, PlaceOrder, Protect
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.check import check_definition
from components.schema.policies.risk import RiskPolicy
from components.schema.policies.schema import SchemaPolicy

SIZES = st.sampled_from([1.0, 7.0, -5.0, 0.5, -0.9])
CONFIGS = st.builds(
    BacktestConfig,
    initial_capital=st.just(10_000.0),
    margin=st.sampled_from([1.0, 0.2]),
    slippage=st.sampled_from([0.0, 0.002]),
    trade_on_close=st.booleans(),
    hedging=st.booleans(),
    exclusive_orders=st.booleans(),
)


def frame_of(*bars):
    """Bars of one day after the other: open, high, low, close of each."""
    index = pd.date_range("2020-01-01", periods=len(bars))
    prices = [[float(p) for p in bar] for bar in bars]
    return pd.DataFrame(prices, index, ["Open", "High", "Low", "Close"]).assign(Volume=1.0)


def requests(low: int, high: int) -> st.SearchStrategy:
    """Requests at one bar, with prices within these bounds."""
    prices = st.none() | st.integers(low, high).map(float)
    one = st.one_of(
        st.builds(PlaceOrder, SIZES, prices, prices, prices, prices, st.none()),
        st.builds(CancelOrder, st.integers(0, 3)),
        st.builds(Close, st.integers(0, 2), st.booleans(), st.sampled_from([0.5, 1.0])),
        st.builds(Protect, st.integers(0, 2), st.booleans(), st.sampled_from(["sl", "tp"]), prices),
    )
    return st.lists(one, max_size=3)


def tasks_of(data, **keys):
    """A definition's backtests, what could not be had, and its rule program."""
    text = json.dumps({"name": "Test", "description": "x", **keys}).encode()
    has_code = "entry_rules" not in keys
    checked = check_definition(
        text, "strategy.json", folder=None, has_code=has_code, policy=SchemaPolicy()
    )
    assert checked.definition is not None, checked.findings
    return *resolve_tasks(checked.definition, RiskPolicy(), data), checked.rules
