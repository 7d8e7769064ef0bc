"""What version 1.x said about a strategy as a whole -> the fields of version 2."""

from __future__ import annotations

import re
from typing import Any

from components.schema.types import INTERVAL_PATTERN, SYMBOL_PATTERN

_INTERVALS = {
    "daily": "1d",
    "hourly": "1h",
    "weekly": "1wk",
    "monthly": "1mo",
    "d": "1d",
    "h": "1h",
}
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 4000
_MOST_TAGS = 32


def name_of(old: dict[str, Any]) -> str:
    """A name that version 2 allows, from whatever it was called."""
    given = next(
        (old[k] for k in ("name", "strategy_name", "title", "strategy_id") if old.get(k)), ""
    )
    words = re.findall("[A-Za-z0-9]+", str(given))
    name = "_".join(words)[:_LONGEST_NAME]
    return name if name[:1].isalpha() else f"strategy_{name}"[:_LONGEST_NAME].rstrip("_")


def description_of(old: dict[str, Any]) -> str:
    """What it said of itself, or its steps' titles."""
    given = next((old[k] for k in ("description", "summary", "title") if old.get(k)), "")
    titles = [s.get("title") for s in old["steps"] if isinstance(s, dict)]
    steps = "; ".join(str(title) for title in titles if title)
    return (str(given) or steps or "migrated from version 1.x")[:_LONGEST_DESCRIPTION]


def interval_of(old: dict[str, Any]) -> str | None:
    """The length of a bar, where version 2 knows it."""
    given = str(old.get("interval") or old.get("timeframe") or "").strip().lower()
    return fitting(_INTERVALS.get(given, given), INTERVAL_PATTERN)


def fitting(value: Any, pattern: str) -> str | None:
    """The value where it is a text of the pattern, else None."""
    return value if isinstance(value, str) and re.fullmatch(pattern, value) else None


def symbols_of(old: dict[str, Any]) -> list[str] | None:
    """Several symbols, where version 2 can have each of them."""
    given = old.get("symbols")
    if not isinstance(given, list) or not all(fitting(one, SYMBOL_PATTERN) for one in given):
        return None
    return given


def tags_of(old: dict[str, Any]) -> list[str]:
    """The tags that are text."""
    given = old.get("tags")
    return (
        [tag for tag in given if isinstance(tag, str)][:_MOST_TAGS]
        if isinstance(given, list)
        else []
    )
