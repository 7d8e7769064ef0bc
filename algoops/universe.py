"""Which symbols could be bought when: membership by date, from a CSV file.

    symbol,from,to
    AAA,2015-03-02,2019-11-29
    AAA,2021-06-01,
    BBB,2012-01-03,

Both days belong to it; without `to` it is a member to this day. A symbol that comes back has a
line for each time.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_LINES = 10_000
_COLUMNS = ("symbol", "from", "to")
_SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=_-]{0,31}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class UniverseError(ValueError):
    """A file that says no membership; its text says in which line, and what to write."""


class Membership(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Universe:
    """Memberships by symbol, in the order of the file; those of one symbol rise."""

    memberships: Mapping[str, tuple[Membership, ...]]

    def members(self, day: date) -> frozenset[str]:
        """The symbols that are members on a day."""
        return frozenset(
            symbol
            for symbol, times in self.memberships.items()
            if any(first <= day <= last for first, last in times)
        )

    @cached_property
    def changes(self) -> tuple[date, ...]:
        """Days on which the members change, rising."""
        times = [time for own in self.memberships.values() for time in own]
        left = {date.fromordinal(t.last.toordinal() + 1) for t in times if t.last < date.max}
        return tuple(sorted(left | {time.first for time in times}))

    def on(self, days: Iterable[date]) -> Iterator[frozenset[str]]:
        """The members of each of these days, which rise; looked up where they change."""
        changes = iter((*self.changes, date.max))
        until, found = date.min, frozenset[str]()
        for day in days:
            if day >= until:
                until = next((change for change in changes if change > day), date.max)
                found = self.members(day)
            yield found


def parse_universe(content: bytes) -> Universe:
    """Read the file.

    Args:
        content: UTF-8, with or without a byte order mark.

    Returns:
        Who is a member when.

    Raises:
        UniverseError: anything in it that is not as described above.
    """
    lines = csv.reader(_text(content).splitlines(), strict=True)
    found: dict[str, list[Membership]] = {}
    try:
        _head(next(lines, []))
        for row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if lines.line_num > MOST_LINES:
                raise UniverseError(f"more than {MOST_LINES} lines")
            symbol, time = _row(lines.line_num, [cell.strip() for cell in row])
            found.setdefault(symbol, []).append(time)
    except csv.Error as error:
        raise UniverseError(f"line {lines.line_num}: {error}") from error
    if not found:
        raise UniverseError("no members: write a line `SYMBOL,2015-03-02,` below the first")
    return Universe({symbol: _apart(symbol, times) for symbol, times in found.items()})


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UniverseError(f"line {line}: the file must be UTF-8") from error


def _head(row: list[str]) -> None:
    names = tuple(cell.strip().lower() for cell in row)
    if names != _COLUMNS:
        told = ",".join(row)[:80]
        raise UniverseError(
            f"line 1: write the names of the columns, `symbol,from,to`, found {told!r}"
        )


def _row(line: int, row: list[str]) -> tuple[str, Membership]:
    if len(row) != len(_COLUMNS):
        raise UniverseError(
            f"line {line}: write symbol, from and to (which may be empty), found {len(row)} values"
        )
    symbol, first, last = row
    if not _SYMBOL.fullmatch(symbol):
        raise UniverseError(f"line {line}: {symbol[:40]!r} is no symbol")
    time = Membership(_day(line, "from", first), _day(line, "to", last) if last else date.max)
    if time.last < time.first:
        raise UniverseError(f"line {line}: {symbol} leaves ({last}) before it comes ({first})")
    return symbol, time


def _day(line: int, column: str, text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # such as 2015-02-30
        pass
    raise UniverseError(
        f"line {line}: `{column}` must be a day such as 2015-03-02, found {text[:40]!r}"
    )


def _apart(symbol: str, times: list[Membership]) -> tuple[Membership, ...]:
    times.sort()
    for before, after in pairwise(times):
        if after.first <= before.last:
            raise UniverseError(
                f"{symbol}: the membership from {after.first} begins before the one from "
                f"{before.first} is over; end that one with `to` on an earlier day"
            )
    return tuple(times)
