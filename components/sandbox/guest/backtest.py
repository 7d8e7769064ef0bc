"""The guest's side of a backtest: answers the host's frames until it says that it is enough."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from backtesting._util import _Data

from . import indicators, lean, loading, recorder
from .lookahead import Inspection, late
from .market import GrowingData, Tape
from .messages import (
    Account,
    Bar,
    Bars,
    Column,
    Diagnose,
    Diagnosis,
    End,
    Hello,
    Leak,
    Op,
    Reply,
    RunWhole,
    Spec,
    WholeRun,
    encoder,
    request_decoder,
)
from .stream import Stream
from .trial import Randomness, Trial, made_up, quiet
from .whole import Whole, run_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Protocol

    from backtesting import Strategy

    class Channel(Protocol):
        """Frames to and from the host."""

        def send(self, frame: bytes) -> None:
            """Send one frame."""

        def receive(self) -> bytes:
            """Wait for the next frame."""


_OF_THE_PACKAGE = r"backtesting\."
ORDERS_A_FRAME = 4_000
"""Orders of a whole run that go into one frame, so that it stays below the cap."""


def run(channel: Channel, folder: Path, spec: bytes) -> None:
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
    tape = made_up(spec)
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
    def __init__(self, channel: Channel, folder: Path, spec: Spec) -> None:
        self._channel = channel
        self._folder = folder
        self._spec = spec
        self._declarations = indicators.Declarations()
        indicators.install(self._declarations)
        recorder.install()
        loading.shim_sample_data()
        loading.make_trailing_causal()
        self._tape = Tape(spec)
        self._random = Randomness()
        self._stream: Stream | None = None
        self._whole: Whole | None = None

    def answer(self) -> bool:
        """Answer one frame; False when the host wants no more."""
        request = request_decoder.decode(self._channel.receive())
        match request:
            case Bar(nonce, time, values):
                self._send(self._bar(nonce, time, values))
            case Hello(nonce):
                self._hello()
                self._send(Reply(nonce, live=False, first=[], ops=[]))
            case Bars(nonce, times, columns):
                self._take(times, columns)
                self._send(Reply(nonce, live=False, first=[], ops=[]))
            case RunWhole(nonce):
                self._run_whole(nonce)
            case Diagnose(nonce, cuts, replays):
                self._send(self._diagnose(nonce, cuts, replays))
            case End():
                return False
        return True

    def _send(self, message: msgspec.Struct) -> None:
        self._channel.send(encoder.encode(message))

    def _load(self) -> type[Strategy]:
        kind: type[Strategy] = loading.load(self._folder, self._spec.name, self._spec.rules)
        return kind

    def _hello(self) -> None:
        self._kind = self._load()
        if self._spec.mode == "streamed":
            self._stream = Stream(
                self._kind, self._spec, self._tape, self._declarations, str(self._folder)
            )
            self._stream.rehearse()

    def _bar(self, nonce: int, time: int, values: list[float | int]) -> Reply:
        assert self._stream is not None  # noqa: S101  # the host greets first
        self._tape.append(time, values)
        first, ops = self._stream.step()
        return Reply(nonce, live=self._stream.live, first=first, ops=ops)

    def _take(self, times: bytes, columns: list[bytes]) -> None:
        self._tape.extend(
            np.frombuffer(times, "<i8"),
            [
                np.frombuffer(raw, column.dtype)
                for raw, column in zip(columns, self._spec.columns, strict=True)
            ],
        )

    def _run_whole(self, nonce: int) -> None:
        run = run_whole(self._kind, self._spec, self._tape, self._tape.length, self._declarations)
        if run.raised is not None:
            raise run.raised
        self._whole = run
        frames = list(_portions(run.ops)) or [[]]
        for number, bars in enumerate(frames, start=1):
            ops = [run.ops[bar] for bar in bars]
            more = number < len(frames)
            self._send(WholeRun(nonce, run.start, run.first, bars, ops, more))

    def _diagnose(self, nonce: int, cuts: list[int], replays: list[int]) -> Diagnosis:
        inspection = Inspection(
            self._load_anew,
            self._trial,
            self._spec,
            self._tape,
            self._declarations,
            str(self._folder),
        )
        try:
            with quiet():
                if self._stream is not None:
                    leaks = self._inspect_stream(inspection, self._stream, cuts)
                else:
                    leaks = self._inspect_whole(inspection, cuts, replays)
        except Exception as error:  # noqa: BLE001  # the author's code fails on more or fewer bars
            text = f"{type(error).__name__}: {error}"[:200]
            leaks = [Leak("", "undetermined", -1, text, "", certain=False)]
        return Diagnosis(nonce, inspection.compared, leaks)

    def _load_anew(self) -> type[Strategy]:
        self._random.begin()
        return self._load()

    def _trial(self, kind: type[Strategy]) -> Trial:
        spec = msgspec.structs.replace(self._spec, lookback=None)
        return Trial(kind, spec, self._tape, self._declarations)

    def _inspect_stream(
        self, inspection: Inspection, stream: Stream, cuts: list[int]
    ) -> list[Leak]:
        full = inspection.run(self._tape.length)
        if self._spec.lookback is not None:
            return inspection.by_cuts(full, cuts)
        leaks = inspection.by_history(full, stream.history) or late(full, stream.refusal)
        return leaks or inspection.by_behaviour(full, stream.ops, self._tape.length)

    def _inspect_whole(
        self, inspection: Inspection, cuts: list[int], replays: list[int]
    ) -> list[Leak]:
        assert self._whole is not None  # noqa: S101  # the host diagnoses what has run
        leaks = (
            inspection.by_cuts(self._whole, cuts)
            or inspection.by_start(self._whole, cuts)
            or inspection.by_blinkers(self._whole, cuts)
        )
        for bar in replays:
            if leaks:
                break
            if bar < self._whole.start:
                continue
            prefix = inspection.run(bar + 1)
            leaks = inspection.by_behaviour(self._whole, prefix.ops, bar + 1)
        return leaks


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
