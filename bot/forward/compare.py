"""PURE: the record of a deployed strategy held against today's replay of the same bars."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from components.schema.results.orders import OrderSheet
from components.schema.results.values import Provenance
from components.state.tables.forward import Sealed

Cause = Literal["data", "settings", "engine", "image", "chance"]
NAMED = 5
"""Restated bars that are named one by one."""

OF_PORTFOLIOS = {"symbol": "", "target": None}
"""What an order has that is a portfolio's; records from before had no such words."""

SAID = {
    "settings": "the policies make another backtest of it than when the orders were sealed",
    "engine": "the engine has another version than when the orders were sealed",
    "image": "the sandbox has other Python packages than when the orders were sealed",
    "chance": "on the same data with the same code, engine and sandbox it wants something else:"
    " it draws random numbers, reads the clock, keeps something between runs, or does otherwise"
    " where it is given all bars at once",
}


@dataclass(frozen=True)
class Difference:
    """The first thing in which the record and its replay differ.

    Attributes:
        bar: its time, as the data has it.
        cause: why.
        orders: whether sealed orders differ; else only the data does.
        message: for people.
    """

    bar: str
    cause: Cause
    orders: bool
    message: str

    def text(self) -> str:
        """JSON, as the store keeps it."""
        return json.dumps(asdict(self), sort_keys=True)


def orders_text(sheet: OrderSheet) -> str:
    """What is sealed of a sheet: its orders as JSON; one symbol's are written as ever."""
    orders = [order.model_dump(mode="json") for order in sheet.orders]
    for order in orders:
        for name, none in OF_PORTFOLIOS.items():
            if order[name] == none:
                del order[name]
    return json.dumps(orders, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 (hex)."""
    return hashlib.sha256(text.encode()).hexdigest()


def difference(
    sealed: Sequence[Sealed],
    sheets: Sequence[OrderSheet],
    made: tuple[str, Provenance],
    restated: Callable[[], Sequence[str]],
) -> Difference | None:
    """The first difference, None where there is none.

    Args:
        sealed: the record, the oldest bar first.
        sheets: what the replay wanted.
        made: what the replay was made of, beside the data: its settings' hash and provenance.
        restated: finds out which bars the data says otherwise today.
    """
    now = {sheet.at: sheet for sheet in sheets}
    data = next((row for row in sealed if _data(row, now) != row.data), None)
    other = next((row for row in sealed if _orders(row, now) != row.orders_sha256), None)
    if data is not None:
        return _restated(data, other, restated())
    if other is None:
        return None
    cause = _cause(other, made)
    message = f"the orders sealed after {other.time} are not what the replay wants: {SAID[cause]}"
    return Difference(other.time, cause, orders=True, message=message)


def _data(row: Sealed, now: Mapping[int, OrderSheet]) -> str:
    sheet = now.get(row.bar)
    return "" if sheet is None else sheet.data


def _orders(row: Sealed, now: Mapping[int, OrderSheet]) -> str:
    sheet = now.get(row.bar)
    return "" if sheet is None else digest(orders_text(sheet))


def _restated(data: Sealed, other: Sealed | None, bars: Sequence[str]) -> Difference:
    more = len(bars) - NAMED
    named = "; ".join(bars[:NAMED]) + (f"; and {more} more bars" if more > 0 else "")
    what = named or "which bars is not known: their old values were not kept"
    orders = (
        f"the orders sealed after {other.time} would be others now"
        if other is not None
        else "no sealed order would be another one"
    )
    first = bars[0].partition(": ")[0] if bars else data.time
    message = f"the data of the past was restated ({what}); {orders}"
    return Difference(first, "data", orders=other is not None, message=message)


def _cause(row: Sealed, made: tuple[str, Provenance]) -> Cause:
    settings, provenance = made
    if row.made_of != settings:
        return "settings"
    if row.engine != provenance.engine:
        return "engine"
    return "image" if row.image != provenance.image else "chance"
