"""What a backtest says over the wire; both ends decode exactly these types.

Every frame of the host carries a fresh nonce, and the answer must echo it: answers can't be
written ahead. Prices and sizes are floats, orders and trades are named by their position in the
broker's own lists, which are equal on both ends because both run the same deterministic broker.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from algoops.exchange.broker import Account  # noqa: TC001  # msgspec reads it


class Column(msgspec.Struct, frozen=True, array_like=True):
    """One column of the market data: its name and numpy dtype ("<f8", "<i8")."""

    name: str
    dtype: str


class Listing(msgspec.Struct, frozen=True, array_like=True):
    """One symbol of several: as the fields of the same names of `Spec`."""

    symbol: str
    columns: tuple[Column, ...]
    index_name: str | None
    pip: float


class Spec(msgspec.Struct, frozen=True):
    """A backtest's arguments (`GuestJob.spec`).

    Attributes:
        name: the definition's name, to choose among several classes.
        rules: rule program (JSON text) of a definition without code, else "".
        mode: streamed | whole (audited: the data comes first) | walk (bars come in portions).
        columns: market data columns in order.
        index_dtype: numpy dtype of the index ("<M8[us]"); `zone`: its time zone or "".
        lookback: bars that an indicator may look back, or None.
        pip: smallest price change, as the package computes it: the instrument's, not a bar's.
        delay: bars by which the strategy sees each bar later than its orders are worked on.
        listings: of a portfolio its symbols; `columns`, `index_name` and `pip` are then theirs, a
            bar is a `MarketMoment`, and an order an `OfSymbol`.
    """

    name: str
    rules: str
    parameters: dict[str, float | int | bool | str]
    account: Account
    mode: Literal["streamed", "whole", "walk"]
    columns: tuple[Column, ...]
    index_dtype: str
    index_name: str | None
    zone: str
    lookback: int | None
    pip: float
    delay: int = 0
    listings: tuple[Listing, ...] = ()


# --- host to guest -----------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Load the strategy, then say so."""

    nonce: int


