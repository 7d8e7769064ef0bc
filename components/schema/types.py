"""Field types that take exactly what their JSON Schema says: no text for a number, no 1 for true.

A model that reads "yes" as true or "5" as 5 would accept files that an editor marks as wrong.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

NAME_PATTERN = "^[A-Za-z][A-Za-z0-9_]*$"
SEMVER_PATTERN = (
    r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
)
SYMBOL_PATTERN = r"^[A-Za-z0-9^][A-Za-z0-9.^=_-]{0,31}$"
INTERVAL_PATTERN = "^[1-9][0-9]{0,3}(m|h|d|wk|mo)$"
PERIOD_PATTERN = "^([1-9][0-9]{0,3}(d|wk|mo|y)|max)$"
TIMESTAMP_PATTERN = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
WORDS = {
    NAME_PATTERN: "letters, digits and _, starting with a letter",
    SEMVER_PATTERN: "MAJOR.MINOR.PATCH, such as 1.0.0",
    SYMBOL_PATTERN: "up to 32 letters, digits and . ^ = _ - (also for /), such as SPX or BTC-USD",
    INTERVAL_PATTERN: "a number and m, h, d, wk or mo, such as 1d",
    PERIOD_PATTERN: "a number and d, wk, mo or y, such as 5y, or max",
    TIMESTAMP_PATTERN: "a date or time, such as 2024-01-31 or 2024-01-31T12:00:00Z",
}
"""What each pattern means, for people."""

LARGEST = 1e15
"""Bound of every number: all whole numbers below it are exact as floats."""

_ISO_DATE = re.compile("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def _whole(value: Any) -> Any:
    # JSON Schema's integer: 1.0 is one, true is not.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _iso_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return value
    raise ValueError("a date is written YYYY-MM-DD")


Number = Annotated[float, Field(strict=True, ge=-LARGEST, le=LARGEST), Field(allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000), BeforeValidator(_whole)]
Lookback = Annotated[int, Field(strict=True, ge=2, le=1_000_000), BeforeValidator(_whole)]
Integer = Annotated[int, Field(strict=True, ge=-int(LARGEST), le=int(LARGEST))]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, StringConstraints(strict=True, max_length=4000)]
ShortText = Annotated[str, StringConstraints(strict=True, max_length=200)]
Symbol = Annotated[str, StringConstraints(strict=True, pattern=SYMBOL_PATTERN)]
Timestamp = Annotated[str, StringConstraints(strict=True, pattern=TIMESTAMP_PATTERN)]
IsoDate = Annotated[
    date, BeforeValidator(_iso_date), Field(json_schema_extra={"pattern": _ISO_DATE.pattern})
]
