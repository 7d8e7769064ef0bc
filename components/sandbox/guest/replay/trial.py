"""Runs the author's init(): on the bars so far, without effects that a second run would double."""

from __future__ import annotations

import dis
import hashlib
import io
import random
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from components.sandbox.guest.replay.declared import first_valid, silent
from components.sandbox.guest.runtime.preparing import PrepareError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtesting import Strategy

    from components.protocol.messages import Spec
    from components.sandbox.guest.replay.indicators import Declarations
    from components.sandbox.guest.replay.market import AnyTape

_RAISE = dis.opmap["RAISE_VARARGS"]
FEW_BARS = 20
"""After so many bars an init() that failed in rehearsal with the same words is broken."""

PATIENCE_BARS = 300
"""After so many bars an init() that failed in rehearsal in any way is broken."""


@dataclass(frozen=True)
class TooFewBars:
    """An init() that did not want so few bars: `bars` of them, and its words."""

    bars: int
    words: str


class Trial:
    """Fresh instances of a strategy on a tape's first bars.

    Attributes:
        silent: indicators that have no value even after thousands of made-up bars (arrays
            declared to be written to); the start of trading does not wait for them.
        data: what the fresh instances see.
        refusal: the last time that init() itself said no, by `raise` or `assert`.
    """

    def __init__(
        self, kind: type[Strategy], spec: Spec, tape: AnyTape, declarations: Declarations
    ) -> None:
        self._kind = kind
        self._spec = spec
        self._declarations = declarations
        self.data = tape.view(spec.lookback)
        self._broker = tape.idle(self.data, spec.account)
        self._made_up = tape.made_up
        self._random = Randomness()
        self._failed: Exception | None = None
        self.silent: frozenset[str] = frozenset()
        self.refusal: TooFewBars | None = None

    def rehearse(self) -> None:
        """Run init() on made-up bars, to learn what no short prefix can tell."""
        tape = self._made_up(self._spec)
        try:
            self.silent = silent(self._evaluate(tape.view(), tape.length))
        except Exception as error:  # noqa: BLE001  # the author's init may need real bars: see cold()
            self._failed = error

    def fresh(self, length: int) -> Strategy:
        """A fresh instance after init() on the first `length` bars."""
        return self._evaluate(self.data, length)

    def cold(self, length: int) -> tuple[Strategy | None, int | None]:
        """As `fresh`, before trading starts: (instance, first bar with all indicators).

        An init() that can't work on so few bars counts as not warm yet.

        Raises:
            Exception: the author's, when it failed in rehearsal too and still does.
        """
        try:
            instance = self._evaluate(self.data, length)
        except Exception as error:
            if self._is_broken(error, length):
                raise
            if _is_deliberate(error):
                self.refusal = TooFewBars(length, f"{type(error).__name__}: {error}"[:200])
            return None, None
        first = first_valid(instance, self.silent)
        return instance, None if first is None else self.data.first + first

    def _is_broken(self, error: Exception, length: int) -> bool:
        """Whether init() fails whatever the bars are, not for their number."""
        if isinstance(error, PrepareError):
            return True
        if self._failed is None:
            return False
        same = type(error) is type(self._failed) and str(error) == str(self._failed)
        return length >= (FEW_BARS if same else PATIENCE_BARS)

    def living(self, broker: Any, data: Any) -> Strategy:
        """The instance that will trade: the package's full `I`, output and randomness included."""
        self._random.begin()
        self._declarations.begin(lean=False)
        instance = self._kind(broker, data, dict(self._spec.parameters))
        instance.init()
        data._update()  # noqa: SLF001  # as the package does after init()
        return instance

    def _evaluate(self, data: Any, length: int) -> Strategy:
        data.show(length)
        broker = self._broker.on(data)
        self._declarations.begin(lean=True)
        before, stdout = self._random.leave(), sys.stdout
        sys.stdout = _NOWHERE
        try:
            instance = self._kind(broker, data, dict(self._spec.parameters))
            instance.init()
        finally:
            sys.stdout = stdout
            self._random.come_back(before)
        data._update()  # noqa: SLF001  # as the package does after init()
        broker.forget()
        return instance


def _is_deliberate(error: Exception) -> bool:
    """Whether a `raise` or `assert` made it, not something that was not there."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


class Randomness:
    """Gives every init() the same random numbers, and next() a stream of its own.

    Starts from the state of the global generators at its construction.
    """

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy: Any = np.random.get_state()  # noqa: NPY002  # authors use the global generator
        self._used: bool | None = None

    def begin(self) -> None:
        """Back to the start."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002  # as above

    def leave(self) -> tuple[Any, Any] | None:
        """Go to the first init()'s numbers; where to come back to (None: nobody draws any)."""
        if self._used is False:
            return None
        before = random.getstate(), np.random.get_state()  # noqa: NPY002  # as above
        self.begin()
        return before

    def come_back(self, before: tuple[Any, Any] | None) -> None:
        """Put the stream back to where it was left."""
        if before is None:
            return
        if self._used is None:
            self._used = not self._untouched()
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002  # as above

    def _untouched(self) -> bool:
        state: Any = np.random.get_state()  # noqa: NPY002  # as above
        same = random.getstate() == self._python and state[2:] == self._numpy[2:]
        return same and bool((state[1] == self._numpy[1]).all())


def drawn() -> str:
    """Names the state of the global generators: equal names, equal numbers from here on."""
    _kind, keys, *place = np.random.get_state()  # noqa: NPY002  # as above
    digest = hashlib.sha256(repr((random.getstate(), place)).encode())
    digest.update(np.asarray(keys).tobytes())
    return digest.hexdigest()[:16]


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


_NOWHERE = _Nowhere()


@contextmanager
def quiet() -> Iterator[None]:
    """What the author prints is printed once, by the instance that trades in the scored run."""
    kept = sys.stdout
    sys.stdout = _NOWHERE
    try:
        yield
    finally:
        sys.stdout = kept
