"""The guest's side of a backtest: answers the host's frames until it says that it is enough."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from backtesting._util import _Data

from algoops.exchange.broker import Account
from components.protocol.messages import (
    Bar,
    BarBlock,
    Column,
    Diagnose,
    Diagnosis,
    End,
    Hello,
    Leak,
    MarketMoment,
    MomentBlock,
    Named,
    Newest,
    Op,
    Reply,
    RunWhole,
    Spec,
    Step,
    Suspects,
    Values,
    WholeRun,
    encoder,
    request_decoder,
)
from components.sandbox.guest.lookahead.differences import shown_value
from components.sandbox.guest.lookahead.search import Inspection
from components.sandbox.guest.lookahead.suspects import suspects
from components.sandbox.guest.replay import indicators, lean, portfolio, recorder
from components.sandbox.guest.replay.market import GrowingData, Tape
from components.sandbox.guest.replay.portfolio import Tapes
from components.sandbox.guest.replay.source import Source
from components.sandbox.guest.replay.stream import Stream
from components.sandbox.guest.replay.trial import drawn, quiet
from components.sandbox.guest.replay.walk import Portion, Walk
from components.sandbox.guest.replay.whole import Whole, run_whole
from components.sandbox.guest.runtime import assets, loading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any, Protocol

    from components.protocol.messages import Request
    from components.sandbox.guest.replay.market import AnyTape

    class FrameChannel(Protocol):
        """Frames to and from the host."""

        def send(self, frame: bytes) -> None:
            """Send one frame."""

        def receive(self) -> bytes:
            """Wait for the next frame."""


_OF_THE_PACKAGE = r"backtesting\."
ORDERS_A_FRAME = 4_000
"""Orders of a whole run that go into one frame, so that it stays below the cap."""

SERIES_A_FRAME = 1_000
"""Series whose newest values go into one frame, so that it stays below the cap."""

TAIL_BARS = 32
"""Values of an indicator that are compared at a bar: it may change those before it too."""


def run(channel: FrameChannel, folder: Path, spec: bytes) -> None:
    """Serve one backtest.

    Args:
        channel: where the host's frames come from and the answers go to.
        folder: the author's files.
        spec: `messages.Spec`, msgpack.

    Raises:
        Exception: whatever the author's code raises; the host is told by the caller.
    """
    warnings.filterwarnings("ignore", module=_OF_THE_PACKAGE)
    guest = _Guest(channel, folder, msgspec.msgpack.decode(spec, type=Spec))
    try:
        while guest.answer():
            pass
    except SystemExit as error:
        raise StrategyExited("the strategy ended its process (SystemExit)") from error


def warm_up() -> None:
    """Do once what is slow only the first time, so that no job pays for it."""
    re.compile(_OF_THE_PACKAGE)
    columns = tuple(Column(name, "<f8") for name in ("Open", "High", "Low", "Close", "Volume"))
    account = Account(
        cash=1e4,
        spread=0.0,
        commission_fixed=0.0,
        commission_pct=0.0,
        margin=1.0,
        trade_on_close=False,
        hedging=False,
        exclusive_orders=False,
    )
    spec = Spec("", "", {}, account, "streamed", columns, "<M8[us]", None, "", None, 0.01)
    spec = msgspec.msgpack.decode(encoder.encode(spec), type=Spec)
    tape = Tape(spec).made_up(spec)
    lean.install()
    frame = tape.frame(0, tape.length)
    frame["Close"].rolling(5).mean()
    _Data(frame).Close.s.ewm(span=3).mean()
    data = GrowingData(tape)
    data.show(10)
    data.Close.s.to_numpy()
    request_decoder.decode(encoder.encode(Bar(1, 0, [1.0])))
    loading.made_up_sample()
    loading.note_modules()


class StrategyExited(Exception):
    """The author's code called `sys.exit` or its like."""

    __module__ = "builtins"  # a traceback names it without our package


