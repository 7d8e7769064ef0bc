"""What is told of a deployed strategy's orders: one document for all who ask or are sent it."""

import json
from typing import TYPE_CHECKING, Any

from components.state.tables.forward import OrderState

if TYPE_CHECKING:
    from components.state.store import Store

ACCEPT = "forward.accept"
"""Begins keys of `meta`: somebody takes the data of a strategy as it is, and why."""

WORKED_OUT = "its orders are being worked out"


def accept_key(repository: str, name: str) -> str:
    """Key of `meta`: the reason why the data of a strategy is taken as it is."""
    return f"{ACCEPT}:{repository}:{name}"


def late_words(due: str) -> str:
    """Why orders do not hold any more: the next bar should have been there by then."""
    return f"the data is late: the next bar should have been there by {due}"


def sheets(store: "Store", repository: str, name: str) -> list[dict[str, Any]]:
    """The order sheets of a strategy, one a symbol; empty where nothing is deployed."""
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
    holds = last is not None and not reason
    return {
        "repository": standing.repository,
        "strategy": standing.name,
        "version": standing.version,
        "symbol": standing.symbol,
        "interval": standing.interval,
        "number": standing.number,
        "reason": reason,
        "bar": last.time if last is not None else None,
        "first_seen": last.first_seen if last is not None else None,
        "late_at": standing.late_at or None,
        "orders": json.loads(last.orders) if last is not None and holds else [],
        "orders_sha256": last.orders_sha256 if last is not None and holds else None,
        "position": last.position if last is not None and holds else None,
        "equity": last.equity if last is not None and holds else None,
        "edge": json.loads(standing.edge) if standing.edge else None,
        "data": last.data if last is not None else None,
        "integrity": json.loads(standing.integrity) if standing.integrity else None,
    }
