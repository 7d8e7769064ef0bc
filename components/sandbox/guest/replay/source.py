"""The author's code on a backtest's bars, to be loaded anew and run as often as it takes."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from components.sandbox.guest.replay.trial import Randomness, Trial
from components.sandbox.guest.replay.whole import Whole, run_whole
from components.sandbox.guest.runtime import loading

if TYPE_CHECKING:
    from pathlib import Path

    from backtesting import Strategy

    from components.protocol.messages import Spec
    from components.sandbox.guest.replay.indicators import Declarations
    from components.sandbox.guest.replay.market import AnyTape


class Source:
    """What a run is made of.

    Attributes:
        spec, tape, declarations: the backtest's.
        folder: the author's.
    """

    def __init__(self, path: Path, spec: Spec, tape: AnyTape, declarations: Declarations) -> None:
        self._path = path
        self._random = Randomness()
        self.spec = spec
        self.tape = tape
        self.declarations = declarations
        self.folder = str(path)

    def load(self, seed: int | None = None) -> type[Strategy]:
        """The author's class, its modules loaded anew, after the global generators are set.

        `seed`: start them with it; None: as at the job's start.

        Raises:
            Exception: the author's.
        """
        self._random.begin()
        if seed is not None:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002  # authors use the global generator
        kind: type[Strategy] = loading.load(
            self._path, self.spec.name, self.spec.rules, portfolio=bool(self.spec.listings)
        )
        return kind

    def on(self, tape: AnyTape) -> Source:
        """The same code, with the same random numbers, on other bars."""
        other = copy.copy(self)
        other.tape = tape
        return other

    def trial(self, kind: type[Strategy], window: int | None = None) -> Trial:
        """Fresh instances on prefixes, or on no more than `window` bars; call it after `load`."""
        spec = msgspec.structs.replace(self.spec, lookback=window)
        return Trial(kind, spec, self.tape, self.declarations)

    def run(self, length: int) -> Whole:
        """A run on the first `length` bars with everything loaded anew."""
        return run_whole(self.load(), self.spec, self.tape, length, self.declarations)
