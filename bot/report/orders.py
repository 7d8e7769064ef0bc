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
        lines = [f"{title}, after the bar of {sheet['bar']}: {_state_words(sheet)}"]
        lines += [f"  {line}" for line in orders_words(sheet)] or ["  no orders"]
    if sheet["edge"]:
        lines.append(f"  since the deploy: {edge_words(sheet['edge'])}")
    if sheet["integrity"]:
        lines.append(f"  not as sealed: {sheet['integrity']['message']}")
    return lines


def is_portfolio(sheet: Sheet) -> bool:
    """Whether a sheet is of several symbols on one account."""
    return list(sheet["symbols"]) != [sheet["symbol"]]


def orders_words(sheet: Sheet) -> list[str]:
    """Each order of a sheet in a line; of a portfolio with its symbol."""
    several = is_portfolio(sheet)
    return [
        f"{one['symbol']}: {order_words(one)}" if several else order_words(one)
        for one in sheet["orders"]
    ]


def held_words(sheet: Sheet) -> list[str]:
    """The position; of a portfolio each one that is not zero, with its symbol."""
    if not is_portfolio(sheet):
        return [] if sheet["position"] is None else [f"{sheet['position']:,g}"]
    positions = sheet["positions"] or {}
    return [f"{symbol} {size:,g}" for symbol, size in positions.items()]


def _state_words(sheet: Sheet) -> str:
    equity = f"equity {sheet['equity']:z,.2f}"
    if not is_portfolio(sheet):
        return f"position {number_words(sheet['position'])}, {equity}"
    return f"positions {', '.join(held_words(sheet)) or 'none'}, {equity}"


def edge_words(edge: Mapping[str, Any] | None) -> str:
    """What the returns since the deploy say, with the band of the backtest and the power."""
    if edge is None:
        return "no bar yet"
    bars = f"{edge['bars']} {'bar' if edge['bars'] == 1 else 'bars'}"
    words = f"{edge['return_pct']:+z,.2f} % in {bars}"
    if edge["band_pct"] is None:
        return f"{words}; its backtest is not known here"
    low, high = edge["band_pct"]
    power = f"a lost edge would be seen by now with {edge['power'] * 100:z.0f} %"
    return f"{words}, the backtest's band {low:+z,.1f} to {high:+z,.1f} %: {edge['says']} ({power})"


def order_words(order: Mapping[str, Any]) -> str:
    """One order in a line: side, size, kind with its prices, purpose, protection."""
    words = [order["side"], number_words(order["size"])]
    if order["share"] is not None:
        words.append(f"({order['share'] * 100:g} % of the free money)")
    if order["target"] is not None:
        words.append(f"(to {order['target'] * 100:.4g} % of the equity)")
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


def execution_lines(found: Mapping[str, Any], shown: int = 20) -> list[str]:
    """What a broker's fills of one symbol say, then the last trades, one a line."""
    title = f"{found['strategy']} on {found['symbol']}"
    lines = [f"{title}: {execution_words(found)}"]
    last = list(found["trades"])[-shown:] if shown else []
    lines += [f"  {trade_words(one)}" for one in last]
    return lines


def execution_words(found: Mapping[str, Any]) -> str:
    """Slippage and cost of the paired trades, and what could not be paired."""
    kinds = [one["kind"] for one in found["trades"]]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("paired", "missed", "extra")]
    told = {
        "not_asked": "of the account without published orders",
        "waiting": "wait for further bars or fills",
        "before": "from before the record",
    }
    counts += [f"{found[key]} {words}" for key, words in told.items() if found[key]]
    words = [f"{found['fills']} fills: {', '.join(counts)}"]
    if found["slippage_pct"] is not None:
        words.append(f"slippage {_estimate_words(found['slippage_pct'])}")
        cost, floor = _estimate_words(found["cost_pct"]), found["floor_pct"]
        words.append(f"cost {cost}, the policy's floors take {floor:z.3f} %: {found['says']}")
    return "; ".join(words)


def _estimate_words(found: Mapping[str, Any]) -> str:
    words = f"{found['mean']:+z.3f} %"
    if found["interval"] is None:
        return f"{words} (too few trades for an interval)"
    low, high = found["interval"]
    return f"{words} (95 %: {low:+z.3f} to {high:+z.3f})"


def trade_words(trade: Mapping[str, Any]) -> str:
    """One trade in a line: on the backtest's account, at the broker, and the difference."""
    words = [f"{trade['time']} {trade['side']}"]
    for who, key in (("paper", "paper"), ("broker", "real")):
        size, price = trade[f"{key}_size"], trade[f"{key}_price"]
        if size is not None:
            words.append(f"{who} {number_words(size)} at {number_words(price)}")
    if trade["kind"] != "paired":
        return f"{', '.join(words)}: {trade['kind']}"
    late = ", one bar late" if trade["late"] else ""
    return f"{', '.join(words)}: slippage {trade['slippage_pct']:+z.3f} %{late}"
