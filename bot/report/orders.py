"""PURE: order sheets in words, for the terminal, notes and pages."""

from collections.abc import Mapping
from typing import Any

from components.texts import number_words

Sheet = Mapping[str, Any]
KINDS = {
    "market": "at the next open",
    "market_on_close": "at this bar's close",
    "limit": "limit",
    "stop": "stop",
    "stop_limit": "stop",
}
PURPOSES = {"open": "", "close": "close", "stop_loss": "stop-loss", "take_profit": "take-profit"}


def order_lines(sheet: Sheet) -> list[str]:
    """One order sheet: what it is of, then each order, or why there are none."""
    market = " ".join(word for word in (sheet["symbol"], sheet["interval"]) if word)
    title = f"{sheet['strategy']} {sheet['version']}{f' on {market}' if market else ''}"
    if sheet["reason"]:
        lines = [f"{title}: no orders, because {sheet['reason']}"]
    else:
        state = f"position {number_words(sheet['position'])}, equity {sheet['equity']:,.2f}"
        lines = [f"{title}, after the bar of {sheet['bar']}: {state}"]
        lines += [f"  {order_words(order)}" for order in sheet["orders"]] or ["  no orders"]
    if sheet["integrity"]:
        lines.append(f"  not as sealed: {sheet['integrity']['message']}")
    return lines


def order_words(order: Mapping[str, Any]) -> str:
    """One order in a line: side, size, kind with its prices, purpose, protection."""
    words = [order["side"], number_words(order["size"])]
    if order["share"] is not None:
        words.append(f"({order['share'] * 100:g} % of the free money)")
    words.append(KINDS[order["kind"]])
    if order["kind"].startswith("stop"):
        words.append(number_words(order["stop"]))
    if order["kind"] == "stop_limit":
        words.append("limit")
    if order["kind"].endswith("limit"):
        words.append(number_words(order["limit"]))
    if PURPOSES[order["purpose"]]:
        words.append(f"({PURPOSES[order['purpose']]})")
    words += [f"{n} {number_words(order[n])}" for n in ("sl", "tp") if order[n] is not None]
    return " ".join(words)
