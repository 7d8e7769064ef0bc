"""A broker's file of fills: whatever is in it, it is read whole or refused by line."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import fill_csv
from bot.core.fill_csv import read_fills
from components.errors import UserError

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HEAD = "Time,Symbol,Side,Size,Price,Fee,Order ID\n"
ROW = "2026-11-02T14:30:00Z,AAA,buy,10,101.5,0.35,x-1\n"
CELLS = st.text(max_size=20) | st.sampled_from(
    ["2026-11-02", "AAA", "buy", "SELL", "1e5", "-1", "0", "nan", "1_000", "9999-99-99T99:99"]
)


def refused(text):
    with pytest.raises(UserError) as error:
        read_fills(text.encode(), NOW)
    return str(error.value)


def test_fill_is_read_with_its_time_in_utc():
    text = "\ufeff" + HEAD + ROW + "2026-11-02 09:30:00-05:00,AAA,Sell,1e1,.5,-0.1,\n"
    (own, one), (_, two) = read_fills(text.encode(), NOW)
    assert (own, one.symbol, one.side, one.size, one.price, one.fee) == (
        "",
        "AAA",
        "buy",
        10,
        101.5,
        0.35,
    )
    assert (one.at, one.order_id) == (1_793_629_800 * 10**9, "x-1")
    assert (two.at, two.side, two.size, two.fee, two.order_id) == (one.at, "sell", 10, -0.1, "")
    naive = read_fills((HEAD + ROW.replace("Z", "")).encode(), NOW)
    assert naive[0][1].at == one.at


def test_columns_that_nobody_asked_for_are_left_alone_and_a_strategy_may_be_named():
    text = "fee,venue,price,size,side,symbol,strategy,time\n0,XNYS,1,2,buy,A,one,2026-01-02\n\n"
    ((own, fill),) = read_fills(text.encode(), NOW)
    assert (own, fill.size, fill.price) == ("one", 2, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("Time;Symbol;Side\n", "are missing; the head is: Time;Symbol;Side"),
        (HEAD.replace("Order ID", "Fee"), "the column fee is there twice"),
        (HEAD + ROW + ROW.replace("buy", "short"), "line 3: side is 'short': write buy or sell"),
        (HEAD + ROW.replace("10,", "-10,"), "line 2: size is '-10': it must be above zero"),
        (HEAD + ROW.replace("10,", '"1,000",'), "line 2: size is '1,000': write a number such"),
        (HEAD + ROW.replace("101.5", "nan"), "line 2: price is 'nan'"),
        (HEAD + ROW.replace("101.5", "1e400"), "line 2: price is '1e400'"),
        (HEAD + ROW.replace("0.35", ""), "line 2: fee is empty: write 0 where there is none"),
        (HEAD + ROW.replace("AAA", "=cmd|'/c calc'!A0"), "line 2: symbol is"),
        (HEAD + ROW.replace("2026", "2027"), "has not come yet"),
        (HEAD + ROW.replace("2026-11-02T14:30:00Z", "02.11.2026"), "write it as 2024-01-31T15"),
        (HEAD + ROW.replace("11-02", "02-30"), "line 2: time is '2026-02-30T14:30:00Z'"),
        (HEAD + ROW.replace(",x-1", ""), "line 2: 6 cells, and the head has 7"),
        (HEAD + ROW.replace("x-1", "x" * 101), "line 2: order id is"),
        (HEAD + ROW.replace("x-1", "\u202egnp"), "line 2: order id is"),
        ("strategy," + HEAD + "\x1b[2Jone," + ROW, "line 2: strategy is '[2Jone': write letters"),
        (HEAD + ROW.replace("x-1", '"x'), "unexpected end of data"),
        (HEAD + ROW.replace("x-1", "x" * 200_000), "field larger than field limit"),
        (HEAD + ROW.replace("buy", "b") * 12, "and 2 more lines"),
    ],
)
def test_line_that_is_wrong_is_named(text, words):
    assert words in refused(text)


def test_file_that_is_not_text_or_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(fill_csv, "MOST_ROWS", 1_000)
    with pytest.raises(UserError, match="line 3: this is not UTF-8"):
        read_fills(HEAD.encode() + ROW.encode() + b"\xff\xfe", NOW)
    with pytest.raises(UserError, match="more than 1,000 fills"):
        read_fills((HEAD + ROW * 1_001).encode(), NOW)
    assert len(read_fills((HEAD + ROW * 1_000).encode(), NOW)) == 1_000


def read(content):
    """The fills of a file, or the words that refuse it."""
    try:
        return read_fills(content, NOW), ""
    except UserError as error:
        return [], str(error)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    _, refusal = read(content)
    assert refusal.isprintable()


@given(st.lists(st.lists(CELLS, min_size=7, max_size=7), max_size=5))
def test_any_cells_are_read_or_refused_with_their_line(rows):
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    found, refusal = read((HEAD + written.getvalue()).encode("utf-8", "replace"))
    assert refusal.startswith("line ") or not refusal
    assert all(fill.size > 0 and fill.price > 0 and fill.at >= 0 for _, fill in found)
