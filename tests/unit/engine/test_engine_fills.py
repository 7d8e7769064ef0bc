"""Fills that an exchange could have given: within the bar, in the order of events."""

from functools import partial

import pandas as pd
import pytest
from backtesting._util import _Data
from backtesting.backtesting import _OutOfMoneyError
from hypothesis import given
from hypothesis import strategies as st

from algoops.exchange.broker import Exchange
from algoops.exchange.fills import Correction
from algoops.exchange.undecided import UndecidedTrade
from components.engine.fills import differences, fill_findings
from components.protocol.exchange import Impossible, replay
from components.protocol.messages import CancelOrder, Close, PlaceOrder, Protect
from components.sandbox.guest.replay.recorder import StrategyBroker
from components.schema.results.values import ExecutionResult, Severity, Status
from tests.engine_fairness import Untimed, account

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:backtesting")  # cancelled orders
CASH = 1e7
UNITS = int(CASH / 100)


def _frame(*bars):
    columns = ["Open", "High", "Low", "Close"]
    index = pd.date_range("2020-01-01", periods=len(bars))
    return pd.DataFrame([[float(p) for p in bar] for bar in bars], index, columns)


def _run(frame, orders, broker_class=Exchange, *, finish=False, **terms):
    """Play `orders` (by the bar at whose close they are placed) to a broker."""
    data = _Data(frame.copy(deep=False))
    broker = broker_class(data, account(**terms), len(frame))
    broker.raised = False
    try:
        for bar in range(1, len(frame)):
            data._set_length(bar + 1)
            broker.next()
            for op in orders.get(bar, ()):
                try:
                    replay(broker, op)
                except (Impossible, ValueError):
                    continue
        if finish:
            broker.finish()
    except (_OutOfMoneyError, AssertionError) as error:
        broker.raised = type(error)
    return broker


def _place(size, limit=None, stop=None, sl=None, tp=None):
    return PlaceOrder(size, limit, stop, sl, tp, None)


FLAT = (100, 100, 100, 100)


def test_stop_limit_that_a_gap_left_behind_is_filled_at_the_open():
    frame = _frame(FLAT, FLAT, (110, 112, 109, 111))
    broker = _run(frame, {1: [_place(10, limit=500, stop=100)]})
    (trade,) = broker.trades
    assert (trade.entry_price, trade.entry_bar) == (110, 2)
    assert broker.corrections == [Correction(2, 100.0)]


def test_stop_limit_whose_limit_the_gap_left_behind_waits_for_the_limit():
    frame = _frame(FLAT, FLAT, (110, 112, 103, 111))
    (trade,) = _run(frame, {1: [_place(10, limit=105, stop=101)]}).trades
    assert trade.entry_price == 105


def test_stop_order_with_trade_on_close_is_filled_within_its_bar():
    frame = _frame(FLAT, FLAT, (110, 112, 109, 111))
    broker = _run(frame, {1: [_place(10, stop=100.5)]}, trade_on_close=True)
    assert broker.trades[0].entry_price == 110
    assert len(broker.corrections) == 1


def test_honest_stop_in_a_gap_is_filled_as_by_the_package():
    frame = _frame(FLAT, FLAT, (110, 112, 109, 111), (105, 106, 90, 95))
    broker = _run(frame, {1: [_place(10, stop=102, sl=95)]}, finish=True)
    assert [(t.entry_price, t.exit_price) for t in broker.closed_trades] == [(110, 95)]
    assert broker.corrections == []
    broker = _run(frame, {1: [_place(10, stop=102, tp=111.5)]})
    assert [(t.exit_price, t.exit_bar) for t in broker.closed_trades] == [(111.5, 2)]
    assert broker.corrections == []


def test_target_of_a_limit_is_not_hit_before_the_limit_was():
    """The dip to 95 may have come last: the high of 101 before it sells nothing."""
    frame = _frame(FLAT, FLAT, (100, 101, 95, 96))
    orders = {1: [_place(10, limit=96, tp=97), _place(1, sl=50)]}
    assert _run(frame, orders, Untimed).closed_trades[0].exit_price == 100
    broker = _run(frame, orders)
    assert broker.closed_trades == []
    assert broker.corrections == [Correction(2, 10 * (100 - 96))]


def test_stop_loss_is_not_spared_by_a_limit_that_may_have_come_after_it():
    frame = _frame(FLAT, FLAT, (100, 104, 96, 104))
    orders = {1: [_place(10, sl=98), _place(-10, limit=103)]}
    assert _run(frame, orders, Untimed).equity == CASH + 30
    assert _run(frame, orders).equity == CASH - 20 - 10


