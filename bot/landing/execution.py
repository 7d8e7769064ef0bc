"""A broker's fills beside the sealed record, for whoever shows them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from components.engine.evidence.execution import PaperBar, execution
from components.engine.intervals import minutes
from components.errors import UserError
from components.schema.results.orders import BrokerFill, PaperFill
from components.state import Store
from components.state.tables.forward import Sealed


def executions(store: Store, repository: str, name: str) -> list[dict[str, Any]]:
    """What the imported fills of a strategy say, one document a symbol; JSON; [] without fills."""
    standing = store.forward.all_standing(repository, name)
    intervals = {symbol: o.interval for o in standing for symbol in o.symbols or (o.symbol,)}
    found = []
    for symbol, fills in store.fills.of(repository, name).items():
        records = store.forward.records(repository, name, symbol)
        bars = sorted(
            {bar.at: bar for rows in records for bar in _bars(rows, symbol)}.values(),
            key=lambda b: b.at,
        )
        said = execution(bars, fills, _end(bars, intervals.get(symbol, "")))
        found.append({"strategy": name, "symbol": symbol, "fills": len(fills), **asdict(said)})
    return found


def _bars(rows: Sequence[Sealed], symbol: str) -> list[PaperBar]:
    """The bars of one record that count; of a portfolio's those that the symbol has."""
    asked = [False, *(row.published for row in rows)]
    return [
        PaperBar(row.bar, row.time, told, tuple(_fills(row, symbol)))
        for row, told in zip(rows, asked, strict=False)
        if row.counts and (not row.positions or f"{symbol} Close" in json.loads(row.prices))
    ]


def _fills(row: Sealed, symbol: str) -> Iterator[tuple[PaperFill, float]]:
    for one in json.loads(row.fills or "[]"):
        fill = PaperFill(**one["fill"])
        if fill.symbol in ("", symbol):
            yield fill, float(one["floor"])


def _end(bars: Sequence[PaperBar], interval: str) -> int:
    """When the last bar is over; of weeks and months, by the bar before it."""
    if not bars:
        return 0
    length = minutes(interval) if interval else None
    if length is not None:
        return bars[-1].at + length * 60 * 10**9
    return 2 * bars[-1].at - bars[-2].at if len(bars) > 1 else bars[-1].at


def whose(
    store: Store, repositories: Sequence[str], fills: Sequence[tuple[str, BrokerFill]], named: str
) -> dict[tuple[str, str], list[BrokerFill]]:
    """Fills by repository and strategy.

    Args:
        store: everything.
        repositories: those that are watched.
        fills: each with the strategy that the file names, or "".
        named: strategy of all that name none; "": the only one with a record on the symbol.

    Raises:
        UserError: nobody has a record on a symbol, or several have; nothing is to be kept then.
    """
    known: dict[tuple[str, str], tuple[str, str]] = {}
    found: dict[tuple[str, str], list[BrokerFill]] = {}
    for own, fill in fills:
        asked = (own or named, fill.symbol)
        if asked not in known:
            known[asked] = _owner(store, repositories, *asked)
        found.setdefault(known[asked], []).append(fill)
    return found


def _owner(store: Store, repositories: Sequence[str], name: str, symbol: str) -> tuple[str, str]:
    traders = [one for one in store.forward.traders(symbol) if one[0] in repositories]
    if name:
        traders = [one for one in traders if one[1] == name]
    elif len(traders) > 1:
        live = {(r, d.name) for r in repositories for d in store.deployments.live(r)}
        traders = [one for one in traders if one in live] or traders
    if len(traders) == 1:
        return traders[0]
    if traders:
        names = ", ".join(one[1] for one in traders)
        raise UserError(
            f"{symbol} is traded by {names}",
            hint="say whose fills they are with --strategy, or in a column `strategy`",
        )
    who = f"{name} has no" if name else "no strategy has a"
    raise UserError(f"{who} record of orders on {symbol}")
