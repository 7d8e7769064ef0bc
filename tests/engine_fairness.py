"""Bars of fine random walks, and order styles that know nothing: none of them may earn anything."""

from __future__ import annotations

import numpy as np
import pandas as pd
from backtesting._util import _Data
from backtesting.backtesting import _Broker, _OutOfMoneyError

from algoops.exchange.broker import Account, Exchange

STEPS = 2_000
VOLATILITY = 0.01
"""Standard deviation of a bar's logarithmic return."""


class Untimed(Exchange):
    """The broker as plain backtesting.py has it."""

    _process_orders = _Broker._process_orders  # what is compared with


def account(**terms) -> Account:
    usual = {"cash": 1e7, "spread": 0.0, "commission_fixed": 0.0, "commission_pct": 0.0}
    usual |= {"margin": 1.0, "trade_on_close": False, "hedging": False, "exclusive_orders": False}
    return Account(**(usual | terms))


def walk(seed: int, bars: int, gap: float) -> pd.DataFrame:
    """Bars of a martingale; `gap`: standard deviation of the jump between two bars."""
    chance = np.random.default_rng(seed)
    inside = np.zeros((bars, STEPS + 1))
    inside[:, 1:] = chance.normal(0, VOLATILITY / STEPS**0.5, (bars, STEPS)).cumsum(axis=1)
    inside -= VOLATILITY**2 / 2 * np.linspace(0, 1, STEPS + 1)
    nights = chance.normal(-(gap**2) / 2, gap, bars)
    nights[0] = 0
    before = np.concatenate([[0.0], inside[:-1, -1].cumsum()]) + nights.cumsum()
    price = 1_000 * np.exp(inside + before[:, None])
    columns = {"Open": price[:, 0], "High": price.max(1), "Low": price.min(1)}
    columns |= {"Close": price[:, -1], "Volume": np.full(bars, np.nan)}
    return pd.DataFrame(columns, index=pd.date_range("2000-01-01", periods=bars))


def final_equity(broker_class, frame, style, terms) -> float:
    """What is left of an initial capital of 1."""
    data = _Data(frame.copy(deep=False))
    broker = broker_class(data, account(**terms), len(frame))
    try:
        for bar in range(1, len(frame)):
            data._set_length(bar + 1)
            broker.next()
            style(broker, float(data._current_value("Close")), bar)
    except _OutOfMoneyError:
        return 1e-9
    return broker.equity / 1e7


def log_returns(broker_class, name, frames) -> np.ndarray:
    style, terms = STYLES[name]
    return np.log([final_equity(broker_class, frame, style, terms) for frame in frames])


def t_value(values: np.ndarray) -> float:
    """Mean in standard errors of the mean."""
    return float(values.mean() / (values.std(ddof=1) / len(values) ** 0.5))


STYLES: dict = {}


def style(**terms):
    def add(function):
        STYLES[function.__name__] = (function, terms)
        return function

    return add


def _cancel(broker):
    for order in [order for order in broker.orders if order.parent_trade is None]:
        order.cancel()


def _anew(broker):
    _cancel(broker)
    for trade in list(broker.trades):
        trade.close()


def _units(broker, price, share=1.0):
    return max(1, int(share * broker.equity / price))


@style(trade_on_close=True, hedging=True)
def stop_limits_left_behind_both_ways(broker, price, bar):
    _anew(broker)
    broker.new_order(0.4, price * 5, price)
    broker.new_order(-0.4, price / 5, price)


@style()
def stop_limit_at_the_last_close(broker, price, bar):
    _anew(broker)
    broker.new_order(0.9, price * 5, price)


@style(trade_on_close=True)
def stop_below_the_market_on_close(broker, price, bar):
    _anew(broker)
    broker.new_order(0.9, None, price * 0.9999)


@style(trade_on_close=True)
def breakout_on_close(broker, price, bar):
    _anew(broker)
    broker.new_order(0.9, None, price * 1.002)