def test_target_of_a_stop_is_not_hit_beside_another_stop_before_the_first_was():
    """The dip may have come between: the package goes through all orders again."""
    frame = _frame(FLAT, FLAT, (100, 104, 96, 103))
    orders = {1: [_place(10, stop=101, tp=103), _place(1, stop=102)]}
    assert [t.exit_price for t in _run(frame, orders, Untimed).closed_trades] == [103]
    assert _run(frame, orders).closed_trades == []


def test_deeper_limit_is_not_filled_with_the_money_of_the_one_before_it():
    frame = _frame(FLAT, FLAT, (100, 101, 95, 96))
    orders = {1: [_place(0.99, limit=96), _place(0.99, limit=99)]}
    assert _run(frame, orders, Untimed).trades[0].entry_price == 96
    assert _run(frame, orders).trades[0].entry_price == 99


def test_share_of_money_that_comes_too_late_to_gain_by_it_is_left_to_the_package():
    frame = _frame(FLAT, FLAT, FLAT, (100, 101, 94, 97))
    orders = {1: [_place(-UNITS, tp=97)], 2: [_place(0.5)]}
    ours, plain = _run(frame, orders), _run(frame, orders, Untimed)
    assert _rows(ours) == _rows(plain)
    assert ours.corrections == []


@pytest.mark.parametrize("size", [UNITS, 0.99], ids=["units", "share"])
def test_money_that_a_target_frees_buys_no_dip_before_it(size):
    frame = _frame(FLAT, FLAT, FLAT, (100, 104, 96, 100))
    orders = {1: [_place(UNITS, tp=103)], 2: [_place(size, limit=97)]}
    assert _run(frame, orders, Untimed).equity > CASH + UNITS * 5
    assert _run(frame, orders).equity == CASH + UNITS * 3


@pytest.mark.parametrize(
    ("terms", "fits", "is_too_much"),
    [({"spread": 0.05}, 138_000, 138_200), ({"commission_fixed": 1e5}, 146_900, 147_100)],
    ids=["spread", "commission"],
)
def test_margin_has_to_do_for_the_spread_and_the_commission_of_the_fill(terms, fits, is_too_much):
    """At the close, where the package asks for it, there is money for either."""
    frame = _frame(FLAT, FLAT, FLAT, (100, 100.5, 100, 100.5))

    def sizes(broker_class, size):
        orders = {1: [_place(50_000)], 2: [_place(size)]}
        broker = _run(frame, orders, broker_class, margin=0.5, **terms)
        return [trade.size for trade in broker.trades]

    assert sizes(Untimed, is_too_much) == [50_000, is_too_much]
    assert sizes(Exchange, is_too_much) == [50_000]
    assert sizes(Exchange, fits) == [50_000, fits]


@pytest.mark.parametrize(
    ("bar", "left_at", "asked"),
    [
        ((100, 106, 94, 100), 95, [UndecidedTrade(3, answered=False)]),
        ((100, 105, 95, 100), 95, [UndecidedTrade(3, answered=False)]),
        ((100, 106, 99, 105), 105, []),
        ((100, 101, 94, 95), 95, []),
        ((90, 106, 90, 100), 90, []),
    ],
)
def test_only_a_bar_that_reaches_both_prices_after_its_open_is_noted_as_open(bar, left_at, asked):
    broker = _run(_frame(FLAT, FLAT, FLAT, bar), {1: [_place(10, sl=95, tp=105)]})
    assert [trade.exit_price for trade in broker.closed_trades] == [left_at]
    assert broker.asked == asked
    opening, high, low, close = (200 - price for price in bar)
    mirrored = _frame(FLAT, FLAT, FLAT, (opening, low, high, close))
    broker = _run(mirrored, {1: [_place(-10, sl=105, tp=95)]})
    assert [trade.exit_price for trade in broker.closed_trades] == [200 - left_at]
    assert broker.asked == asked


def test_margin_is_asked_for_at_the_price_of_the_fill_not_at_the_close():
    frame = _frame(FLAT, FLAT, FLAT, (100, 100, 90, 90))
    orders = {1: [_place(-60_000)], 2: [_place(-45_000)]}
    assert [t.size for t in _run(frame, orders, Untimed).trades] == [-60_000, -45_000]
    assert [t.size for t in _run(frame, orders).trades] == [-60_000]


def test_order_of_the_last_bar_is_not_filled_at_that_bar_s_open():
    frame = _frame(FLAT, FLAT, (100, 120, 100, 120))
    broker = _run(frame, {2: [_place(10_000)]}, finish=True)
    assert broker.equity == CASH
    assert broker.corrections == [Correction(2, 10_000 * 20)]


