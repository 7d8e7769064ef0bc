"""Words for what differs: the same from both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.protocol.messages import Leak
from components.sandbox.guest.lookahead.differences import shown, shown_pair

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from components.protocol.messages import Op

    OfValue = Literal["indicator", "chance", "draws", "lookback"]
    Kind = Literal["behaviour", "undetermined", "chance", "draws", "lookback-orders"]
    Asked = Mapping[int, list[Op]]


def of_value(name: str, bar: int, seen: Any, known: Any, kind: OfValue = "indicator") -> Leak:
    """An indicator that is `seen` at a bar with all data at hand, and otherwise `known`."""
    return Leak(name, kind, bar, *shown_pair(seen, known), certain=True)


def of_orders(kind: Kind, bar: int, orders: tuple[Asked, Asked], names: str = "") -> Leak:
    """Other orders at a bar: with all data at hand, and otherwise; `names` of what may be why."""
    seen, known = orders
    return Leak(names, kind, bar, shown(seen, bar), shown(known, bar), certain=True)