class _Guest:
    def __init__(self, channel: FrameChannel, folder: Path, spec: Spec) -> None:
        self._channel = channel
        self._spec = spec
        self._declarations = indicators.Declarations()
        indicators.install(self._declarations)
        recorder.install()
        loading.shim_sample_data()
        loading.make_trailing_causal()
        assets.install(folder)
        portfolio.install()
        self._tape: AnyTape = Tapes(spec) if spec.listings else Tape(spec)
        self._source = Source(folder, spec, self._tape, self._declarations)
        self._stream: Stream | None = None
        self._walk: Walk | None = None
        self._shown: Whole | Portion = Portion()

    def answer(self) -> bool:
        """Answer one frame; False when the host wants no more."""
        request = request_decoder.decode(self._channel.receive())
        match request:
            case Bar() | MarketMoment():
                self._send(self._bar(request))
            case Hello(nonce):
                self._hello()
                self._send(Reply(nonce, live=False, first=[], ops=[]))
            case BarBlock() | MomentBlock():
                self._tape.take_block(request)
                self._send(Reply(request.nonce, live=False, first=[], ops=[]))
            case End():
                return False
            case _:
                self._answer_at_length(request)
        return True

    def _answer_at_length(self, request: Request) -> None:
        match request:
            case RunWhole(nonce, replay):
                self._run_whole(nonce, replay=replay)
            case Step(nonce, start):
                self._step(nonce, start)
            case Values(nonce, bar):
                for part in _newest(nonce, self._shown, bar):
                    self._send(part)
            case Suspects(nonce, bar):
                self._send(Named(nonce, *suspects(self._source, bar)))
            case Diagnose(nonce, cuts):
                self._send(self._diagnose(nonce, cuts))

    def _send(self, message: msgspec.Struct) -> None:
        self._channel.send(encoder.encode(message))

    def _hello(self) -> None:
        self._kind = self._source.load()
        folder = self._source.folder
        if self._spec.mode == "streamed":
            self._stream = Stream(self._kind, self._spec, self._tape, self._declarations, folder)
            self._stream.rehearse()
        elif self._spec.mode == "walk":
            trial = self._source.trial(self._kind)
            self._walk = Walk(trial, self._spec, self._tape, folder)

    def _bar(self, bar: Bar | MarketMoment) -> Reply:
        assert self._stream is not None  # noqa: S101  # the host greets first
        self._tape.take(bar)
        first, ops = self._stream.step()
        return Reply(bar.nonce, live=self._stream.live, first=first, ops=ops)

    def _run_whole(self, nonce: int, *, replay: bool) -> None:
        run = run_whole(self._kind, self._spec, self._tape, self._tape.length, self._declarations)
        if run.raised is not None and not replay:
            raise run.raised
        self._shown = run
        self._send_orders(nonce, run, run.drawn)

    def _step(self, nonce: int, start: int) -> None:
        assert self._walk is not None  # noqa: S101  # the host greets first
        self._shown = portion = self._walk.step(start, self._tape.length)
        self._send_orders(nonce, portion, drawn())

    def _send_orders(self, nonce: int, run: Whole | Portion, state: str) -> None:
        raised = "" if run.raised is None else f"{type(run.raised).__name__}: {run.raised}"[:200]
        frames = list(_portions(run.ops)) or [[]]
        for number, bars in enumerate(frames, start=1):
            ops = [run.ops[bar] for bar in bars]
            more = number < len(frames)
            self._send(
                WholeRun(nonce, run.start, run.first, bars, ops, more, raised, run.ended, state)
            )

    def _diagnose(self, nonce: int, cuts: list[int]) -> Diagnosis:
        assert self._stream is not None  # noqa: S101  # only what was streamed is looked at here
        inspection = Inspection(self._source, self._stream)
        try:
            with quiet():
                leaks = inspection.look(cuts)
        except Exception as error:  # noqa: BLE001  # the author's code fails on more or fewer bars
            text = f"{type(error).__name__}: {error}"[:200]
            leaks = [Leak("", "undetermined", -1, text, "", certain=False)]
        return Diagnosis(nonce, inspection.compared, len(self._stream.history.bars), leaks)


def _newest(nonce: int, run: Whole | Portion, bar: int) -> Iterator[Newest]:
    """The last values that each series (row of an indicator) has up to a bar."""
    names: list[str] = []
    tails: list[bytes | list[str]] = []
    for name, series in zip(run.names, run.series, strict=False):
        part = series[..., max(0, bar + 1 - TAIL_BARS) : bar + 1]
        for row in part if part.ndim > 1 else [part]:
            names.append(name)
            tails.append(_plain(row))
        if len(names) >= SERIES_A_FRAME:
            yield Newest(nonce, names, tails, more=True)
            names, tails = [], []
    yield Newest(nonce, names, tails)


def _plain(values: Any) -> bytes | list[str]:
    if values.dtype.kind in "fiub":
        return np.asarray(values, "<f8").tobytes()
    return [shown_value(value) for value in values]


def _portions(ops: Mapping[int, Sequence[Op]]) -> Iterator[list[int]]:
    """Bars with orders, in order, a frame's worth at a time."""
    portion: list[int] = []
    count = 0
    for bar in sorted(ops):
        if portion and count + len(ops[bar]) > ORDERS_A_FRAME:
            yield portion
            portion, count = [], 0
        portion.append(bar)
        count += len(ops[bar])
    if portion:
        yield portion