def test_differences_are_summed_up_and_a_large_one_is_a_warning():
    frame = _frame(FLAT, FLAT, FLAT)
    noted = [Correction(1, 5.0), Correction(2, 7.0)]
    found = differences(noted, frame.index, 1_000)
    assert found.model_dump() == {
        "bars": 2,
        "first_bar": 1,
        "first_time": "2020-01-02T00:00:00",
        "money": 12.0,
        "money_pct": 1.2,
    }
    assert differences([], frame.index, 1_000) is None
    result = ExecutionResult(status=Status.PASSED, symbol="SPX", fill_differences=found)
    (finding,) = fill_findings(result)
    assert finding.severity is Severity.WARNING
    assert "in 2 bars" in finding.message
    small = result.model_copy(update={"fill_differences": differences(noted, frame.index, 1e6)})
    assert [f.severity for f in fill_findings(small)] == [Severity.INFO]


ticks = st.integers(-6, 6)


@st.composite
def _bars(draw):
    price, bars = 100, []
    for _ in range(draw(st.integers(4, 12))):
        opening = max(20, price + draw(ticks))
        price = max(20, opening + draw(ticks))
        high = max(opening, price) + draw(st.integers(0, 4))
        low = min(opening, price) - draw(st.integers(0, 4))
        bars.append((opening, high, low, price))
    return _frame(*bars)


_prices = st.none() | st.integers(85, 115).map(float)
_open = st.sampled_from([False])
_ops = st.one_of(
    st.builds(
        PlaceOrder,
        st.sampled_from([0.3, 0.9, -0.5, 1.0, -2.0, 40_000.0, -70_000.0, 100_000.0]),
        *([_prices] * 4),
        st.none(),
    ),
    st.builds(CancelOrder, st.integers(0, 4)),
    st.builds(Close, st.integers(0, 3), settled=_open, portion=st.sampled_from([0.5, 1.0])),
    st.builds(
        Protect,
        st.integers(0, 3),
        settled=_open,
        kind=st.sampled_from(["sl", "tp"]),
        price=_prices,
    ),
)
_scripts = st.dictionaries(st.integers(1, 11), st.lists(_ops, max_size=4), max_size=9)
_terms = st.fixed_dictionaries(
    {
        "margin": st.sampled_from([1.0, 0.5, 0.1]),
        "spread": st.sampled_from([0.0, 0.002]),
        "commission_fixed": st.sampled_from([0.0, 2.0]),
        "trade_on_close": st.booleans(),
        "hedging": st.booleans(),
        "exclusive_orders": st.booleans(),
    }
)


def _rows(broker):
    return [
        (t.size, t.entry_bar, t.entry_price, t.exit_bar, t.exit_price, t.sl, t.tp)
        for t in (*broker.closed_trades, *broker.trades)
    ]


@given(_bars(), _scripts, _terms, st.booleans())
def test_no_fill_is_outside_its_bar(frame, script, terms, finish):
    broker = _run(frame, script, finish=finish, **terms)
    for size, start, entry, end, leave, _, _ in _rows(broker):
        fills = [(start, entry / (1 + (terms["spread"] if size > 0 else -terms["spread"])))]
        fills += [(end, leave)] if end is not None else []
        for bar, price in fills:
            low, high = frame["Low"].iloc[bar], frame["High"].iloc[bar]
            assert low * (1 - 1e-9) <= price <= high * (1 + 1e-9), (bar, price, low, high)


@given(_bars(), _scripts, _terms)
def test_without_a_correction_every_row_is_the_package_s(frame, script, terms):
    ours, plain = _run(frame, script, **terms), _run(frame, script, Untimed, **terms)
    if not ours.corrections:
        assert _rows(ours) == _rows(plain)
        assert (ours.equity, ours.raised) == (plain.equity, plain.raised)


class _Doubting(Exchange):
    """Works every bar out in both ways."""

    def _is_doubtful(self):
        return True


def _in_units(op):
    """Without what may differ where nobody gains by it: shares of the money, brackets of stops."""
    if not isinstance(op, PlaceOrder):
        return op
    size = op.size if abs(op.size) >= 1 else op.size * 100_000
    sl, tp = (None, None) if op.stop and not op.limit else (op.sl, op.tp)
    return PlaceOrder(size, op.limit, op.stop, sl, tp, None)


@given(_bars(), _scripts, _terms)
def test_bar_that_seems_clear_comes_out_the_same_when_it_is_doubted(frame, script, terms):
    script = {bar: [_in_units(op) for op in ops] for bar, ops in script.items()}
    ours, doubting = _run(frame, script, **terms), _run(frame, script, _Doubting, **terms)
    assert _rows(ours) == _rows(doubting)
    assert ours.corrections == doubting.corrections


@given(_bars(), _scripts, _terms)
def test_mirror_has_the_same_rows_as_the_broker_that_counts(frame, script, terms):
    ours, mirror = (
        _run(frame, script, **terms),
        _run(frame, script, partial(StrategyBroker, told={}), **terms),
    )
    assert _rows(ours) == _rows(mirror)
    assert ours.corrections == mirror.corrections
