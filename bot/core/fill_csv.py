"""PURE: a CSV file of a broker's fills, read with the number of the line where it is wrong."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from components.errors import UserError
from components.schema.results.orders import BrokerFill
from components.schema.types import LARGEST, NAME_PATTERN, SYMBOL_PATTERN, TIMESTAMP_PATTERN, WORDS
from components.texts import cut, harmless, printable

MOST_BYTES = 25_000_000
MOST_ROWS = 100_000
SHOWN = 10
"""Wrong lines that are told of a file."""

NEEDED = ("time", "symbol", "side", "size", "price", "fee")
ORDER_IDS = frozenset({"order_id", "orderid"})
"""Names of the column with the broker's order id, spaces written as _."""

LONGEST_ID = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
Read = TypeVar("Read")


class _Wrong(Exception):
    """What is wrong with one line."""


def read_fills(content: bytes, now: datetime) -> list[tuple[str, BrokerFill]]:
    """Every row of a file: the strategy that it names ("" without such a column), and its fill.

    Args:
        content: UTF-8, separated by commas, with a head; further columns are not looked at.
        now: fills that are later by more than a day are refused.

    Raises:
        UserError: names the lines that are wrong; nothing of the file may be used then.
    """
    if len(content) > MOST_BYTES:
        raise UserError(f"the file has more than {MOST_BYTES:,} bytes", hint="import it in parts")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"line {line}: this is not UTF-8", hint="save the file as UTF-8") from None
    found: list[tuple[str, BrokerFill]] = []
    wrong: list[str] = []
    for line, row in _rows(text):
        if len(found) + len(wrong) >= MOST_ROWS:
            raise UserError(
                f"the file has more than {MOST_ROWS:,} fills", hint="import it in parts"
            )
        try:
            found.append(_fill(row, now))
        except _Wrong as error:
            wrong.append(f"line {line}: {error}")
    if wrong:
        more = len(wrong) - SHOWN
        told = "; ".join(wrong[:SHOWN]) + (f"; and {more} more lines" if more > 0 else "")
        raise UserError(told, hint="nothing was imported: mend these lines, then import it again")
    return found


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row by its columns' names, with the number of its (last) line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells)
            elif len(cells) != len(columns):
                counts = f"{len(cells)} cells, and the head has {len(columns)}"
                raise UserError(f"line {reader.line_num}: {counts}")
            else:
                yield reader.line_num, dict(zip(columns, map(str.strip, cells), strict=True))
    except csv.Error as error:
        raise UserError(f"line {reader.line_num}: {error}") from None
    if columns is None:
        raise UserError("the file is empty", hint=f"it needs a head: {', '.join(NEEDED)}")


def _columns(cells: list[str]) -> list[str]:
    names = ["_".join(cell.split()).lower() for cell in cells]
    names = ["order_id" if name in ORDER_IDS else name for name in names]
    known = [name for name in names if name in {*NEEDED, "order_id", "strategy"}]
    twice = {name for name in known if known.count(name) > 1}
    missing = [name for name in NEEDED if name not in names]
    if twice:
        raise UserError(f"the column {min(twice)} is there twice")
    if missing:
        there = cut(printable(", ".join(cells)), 200)
        raise UserError(
            f"the columns {', '.join(missing)} are missing; the head is: {there}",
            hint="the file is separated by commas, and its first line names the columns",
        )
    return names


def _fill(row: Mapping[str, str], now: datetime) -> tuple[str, BrokerFill]:
    moment = _told(row, "time", lambda word: _moment(word, now))
    symbol = row["symbol"]
    if not re.fullmatch(SYMBOL_PATTERN, symbol):
        raise _Wrong(f"symbol is {_word(symbol)}: write {WORDS[SYMBOL_PATTERN]}")
    side = row["side"].lower()
    if side not in {"buy", "sell"}:
        raise _Wrong(f"side is {_word(row['side'])}: write buy or sell")
    own = row.get("strategy", "")
    if own and not re.fullmatch(NAME_PATTERN, own):
        raise _Wrong(f"strategy is {_word(own)}: write {WORDS[NAME_PATTERN]}")
    number = row.get("order_id", "")
    if len(number) > LONGEST_ID or number != harmless(number, keep=""):
        raise _Wrong(f"order id is {_word(number)}: at most {LONGEST_ID} visible characters")
    return own, BrokerFill(
        symbol=symbol,
        at=(moment - _EPOCH) // timedelta(microseconds=1) * 1000,
        time=row["time"],
        side="buy" if side == "buy" else "sell",
        size=_told(row, "size", _positive),
        price=_told(row, "price", _positive),
        fee=_told(row, "fee", _number),
        order_id=number,
    )


def _told(row: Mapping[str, str], name: str, read: Callable[[str], Read]) -> Read:
    try:
        return read(row[name])
    except ValueError as error:
        raise _Wrong(f"{name} is {_word(row[name])}: {error}") from None


def _word(text: str) -> str:
    return repr(cut(printable(text), 40)) if text else "empty"


def _moment(word: str, now: datetime) -> datetime:
    """A time without a zone is UTC, as bars without one are."""
    if not re.fullmatch(TIMESTAMP_PATTERN, word):
        raise ValueError("write it as 2024-01-31T15:30:00Z")
    moment = datetime.fromisoformat(word)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not _EPOCH <= moment <= now + timedelta(days=1):
        raise ValueError("this is before 1970 or has not come yet")
    return moment


def _number(word: str) -> float:
    number = float(word) if _NUMBER.fullmatch(word) else LARGEST * 2
    if abs(number) > LARGEST:
        hint = "write 0 where there is none" if not word else "write a number such as 1234.5"
        raise ValueError(hint)
    return number + 0.0  # no -0.0: it would be another fill than 0


def _positive(word: str) -> float:
    number = _number(word)
    if number <= 0:
        raise ValueError("it must be above zero")
    return number
