"""What a strategy wants after a bar: the orders that wait then, its position and its equity."""

from collections.abc import Mapping
from typing import Literal

from components.schema.results.base import Value


class WantedOrder(Value):
    """One order that waits for the next bar. Sizes in units of the asset, above zero.

    Attributes:
        symbol: of a portfolio's order; "" where the sheet is of one symbol.
        target: where a portfolio asked for a weight: the share of its equity that the symbol comes
            to; `size` is then what that takes at the last close, and the next open decides.
        share: where the strategy asked for a share of its free money: which one (0 to 1); `size`
            is then what that comes to at the last close, and the next open decides.
        kind: market, limit, stop or stop_limit; market_on_close: at the close of the bar itself.
        purpose: opens a position, closes one, or protects an open one.
        limit, stop: its prices; `sl`, `tp`: where it is to be protected once it is filled.
    """

    side: Literal["buy", "sell"]
    size: float
    share: float | None = None
    kind: Literal["market", "market_on_close", "limit", "stop", "stop_limit"]
    purpose: Literal["open", "close", "stop_loss", "take_profit"]
    limit: float | None = None
    stop: float | None = None
    sl: float | None = None
    tp: float | None = None
    tag: str | None = None
    symbol: str = ""
    target: float | None = None


class PaperFill(Value):
    """What one bar filled on the backtest's account: a part of a trade that begins or ends.

    Attributes:
        time: of the bar whose price it has, as the data has it (ISO).
        size: in units of the asset, above zero.
        price: with the slippage of the backtest; `quoted`: the same without it.
        fee: commission, in account currency.
        opens: whether a trade begins; only those pay slippage.
        symbol: of a portfolio's; "" where the sheet is of one symbol.
    """

    time: str
    side: Literal["buy", "sell"]
    size: float
    price: float
    quoted: float
    fee: float
    opens: bool
    symbol: str = ""


class OrderSheet(Value):
    """All that a strategy wants after one bar.

    Attributes:
        time: of the bar, as the data has it (ISO).
        at: the same in nanoseconds since 1970, UTC.
        prices: the bar's own columns.
        data: SHA-256 (hex) of all bars up to and with this one.
        fills: what was filled since the bar before.
        position: signed, in units of the asset; 0 of a portfolio.
        positions: of a portfolio those that are not zero, by symbol.
        equity: at the bar's close, in account currency.
        asked: SHA-256 (hex) of all that the strategy asked for up to and with this bar.
    """

    time: str
    at: int
    prices: Mapping[str, float | None]
    data: str
    orders: tuple[WantedOrder, ...] = ()
    fills: tuple[PaperFill, ...] = ()
    position: float = 0.0
    equity: float = 0.0
    positions: Mapping[str, float] = {}
    asked: str = ""


class BrokerFill(Value):
    """What a broker filled, as it tells it.

    Attributes:
        at: when, in nanoseconds since 1970 (UTC); `time`: the same as the broker wrote it.
        size: in units of the asset, above zero.
        price: of one unit; `fee`: of the whole fill, in account currency.
        order_id: the broker's, "" where it is not known.
    """

    symbol: str
    at: int
    time: str
    side: Literal["buy", "sell"]
    size: float
    price: float
    fee: float
    order_id: str = ""