class Decided(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What finer bars tell of one trade in a bar that has ended: see `undecided.Question`."""

    long: bool
    entered: float | None
    stop: float | None
    target: float | None
    answer: Literal["stop", "target", "wait"]


class Bar(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """One bar: `time` as the index's integer, `values` in column order.

    `told`: answers to what the bar leaves open about the strategy's trades.
    """

    nonce: int
    time: int
    values: list[float | int]
    told: list[Decided] = []


class BarBlock(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Many bars at once: raw little-endian arrays, one a column; not when streamed."""

    nonce: int
    times: bytes
    columns: list[bytes]


class RunWhole(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Run on the bars that are there, as if there were no more, and send the orders.

    `replay`: the author's exception in next() is a part of the answer, not the job's end.
    """

    nonce: int
    replay: bool = False


class Diagnose(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """All orders of a streamed run are in: look for what differs with all data at hand.

    `cuts`: bars at which a run with a declared lookback is compared with the full history.
    """

    nonce: int
    cuts: list[int]


class End(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Nothing more is wanted."""

    nonce: int


class Step(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Walk: trade on the bars since the last step, from `start` on, with none later at hand."""

    nonce: int
    start: int


class Values(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Send the newest values that the declared indicators had at `bar`."""

    nonce: int
    bar: int


class Suspects(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """All data is there: name what init() leaves otherwise when `bar` is the last one."""

    nonce: int
    bar: int


class MarketMoment(msgspec.Struct, frozen=True, array_like=True, tag=9, gc=False):
    """The bars of all symbols that begin at one time, as `Bar`.

    Attributes:
        symbols: the numbers of those that have one, rising; `values`: theirs.
        over: numbers of symbols whose last bar is over: they are traded no more.
        members: those of the universe from now on, where it changes; None: as before.
    """

    nonce: int
    time: int
    symbols: list[int]
    values: list[list[float | int]]
    over: list[int] = []
    members: list[int] | None = None


class SymbolBlock(msgspec.Struct, frozen=True, array_like=True):
    """Many bars of one symbol, as `BarBlock`; `places`: each bar's moment in the block, <i4."""

    places: bytes
    times: bytes
    columns: list[bytes]


class MomentBlock(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """Many moments at once; not when streamed.

    Attributes:
        moments: how many.
        symbols: a block for each.
        over: (moment in the block, symbol), `members`: (moment in the block, symbols): see
            `MarketMoment`.
    """

    nonce: int
    moments: int
    symbols: list[SymbolBlock]
    over: list[tuple[int, int]]
    members: list[tuple[int, list[int]]] = []


Request = (
    Hello
    | Bar
    | BarBlock
    | RunWhole
    | Diagnose
    | End
    | Step
    | Values
    | Suspects
    | MarketMoment
    | MomentBlock
)


# --- guest to host -----------------------------------------------------------------------------


class PlaceOrder(msgspec.Struct, frozen=True, array_like=True, tag=0, gc=False):
    """`buy` or `sell`: a signed size (a fraction of equity when below 1) and prices."""

    size: float
    limit: float | None
    stop: float | None
    sl: float | None
    tp: float | None
    tag: str | None


class CancelOrder(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Cancel the waiting order at this position of the queue."""

    order: int


class Close(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """Close a portion of the trade at this position of the open (or settled) trades."""

    trade: int
    settled: bool
    portion: float


class Protect(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Set or clear (None) a trade's stop-loss or take-profit."""

    trade: int
    settled: bool
    kind: Literal["sl", "tp"]
    price: float | None


BookOp = PlaceOrder | CancelOrder | Close | Protect
"""What is asked for of one book: that of the only symbol, or (`OfSymbol`) of one of several."""


class OfSymbol(msgspec.Struct, frozen=True, array_like=True, tag=4, gc=False):
    """Of several symbols: what is asked for of the one with this number."""

    symbol: int
    op: BookOp


class Weights(msgspec.Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Of several symbols: shares of the equity, by number, to be traded to at the next open."""

    symbols: list[int]
    weights: list[float]


Op = BookOp | OfSymbol | Weights


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The answer to one frame.

    Attributes:
        live: the strategy trades from this bar on (or from an earlier one).
        first: orders made in init(), sent once with the first live bar, before the bar is
            processed by the broker.
        ops: what the strategy did in this bar's next().
    """

    nonce: int
    live: bool
    first: list[Op]
    ops: list[Op]


class WholeRun(msgspec.Struct, frozen=True, array_like=True):
    """Audited mode: one frame of orders, by bar.

    Attributes:
        start: first bar on which the strategy trades; of a walk: as far as its bars tell, else 0.
        first: orders made in init().
        bars: indices with orders, ascending over all frames; `ops` has one list for each.
        more: another frame follows.
        raised: of a walk or replay: the author's exception that ended it.
        ended: the bar at which it was raised.
        drawn: names the state of the global random generators after init().
    """

    nonce: int
    start: int
    first: list[Op]
    bars: list[int]
    ops: list[list[Op]]
    more: bool
    raised: str = ""
    ended: int = 0
    drawn: str = ""


class Newest(msgspec.Struct, frozen=True, array_like=True):
    """The answer to `Values`: by series (a row of an indicator) its name and its last values.

    `tails`: numbers as <f8, or words of what is no number; `more`: another frame follows.
    """

    nonce: int
    names: list[str]
    tails: list[bytes | list[str]]
    more: bool = False


class Named(msgspec.Struct, frozen=True, array_like=True):
    """The answer to `Suspects`: places that differ; `exact`: no rounding may explain it."""

    nonce: int
    names: str
    exact: bool


class Leak(msgspec.Struct, frozen=True, array_like=True):
    """One look into the future.

    Attributes:
        name: the indicator's attribute, "" for the run as a whole.
        bar: first bar at which it shows; -1: not known.
        seen: value with all data at hand; known: value from the bars up to then. Of a lookback:
            value from all bars up to then, and from the declared number of them.
        certain: False where rounding may explain it; of a lookback: where `least` was not tried
            at every bar.
        least: of a lookback: the smallest one that would do; 0: none below the data's length.
    """

    name: str
    kind: Literal[
        "indicator",
        "behaviour",
        "late",
        "undetermined",
        "chance",
        "draws",
        "lookback",
        "lookback-orders",
    ]
    bar: int
    seen: str
    known: str
    certain: bool
    least: int = 0


class Diagnosis(msgspec.Struct, frozen=True, array_like=True):
    """What the look for future bars found.

    `compared`: how many series were compared, `bars`: at how many bars.
    """

    nonce: int
    compared: int
    bars: int
    leaks: list[Leak]


request_decoder = msgspec.msgpack.Decoder(Request)
encoder = msgspec.msgpack.Encoder()
