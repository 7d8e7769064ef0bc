"""Finds what a strategy knew too early: full data against what could be known at each bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .blinkers import Blinkers
from .differences import differing, first_difference
from .indicators import first_valid
from .messages import Leak, Op
from .places import places
from .whole import Whole, run_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backtesting import Strategy

    from .indicators import Declarations
    from .market import Tape
    from .messages import Spec
    from .trial import Refusal, Trial

MAX_LEAKS = 20
TEXT_CAP = 60


class History:
    """The newest value of each declared indicator, as it was when its bar was the last one."""

    def __init__(self) -> None:
        self.bars: list[int] = []
        self._values: list[list[Any]] = []

    def note(self, fresh: Strategy, bar: int) -> None:
        """Keep the newest values of an instance that was evaluated up to `bar`."""
        indicators = fresh._indicators  # noqa: SLF001  # the package's list of declared ones
        if len(self._values) < len(indicators):
            gap = len(self.bars)
            missing = len(indicators) - len(self._values)
            self._values += [[np.nan] * gap for _ in range(missing)]
        self.bars.append(bar)
        for kept, indicator in zip(self._values, indicators, strict=False):
            kept.append(indicator[-1] if indicator.ndim == 1 else np.array(indicator[:, -1]))

    def series(self, number: int, rows: int) -> np.ndarray[Any, Any] | None:
        """Newest values of one indicator by noted bar: [bars] or [rows, bars]; None: unknown."""
        if number >= len(self._values) or len(self._values[number]) != len(self.bars):
            return None
        values = self._values[number]
        if rows > 1:
            blank = np.full(rows, np.nan)
            values = [v if np.shape(v) == (rows,) else blank for v in values]
            return np.array(values).T
        return np.array(values)


class Inspection:
    """One look for leaks, after all orders are in.

    Args:
        load: gives the author's class anew: module state of the scored run must not matter.
        trial_of: fresh instances of a class on prefixes.
    """

    def __init__(
        self,
        load: Callable[[], type[Strategy]],
        trial_of: Callable[[type[Strategy]], Trial],
        spec: Spec,
        tape: Tape,
        declarations: Declarations,
        folder: str,
    ) -> None:
        self._load = load
        self._spec = spec
        self._tape = tape
        self._declarations = declarations
        self._folder = folder
        self._trial_of = trial_of
        self.compared = 0

    def run(self, length: int) -> Whole:
        """A run on the first `length` bars with everything loaded anew."""
        return run_whole(self._load(), self._spec, self._tape, length, self._declarations)

    def by_history(self, full: Whole, history: History) -> list[Leak]:
        """Indicators whose value at a bar is another one once later bars are there."""
        leaks = []
        bars = np.array(history.bars, dtype=int)
        for number, series in enumerate(full.series):
            rows = series.shape[0] if series.ndim > 1 else 1
            known = history.series(number, rows)
            if known is None or not len(bars):
                continue
            self.compared += 1
            wrong = differing(series[..., bars], known)
            leak = self._first(full, number, bars[wrong], series, known[..., wrong])
            leaks += [leak] if leak else []
        return leaks[:MAX_LEAKS]

    def _first(
        self,
        full: Whole,
        number: int,
        wrong: np.ndarray[Any, Any],
        series: np.ndarray[Any, Any],
        known: np.ndarray[Any, Any],
    ) -> Leak | None:
        visible = np.flatnonzero(wrong >= full.start)
        if len(visible):
            at = int(visible[0])
            bar = int(wrong[at])
            return _leak(full.names[number], bar, series[..., bar], known[..., at])
        if len(wrong) and full.start < self._tape.length:
            return self._at_cut(full, number, full.start)
        return None

    def by_cuts(self, full: Whole, cuts: Iterable[int]) -> list[Leak]:
        """Indicators which at one of the cuts show other values with all data at hand."""
        kind = self._load()
        found: dict[int, Leak] = {}
        trial = self._trial_of(kind)
        for cut in sorted(c for c in cuts if full.start <= c < self._tape.length):
            fresh = trial.fresh(cut + 1)
            for number, series in enumerate(full.series):
                if number not in found and number < len(fresh._indicators):  # noqa: SLF001
                    leak = _compare(full, number, series, fresh._indicators[number], cut)  # noqa: SLF001
                    found |= {number: leak} if leak else {}
        self.compared = len(full.series)
        return list(found.values())[:MAX_LEAKS]

    def by_start(self, full: Whole, cuts: Iterable[int]) -> list[Leak]:
        """Whether it would have traded at one of the cuts that lie before its first bar.

        What later bars can empty (a NaN where there was a value) delays the start.
        """
        trial = self._trial_of(self._load())
        for cut in sorted(c for c in cuts if c < min(full.start, self._tape.length)):
            try:
                warm = first_valid(trial.fresh(cut + 1), frozenset())
            except Exception:  # noqa: BLE001, S112  # too few bars for init(): not warm
                continue
            if warm is not None and warm < cut:
                seen, known = f"trades from bar {full.start} on", f"trades from bar {warm + 1} on"
                return [Leak("", "behaviour", cut, seen, known, certain=True)]
        return []

    def by_blinkers(self, full: Whole, cuts: Iterable[int]) -> list[Leak]:
        """Whether it asks for other orders where at the cuts it has no later bars at hand."""
        kind, length = self._load(), self._tape.length
        worn = (c for c in cuts if full.start <= c < length)
        blinkers = Blinkers(self._trial_of(kind), worn, length, self._folder)
        if not blinkers.fit:
            return []
        run = run_whole(kind, self._spec, self._tape, length, self._declarations, blinkers)
        bar = first_difference(full.ops, run.ops, length)
        if bar is None:
            return []
        # An init() that is run again may do something to the run, so the prefix has the last word.
        prefix = self.run(bar + 1)
        return [leak for leak in self.by_behaviour(full, prefix.ops, bar + 1) if leak.certain]

    def _at_cut(self, full: Whole, number: int, cut: int) -> Leak | None:
        fresh = self._trial_of(self._load()).fresh(cut + 1)
        indicators = fresh._indicators  # noqa: SLF001  # the package's list of declared ones
        if number >= len(indicators):
            return None
        return _compare(full, number, full.series[number], indicators[number], cut)

    def by_behaviour(self, full: Whole, ops: dict[int, list[Op]], end: int) -> list[Leak]:
        """Whether the run on all data asked for other orders than the one that counted.

        Args:
            full: the run on all data.
            ops: what was asked for, by bar, by the run that could not see further.
            end: bars from here on are not compared.
        """
        bar = first_difference(full.ops, ops, end)
        if full.raised is not None and (bar is None or full.ended <= bar):
            bar = full.ended
        if bar is None:
            return []
        again = self.run(self._tape.length)
        unstable = first_difference(full.ops, again.ops, end)
        if unstable is not None:
            return [
                Leak(
                    "",
                    "undetermined",
                    unstable,
                    _text(full.ops, unstable),
                    _text(again.ops, unstable),
                    certain=True,
                )
            ]
        names, exact = self._suspects(bar)
        return [Leak(names, "behaviour", bar, _text(full.ops, bar), _text(ops, bar), certain=exact)]

    def _suspects(self, bar: int) -> tuple[str, bool]:
        """Places that differ at `bar` with all data at hand, and whether all else is exact."""
        try:
            late = self._trial_of(self._load()).fresh(self._tape.length)
            full = {p.path: p.value for p in places(late, self._folder)}
            early = self._trial_of(self._load()).fresh(bar + 1)
            pairs = [(p.path, full.get(p.path), p.value) for p in places(early, self._folder)]
        except Exception:  # noqa: BLE001  # the author's init; the difference stands without names
            return "", True
        names = [path for path, seen, known in pairs if _other(seen, known)]
        noisy = any(_noise(seen, known) for _, seen, known in pairs)
        return ", ".join(names[:MAX_LEAKS]), not (noisy and not names)


def late(full: Whole, refusal: Refusal | None) -> list[Leak]:
    """Whether it traded later than on all data only because its init() refused the first bars.

    Then other orders than on all data say nothing about the future.
    """
    if refusal is None or refusal.bars <= full.start:
        return []
    return [Leak("", "late", refusal.bars, str(full.start), refusal.words, certain=False)]


def _other(seen: Any, known: Any) -> bool:
    if isinstance(seen, np.ndarray) and isinstance(known, np.ndarray):
        if seen.ndim != known.ndim or seen.ndim == 0:
            return seen.ndim != known.ndim
        return bool(differing(seen[..., : known.shape[-1]], known).any())
    if isinstance(seen, float) and isinstance(known, float):
        return bool(differing(np.array([seen]), np.array([known])).any())
    return isinstance(known, (bool, int, str)) and seen != known


def _noise(seen: Any, known: Any) -> bool:
    if not isinstance(seen, np.ndarray) or not isinstance(known, np.ndarray) or not known.ndim:
        return False
    visible = np.asarray(seen)[..., : known.shape[-1]]
    if visible.shape != known.shape:
        return False
    if visible.dtype.kind != "f":
        return False
    return bool(((visible != known) & ~(np.isnan(visible) & np.isnan(known))).any())


def _compare(
    full: Whole,
    number: int,
    series: np.ndarray[Any, Any],
    prefix: np.ndarray[Any, Any],
    cut: int,
) -> Leak | None:
    visible = series[..., : cut + 1]
    if visible.shape != prefix.shape:
        return Leak(
            full.names[number],
            "indicator",
            cut,
            str(visible.shape),
            str(prefix.shape),
            certain=True,
        )
    wrong = np.flatnonzero(differing(visible, np.asarray(prefix)))
    if not len(wrong):
        return None
    at = int(wrong[-1])
    return _leak(full.names[number], cut, visible[..., at], np.asarray(prefix)[..., at])


def _leak(name: str, bar: int, seen: Any, known: Any) -> Leak:
    return Leak(name, "indicator", bar, _value(seen), _value(known), certain=True)


def _value(value: Any) -> str:
    array = np.asarray(value)
    if array.ndim:
        return "(" + ", ".join(_value(item) for item in array[:4]) + ")"
    return f"{array.item():.6g}" if array.dtype.kind in "fiu" else str(array.item())[:TEXT_CAP]


def _text(ops: dict[int, list[Op]], bar: int) -> str:
    asked = ops.get(bar, [])
    return "; ".join(repr(op) for op in asked)[:200] or "no order"
