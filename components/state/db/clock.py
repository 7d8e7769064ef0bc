"""Times: UTC, ISO 8601 with milliseconds and a Z, so that text order is time order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def now() -> datetime:
    """The system's time in UTC."""
    return datetime.now(UTC)


def text(moment: datetime) -> str:
    """`2026-01-31T09:00:00.000Z`; the moment must carry a time zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


def later(moment: datetime, seconds: float) -> str:
    """The text of the moment `seconds` after (or, negative, before) another."""
    return text(moment + timedelta(seconds=seconds))


def parse(stamp: str) -> datetime:
    """The moment that `text` wrote."""
    return datetime.fromisoformat(stamp)


def age_s(stamp: str, moment: datetime) -> float:
    """Seconds from the moment that `text` wrote to another one; 0 where the clock was set back."""
    return max(timedelta(), moment - parse(stamp)).total_seconds()
