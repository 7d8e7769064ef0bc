"""Times that come again: spans (`90m`, `2d`) and windows that begin as a cron line says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from components.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

LONGEST = timedelta(days=92)
MOST_LINKS = 100
"""Windows that follow each other without a gap are followed this far."""

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_PART = re.compile(
    r"(\*|[0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?(?:/([1-9][0-9]?))?", re.ASCII
)
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MONTHS = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        range(1, 13),
        strict=True,
    )
)
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)


def span(text: str) -> timedelta:
    """`90m`, `36h` or `2d` as a span of at most 92 days.

    Raises:
        UserError: it is not written like this.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    length = int(found[1]) * _UNITS[found[2]] if found else timedelta()
    if not timedelta() < length <= LONGEST:
        raise UserError(f"{text[:40]!r} is no span of time such as 90m, 36h or 2d, up to 92d")
    return length


@dataclass(frozen=True)
class Cron:
    """A cron line: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).

    As in cron: where both days are restricted, either is enough.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]
    week_days: frozenset[int]
    either_day: bool

    @classmethod
    def read(cls, text: str) -> Cron:
        """The line as values.

        Raises:
            UserError: it is none; names the field.
        """
        words = text.lower().split()
        if len(words) != len(_FIELDS):
            raise UserError(
                f"{text[:80]!r} is no cron line: it has five fields, minute, hour, day of the"
                " month, month, day of the week, such as `0 20 * * fri`"
            )
        fields = (_field(word, *spec) for word, spec in zip(words, _FIELDS, strict=True))
        minutes, hours, month_days, months, week_days = fields
        either = not words[2].startswith("*") and not words[4].startswith("*")
        return cls(minutes, hours, month_days, months, frozenset(d % 7 for d in week_days), either)

    def days(self, last: datetime, count: int) -> Iterator[datetime]:
        """Midnights of the days on which it begins, back from the day of `last`."""
        for back in range(count):
            day = datetime.combine(last.date() - timedelta(days=back), time(), last.tzinfo)
            if self._begins_on(day):
                yield day

    def _begins_on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        told = (day.day in self.month_days, day.isoweekday() % 7 in self.week_days)
        return any(told) if self.either_day else all(told)


def _field(text: str, name: str, low: int, high: int, words: dict[str, int]) -> frozenset[int]:
    try:
        return frozenset(n for part in text.split(",") for n in _numbers(part, low, high, words))
    except ValueError:
        raise UserError(
            f"{text[:40]!r} is no {name} of a cron line: {low} to {high}"
            + (f" or {', '.join(words)}" if words else "")
            + ", `*`, lists (1,15), ranges (1-5) and steps (*/10)"
        ) from None


def _numbers(part: str, low: int, high: int, words: dict[str, int]) -> Iterable[int]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(part)
    first, last, step = found.groups()
    if first == "*":
        if last is not None:
            raise ValueError(part)
        return range(low, high + 1, int(step or 1))
    start = _number(first, low, high, words)
    end = _number(last, low, high, words) if last else high if step else start
    if end < start:
        raise ValueError(part)
    return range(start, end + 1, int(step or 1))


def _number(word: str, low: int, high: int, words: dict[str, int]) -> int:
    number = words[word] if word in words else int(word)
    if not low <= number <= high:
        raise ValueError(word)
    return number


@dataclass(frozen=True)
class CronWindow:
    """A time that comes again: it begins as `cron` says in `zone`, and lasts so long."""

    cron: Cron
    lasts: timedelta
    zone: ZoneInfo
    reason: str

    def end(self, now: datetime) -> datetime | None:
        """When the window that is open at `now` ends (UTC); None where none is open."""
        here = now.astimezone(self.zone)
        for day in self.cron.days(here, self.lasts.days + 2):
            for begin in self._begins(day):
                if begin <= now:
                    return begin + self.lasts if now < begin + self.lasts else None
        return None

    def _begins(self, day: datetime) -> Iterator[datetime]:
        """Its beginnings on a day (UTC), the latest first."""
        for hour in sorted(self.cron.hours, reverse=True):
            for minute in sorted(self.cron.minutes, reverse=True):
                yield day.replace(hour=hour, minute=minute).astimezone(UTC)


def open_window(windows: Iterable[CronWindow], now: datetime) -> tuple[datetime, str] | None:
    """When what is open at `now` ends, with all that follows it without a gap, and its reason.

    Of several that are open, the one that ends last; None where none is.
    """
    known = tuple(windows)
    last, reason = now, ""
    for _ in range(MOST_LINKS):
        ends = [(end, w.reason) for w in known if (end := w.end(last)) is not None]
        if not ends:
            break
        last, said = max(ends, key=lambda found: found[0])
        reason = reason or said
    return (last, reason) if last > now else None
