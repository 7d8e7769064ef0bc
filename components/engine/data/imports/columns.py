"""Which column of an export is what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.engine.data.imports.shape import plain
from components.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

PRICES = ("Open", "High", "Low", "Close")
_NAMES = {
    "Time": ("time", "datetime", "timestamp", "date time", "open time", "gmt time", "local time",
             "opentime", "unix", "unix timestamp", "ts", "time utc", "time eet", "dt", "index"),
    "Date": ("date", "day", "data", "datum", "fecha", "tradedate", "trade date"),
    "Clock": ("time",),
    "Open": ("open", "o", "first", "open price", "eroffnung", "apertura"),
    "High": ("high", "h", "max", "high price", "hoch"),
    "Low": ("low", "l", "min", "low price", "tief"),
    "Close": ("close", "c", "last", "close last", "price", "close price", "schluss", "ultimo"),
    "Volume": ("volume", "vol", "v", "tickvol", "tick volume", "vol.", "base volume"),
    "Symbol": ("ticker", "symbol", "tic", "instrument"),
    "Per": ("per",),
}  # fmt: skip


def roles(names: Sequence[str]) -> dict[str, int]:
    """Role -> number of the column that has it.

    Raises:
        UserError: two columns have one role, or a price has none.
    """
    simple = [plain(name) for name in names]
    found: dict[str, int] = {}
    for role, known in _NAMES.items():
        places = [at for at, name in enumerate(simple) if name in known]
        if role == "Volume" and not places:  # MetaTrader, CryptoDataDownload: "Volume BTC"
            places = [at for at, name in enumerate(simple) if name.startswith("volume ")][:1]
        if len(places) > 1 and role in PRICES:
            said = ", ".join(str(names[at]) for at in places)
            raise UserError(
                f"more than one column may be {role}: {said}", hint="remove all but one"
            )
        if places:
            found[role] = places[0]
    return _times_of(_checked(found, names), simple)


def _checked(found: dict[str, int], names: Sequence[str]) -> dict[str, int]:
    missing = [role for role in PRICES if role not in found]
    if missing:
        said = ", ".join(str(name)[:40] for name in names[:20])
        raise UserError(f"no column for {', '.join(missing)} among: {said}")
    return found


def _times_of(found: dict[str, int], simple: Sequence[str]) -> dict[str, int]:
    """One time, or a date with a clock; the first column where none is named so."""
    if "Date" in found and "Time" in found and found["Time"] != found.get("Clock"):
        del found["Date"]  # an epoch beside a readable date
    if "Date" in found and "Clock" in found:
        found.pop("Time", None)
    elif "Time" not in found and "Date" not in found:
        if 0 in found.values() or simple[0] not in {"", "unnamed"}:
            raise UserError("no column is a time", hint="name it Date or Time")
        found["Time"] = 0
    if "Date" in found and "Clock" not in found:
        found["Time"] = found.pop("Date")
    if "Date" not in found:
        found.pop("Clock", None)
    return found


def without_header(count: int, first: Sequence[str]) -> dict[str, int]:
    """Roles of a file that names no columns: time, open, high, low, close, volume.

    MetaTrader 4 writes date and clock apart; Binance writes twelve columns.
    """
    apart = count > 6 and ":" in first[1] and first[1].replace(":", "").isdigit()  # noqa: PLR2004
    start = 2 if apart else 1
    if count < start + 4:
        raise UserError("no line names the columns, and there are too few for time and prices")
    found = {"Date": 0, "Clock": 1} if apart else {"Time": 0}
    found |= {role: start + at for at, role in enumerate(PRICES)}
    return found | ({"Volume": start + 4} if count > start + 4 else {})