@style()
def breakout_with_tight_stop(broker, price, bar):
    _anew(broker)
    broker.new_order(0.9, None, price * 1.003, price * 1.0025)


@style(hedging=True)
def straddle_with_tight_stops(broker, price, bar):
    _cancel(broker)
    broker.new_order(0.2, None, price * 1.004, price * 1.0035)
    broker.new_order(-0.2, None, price * 0.996, price * 0.9965)


@style()
def stop_with_bracket(broker, price, bar):
    _cancel(broker)
    if not broker.trades:
        broker.new_order(0.9, None, price * 1.003, price * 0.998, price * 1.006)


@style()
def limit_with_bracket(broker, price, bar):
    _cancel(broker)
    if not broker.trades:
        broker.new_order(0.9, price * 0.995, None, price * 0.99, price * 1.002)


@style()
def market_with_stop(broker, price, bar):
    _anew(broker)
    broker.new_order(0.9, None, None, price * 0.99)


@style()
def market_with_wide_bracket(broker, price, bar):
    if not broker.trades:
        broker.new_order(0.9, None, None, price * 0.97, price * 1.03)


@style()
def market_with_stop_and_a_limit_apart(broker, price, bar):
    _anew(broker)
    units = _units(broker, price, 0.5)
    broker.new_order(units, None, None, price * 0.998)
    broker.new_order(-units, price * 1.006)


@style(hedging=True)
def limit_with_target_beside_a_market_bracket(broker, price, bar):
    _anew(broker)
    broker.new_order(0.5, price * 0.995, None, None, price * 0.9955)
    broker.new_order(1, None, None, price * 0.5)


@style(hedging=True)
def waiting_stop_limit_beside_a_market_bracket(broker, price, bar):
    _anew(broker)
    broker.new_order(0.5, price * 1.004, price * 1.004)
    broker.new_order(1, None, None, price * 0.5)


@style()
def dip_or_breakout(broker, price, bar):
    _anew(broker)
    broker.new_order(0.99, price * 0.996)
    broker.new_order(0.99, None, price * 1.004)


@style()
def ladder_from_below(broker, price, bar):
    _anew(broker)
    broker.new_order(0.99, price * 0.99)
    broker.new_order(0.99, price * 0.996)


@style()
def swing_of_all_money(broker, price, bar):
    _cancel(broker)
    units = _units(broker, price, 0.95)
    broker.new_order(-units if broker.trades else -1, price * 1.004)
    broker.new_order(units, price * 0.996)


@style()
def dip_behind_a_target(broker, price, bar):
    _cancel(broker)
    for trade in broker.trades:
        trade.tp = price * 1.004
    broker.new_order(0.99, price * 0.996 if broker.trades else None)


@style()
def grid(broker, price, bar):
    _cancel(broker)
    units = _units(broker, price, 0.1)
    for step in (0.002, 0.004):
        broker.new_order(units, price * (1 - step))
        broker.new_order(-units, price * (1 + step))


@style()
def short_to_the_brim(broker, price, bar):
    units = _units(broker, price, 0.5)
    if bar % 3 == 0:
        _anew(broker)
    elif bar % 3 == 1:
        broker.new_order(-units)
    else:
        for part in (0.8, 0.1, 0.1):
            broker.new_order(-int(units * part))


@style(exclusive_orders=True)
def turn_about(broker, price, bar):
    side = 1 if bar % 2 else -1
    broker.new_order(0.9 * side, None, None, price * (1 - 0.01 * side))


@style(margin=0.1)
def pyramid_on_margin(broker, price, bar):
    if bar % 5 == 0:
        _anew(broker)
    broker.new_order(0.1)


@style()
def market_short_against_a_target(broker, price, bar):
    if bar % 2 == 0:
        _anew(broker)
        broker.new_order(_units(broker, price, 0.45), None, None, None, price * 1.008)
    elif broker.trades:
        broker.new_order(-broker.trades[0].size, None, None, price * 1.003)
