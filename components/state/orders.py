"""What is told of a deployed strategy's orders: one document for all who ask or are sent it."""

import json
from typing import TYPE_CHECKING, Any

from components.state.tables.forward import OrderState, Sealed

if TYPE_CHECKING:
    from components.state.store import Store

ACCEPT = "forward.accept"
"""Begins keys of `meta`: somebody takes the data of a strategy as it is, and why."""

WORKED_OUT = "its orders are being worked out"


def accept_key(repository: str, name: str) -> str:
    """Key of `meta`: the reason why the data of a strategy is taken as it is."""
    return f"{ACCEPT}:{repository}:{name}"


def late_words(due: str, symbols: str = "") -> str:
    """Why orders do not hold any more: the next bar should have been there by then."""
    whose = f" of {symbols}" if symbols else ""
    return f"the data{whose} is late: the next bar should have been there by {due}"


def sheets(store: "Store", repository: str, name: str) -> list[dict[str, Any]]:
    """The order sheets of a strategy, one a symbol, or one of a portfolio; empty: not deployed."""
    landed = store.deployments.current(repository, name)
    if landed is None:
        return []
    found = [
        one for one in store.forward.all_standing(repository, name) if one.deployment == landed.id
    ]
    if not found:
        found = [OrderState(repository, name, "", "", landed.id, landed.version, reason=WORKED_OUT)]
    return [sheet_document(store, one) for one in found]


def sheet_document(store: "Store", standing: OrderState) -> dict[str, Any]:
    """One order sheet as JSON: orders, or why there are none; never those of an older bar."""
    reason = standing.reason
    if not reason and standing.late_at and standing.late_at < store.now():
        reason = late_words(standing.late_at)
    last = store.forward.last(standing.track) if standing.track else None
    held = last if not reason else None
    positions = _positions(standing, held) if held is not None else {}
    alone = len(standing.symbols) < 2  # noqa: PLR2004  # several have no one position
    return {
        "repository": standing.repository,
        "strategy": standing.name,
        "version": standing.version,
        "symbol": standing.symbol,
        "symbols": list(standing.symbols) or [standing.symbol],
        "interval": standing.interval,
        "number": standing.number,
        "reason": reason,
        "bar": last.time if last is not None else None,
        "first_seen": last.first_seen if last is not None else None,
        "late_at": standing.late_at or None,
        "orders": _orders(standing, held) if held is not None else [],
        "orders_sha256": held.orders_sha256 if held is not None else None,
        "position": positions.get(standing.symbol, 0.0) if held is not None and alone else None,
        "positions": positions if held is not None else None,
        "equity": held.equity if held is not None else None,
        "edge": json.loads(standing.edge) if standing.edge else None,
        "data": last.data if last is not None else None,
        "integrity": json.loads(standing.integrity) if standing.integrity else None,
    }


def _orders(standing: OrderState, last: Sealed) -> list[dict[str, Any]]:
    """As sealed, each with its symbol."""
    return [
        {**order, "symbol": order.get("symbol", standing.symbol), "target": order.get("target")}
        for order in json.loads(last.orders)
    ]


def _positions(standing: OrderState, last: Sealed) -> dict[str, float]:
    """Units by symbol; those of a portfolio that are not zero."""
    if standing.symbols:
        found: dict[str, float] = json.loads(last.positions)
        return found
    return {standing.symbol: last.position}
