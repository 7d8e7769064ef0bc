"""Which column of an export is what."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from components.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

PRICES = ("Open", "High", "Low", "Close")
_NAMES = {  # as `plain` writes them; also what Excel and investing.com write in other languages
    "Time": ("time", "datetime", "timestamp", "date time", "open time", "gmt time", "local time",
             "opentime", "unix", "unix timestamp", "ts", "time utc", "time eet", "dt", "index",
             "utc", "epoch", "open timestamp", "time open", "timeopen", "ts event", "window start",
             "bar time", "start time", "begin"),
    "Date": ("date", "day", "data", "datum", "fecha", "tradedate", "trade date", "date utc",
             "date gmt", "trading day", "dtyyyymmdd"),
    "Clock": ("time", "zeit", "uhrzeit", "heure", "hora", "ora", "tijd", "czas"),
    "Open": ("open", "o", "first", "open price", "eroffnung", "eroffn", "eroffnungskurs",
             "erster", "ouverture", "ouv", "apertura", "abertura", "otwarcie", "opening"),
    "High": ("high", "h", "max", "high price", "hoch", "hochst", "tageshoch", "plus haut", "haut",
             "maximo", "maxima", "massimo", "najwyzszy", "hoog", "hoogste"),
    "Low": ("low", "l", "min", "low price", "tief", "tiefst", "tagestief", "plus bas", "bas",
            "minimo", "minima", "najnizszy", "laag", "laagste"),
    "Close": ("close", "c", "last", "close last", "price", "close price", "schluss",
              "schlusskurs", "zuletzt", "cloture", "dernier", "cierre", "ultimo", "chiusura",
              "fechamento", "zamkniecie", "ostatnio", "slot", "laatste"),
    "Volume": ("volume", "vol", "v", "tickvol", "tick volume", "base volume", "volumen",
               "wolumen", "stuck", "umsatz"),
    "Symbol": ("ticker", "symbol", "tic", "instrument"),
    "Per": ("per",),
}  # fmt: skip


def plain(name: object) -> str:
    """A column's name to compare: "<OPEN>", " 1. open" and "Öpen" are "open"."""
    text = unicodedata.normalize("NFKD", str(name).strip().lower())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"^\s*\d+[a-z]?[.)]\s*", "", text.replace("\u0142", "l"))
    return re.sub(r"[^a-z%]+", " ", text).strip()


def prices_named(names: Sequence[str]) -> int:
    """How many of the four prices a line names."""
    simple = {plain(name) for name in names}
    return sum(not simple.isdisjoint(_NAMES[role]) for role in PRICES)


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
    start = int(first[0] == "0")  # rows are counted: pandas' own index
    apart = count > start + 6 and re.fullmatch(r"[\d:]*:\d\d", first[start + 1]) is not None
    found = {"Date": start, "Clock": start + 1} if apart else {"Time": start}
    start += 1 + apart
    if count < start + 4:
        raise UserError("no line names the columns, and there are too few for time and prices")
    found |= {role: start + at for at, role in enumerate(PRICES)}
    return found | ({"Volume": start + 4} if count > start + 4 else {})
