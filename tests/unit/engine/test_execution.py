"""A broker's fills paired with those of the backtest's account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.evidence.execution import PaperBar, execution, student
from components.schema.results.orders import BrokerFill, PaperFill

DAY = 86_400 * 10**9
HOUR = 3_600 * 10**9
FLOOR = 0.06


def paper(bar, side="buy", *, size=10.0, price=100.0, asked=True, own=None):
    """One bar with one fill: quoted at 100, at 0.02 % slippage where it opens."""
    fill = PaperFill(
        time=str(bar if own is None else own),
        side=side,
        size=size,
        price=price,
        quoted=100.0,
        fee=0.5,
        opens=True,
    )
    return PaperBar(bar * DAY, str(bar), asked, ((fill, size * FLOOR),))


def quiet(bar):
    return PaperBar(bar * DAY, str(bar), True, ())  # noqa: FBT003  # as it is kept


def real(bar, side="buy", *, size=3.0, price=100.0, fee=0.0, hours=14):
    return BrokerFill(
        symbol="A", at=bar * DAY + hours * HOUR, time="", side=side, size=size, price=price, fee=fee
    )


def said(bars, fills):
    return execution(bars, fills, bars[-1].at + DAY if bars else 0)


def test_partial_fills_are_one_trade_at_their_mean_price():
    found = said(
        [paper(1, price=100.02), quiet(2)], [real(1, price=99), real(1, price=103), real(2, "sell")]
    )
    one, two = found.trades
    assert (one.kind, one.real_size, one.real_price, one.paper_size) == ("paired", 6, 101, 10)
    assert one.slippage_pct == pytest.approx((101 / 100.02 - 1) * 100)
    assert one.cost_pct == pytest.approx(1.0)
    assert one.floor_pct == pytest.approx(FLOOR)
    assert (two.kind, two.time, two.side) == ("extra", "2", "sell")


def test_worse_is_above_zero_on_both_sides_and_fees_are_a_cost():
    bars = [paper(1), paper(2, "sell")]
    buy, sell = said(bars, [real(1, price=101, fee=3), real(2, "sell", price=99, fee=3)]).trades
    assert buy.slippage_pct == pytest.approx(1.0)
    assert sell.slippage_pct == pytest.approx(1.0)
    assert buy.cost_pct == pytest.approx(1 + 100 * 3 / 303)


def test_fill_one_bar_later_is_late_and_one_after_that_is_extra():
    bars = [paper(1), quiet(2), paper(3), quiet(4), quiet(5)]
    found = said(bars, [real(2), real(5)])
    assert [(t.kind, t.time, t.late) for t in found.trades] == [
        ("paired", "1", True),
        ("missed", "3", False),
        ("extra", "5", False),
    ]


def test_trade_whose_orders_were_not_published_is_not_missed():
    found = said([paper(1, asked=False), quiet(2)], [real(2, "sell")])
    assert [t.kind for t in found.trades] == ["extra"]
    assert found.not_asked == 1


def test_nothing_is_missed_after_the_last_imported_fill():
    found = said([paper(1), paper(2), paper(3)], [real(1)])
    assert [t.kind for t in found.trades] == ["paired"]
    assert found.waiting == 2


def test_fills_before_the_record_and_after_its_last_bar_are_only_counted():
    found = said([paper(2)], [real(1), real(2), real(3)])
    assert (found.before, found.waiting, len(found.trades)) == (1, 1, 1)
    empty = said([], [real(1)])
    assert (empty.before, empty.trades, empty.says) == (1, (), "inconclusive")


def test_fill_at_the_close_before_is_paired_on_either_bar():
    bars = [quiet(1), paper(2, own=1)]
    for bar in (1, 2):
        (one,) = said(bars, [real(bar)]).trades
        assert (one.kind, one.time) == ("paired", "1")


@pytest.mark.parametrize(
    ("paid", "says"),
    [(1.0, "above the floors"), (0.01, "within the floors"), (None, "inconclusive")],
)
def test_cost_is_held_against_the_floors_with_its_interval(paid, says):
    prices = [100 + (paid or 0.05 * place) + place / 1_000 for place in range(6)]
    bars = [paper(place + 1) for place in range(6)]
    found = said(bars, [real(place + 1, price=price) for place, price in enumerate(prices)])
    assert found.says == says
    low, high = found.cost_pct.interval
    assert low < found.cost_pct.mean < high
    few = said(bars[:4], [real(place + 1, price=price) for place, price in enumerate(prices[:4])])
    assert (few.says, few.cost_pct.interval) == ("inconclusive", None)


def test_student_is_that_of_the_tables():
    told = {4: 2.776, 5: 2.571, 10: 2.228, 30: 2.042, 1_000: 1.962}
    assert {n: student(n) for n in told} == pytest.approx(told, abs=0.0015)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["buy", "sell"])), min_size=1, max_size=12),
    st.lists(
        st.tuples(st.integers(0, 15), st.sampled_from(["buy", "sell"]), st.floats(50, 200)),
        max_size=20,
    ),
)
def test_every_paper_fill_and_every_real_one_is_counted_once(bars, fills):
    rows = [paper(n + 1, side, asked=asked) for n, (asked, side) in enumerate(bars)]
    found = said(rows, [real(day, side, price=price) for day, side, price in fills])
    of_paper = [t for t in found.trades if t.paper_size is not None]
    left = len(rows) - len(of_paper) - found.not_asked
    after = sum(day > len(rows) for day, *_ in fills)
    assert left == found.waiting - after
    assert left >= 0
    filled = sum(t.real_size for t in found.trades if t.real_size is not None) / 3
    assert round(filled) + found.before + after == len(fills)
