"""What is possible and yet suspicious in bars: spikes, splits, frozen stretches, outages.

Each makes profit that nobody could have had, or hides a loss. Whether it is a fault the bars
alone do not say, so all of it is named, and the policy may block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.data.calendar import silences
from components.ports import Doubt, Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPIKE_RANGES = 5
"""A spike is this many usual bars (median of High - Low) beyond both neighbours, and at least..."""

SPIKE_LEAST = 0.02
SPLIT_LEAST, SPLIT_RANGES = 0.25, 8
SPLITS = (1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 100, 500, 1000)
FROZEN_DAYS = 5
"""Bars of a day or more that repeat the bar before before it is a stretch; others: FROZEN_BARS."""

FROZEN_BARS = 15
FROZEN_ODD = 6
"""So many shorter ones are enough where they outnumber the shorter stretches: in a quiet market,
where nobody trades for some bars, a short stretch is more frequent than a long one."""

NEAR = 50
"""Bars on each side that say how far prices usually move at that time."""

MOST = 1_000
"""Places of a kind that are looked at closely."""


def doubts(frame: pd.DataFrame, where: Callable[[int], str]) -> tuple[Doubt, ...]:
    """One doubt for each kind that there is, with the first or worst bar and its size.

    Args:
        frame: validated bars.
        where: file and line of a bar, by its number in `frame`.
    """
    if len(frame) < 3:  # noqa: PLR2004  # nothing can be usual yet
        return ()
    return tuple(
        one for look in (_spikes, _splits, _frozen, _outages) for one in look(frame, where)
    )


def longest_gap(frame: pd.DataFrame, where: Callable[[int], str]) -> Gap | None:
    """The longest time without bars, where it is more than four usual steps."""
    index = pd.DatetimeIndex(frame.index)
    if len(index) < 3:  # noqa: PLR2004  # as above
        return None
    steps = index[1:] - index[:-1]
    if steps.max() <= 4 * pd.Timedelta(steps.to_series().median()):
        return None
    at = int(np.argmax(steps)) + 1
    return Gap(
        days=steps[at - 1] / pd.Timedelta(days=1),
        message=f"{where(at)}: a gap, {_silence(index, at)}",
    )


def _silence(index: pd.DatetimeIndex, at: int) -> str:
    return f"no bars between {index[at - 1]} and {index[at]} ({index[at] - index[at - 1]})"


def _usual(frame: pd.DataFrame, at: int | None = None) -> float:
    """Median of a bar's range as a share of its price; around one bar, or of all.

    Of the moves from close to close where these are larger: some data has only closes.
    """
    part = frame if at is None else frame.iloc[max(0, at - NEAR) : at + NEAR + 1]
    ranges = np.log(part["High"].to_numpy() / part["Low"].to_numpy())
    moves = np.abs(np.diff(np.log(part["Close"].to_numpy())))
    return max(float(np.median(ranges)), float(np.median(moves)))


def _largest(sizes: np.ndarray, bound: float) -> np.ndarray:
    """Where the sizes are above the bound: the largest MOST of them, in their order."""
    over = np.flatnonzero(sizes > bound)
    return np.sort(over[np.argsort(-sizes[over], kind="stable")[:MOST]])


def _spikes(frame: pd.DataFrame, where: Callable[[int], str]) -> Iterator[Doubt]:
    close, high, low = (np.log(frame[name].to_numpy()) for name in ("Close", "High", "Low"))
    above = high[1:-1] - np.maximum(close[:-2], close[2:])
    below = np.minimum(close[:-2], close[2:]) - low[1:-1]
    size = np.maximum(above, below)
    maybe = _largest(size, max(SPIKE_LEAST, SPIKE_RANGES * _usual(frame))) + 1
    found = [at for at in maybe.tolist() if size[at - 1] > SPIKE_RANGES * _usual(frame, at)]
    if not found:
        return
    worst = max(found, key=lambda at: float(size[at - 1]))
    name = "High" if above[worst - 1] >= below[worst - 1] else "Low"
    moved = np.expm1(size[worst - 1] if name == "High" else -size[worst - 1])
    yield Doubt(
        kind="spike",
        count=len(found),
        message=(
            f"{where(worst)} ({frame.index[worst]}): {name} {frame[name].iloc[worst]:g} is "
            f"{moved:+.1%} from the closes of the bars before and after, "
            f"{frame['Close'].iloc[worst - 1]:g} and {frame['Close'].iloc[worst + 1]:g}"
        ),
        hint="a wrong quote fills orders that nobody could have filled: compare another source",
    )


def _splits(frame: pd.DataFrame, where: Callable[[int], str]) -> Iterator[Doubt]:
    close, first = np.log(frame["Close"].to_numpy()), np.log(frame["Open"].to_numpy())
    jump = close[1:] - close[:-1]
    there, back = np.append(close[2:], close[-1]), np.insert(close[:-2], 0, close[0])
    moved = np.minimum(np.abs(there - close[:-1]), np.abs(close[1:] - back))
    stays = moved > np.abs(jump) / 2  # a spike is undone by the next bar
    ratios = np.log(SPLITS)
    for at in sorted((_largest(np.abs(jump) * stays, SPLIT_LEAST) + 1).tolist()):
        usual = _usual(frame, at)
        moves = (jump[at - 1], first[at] - close[at - 1])
        off = min(float(np.abs(ratios - abs(move)).min()) for move in moves)
        if abs(jump[at - 1]) > SPLIT_RANGES * usual and off < max(0.02, 2 * usual):
            yield _split(frame, at, float(jump[at - 1]), where)
            return


def _split(frame: pd.DataFrame, at: int, jump: float, where: Callable[[int], str]) -> Doubt:
    ratio = SPLITS[int(np.abs(np.log(SPLITS) - abs(jump)).argmin())]
    said = f"{ratio:g}:1" if jump < 0 else f"1:{ratio:g}"
    before, after = frame["Close"].iloc[at - 1], frame["Close"].iloc[at]
    return Doubt(
        kind="split",
        count=1,
        message=(
            f"{where(at)} ({frame.index[at]}): Close goes from {before:g} to {after:g} "
            f"({np.expm1(jump):+.1%}) and stays there, like a split of {said} that is not adjusted"
        ),
        hint="use prices that are adjusted for splits, or cut the file there",
    )


def _frozen(frame: pd.DataFrame, where: Callable[[int], str]) -> Iterator[Doubt]:
    prices = frame[["Open", "High", "Low", "Close"]].to_numpy()
    same = (prices[1:] == prices[:-1]).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    begins, lengths = edges[::2], edges[1::2] - edges[::2] + 1
    index = pd.DatetimeIndex(frame.index)
    daily = np.median(np.diff(index.as_unit("s").asi8)) >= 86_400 * 0.9  # seconds
    odd = (lengths >= FROZEN_ODD).sum() > (lengths < FROZEN_ODD).sum()
    least = FROZEN_ODD if odd else FROZEN_BARS
    long = lengths >= (FROZEN_DAYS if daily else least)
    if not long.any():
        return
    at = int(begins[int(np.where(long, lengths, 0).argmax())])
    length = int(lengths.max())
    yield Doubt(
        kind="frozen",
        count=int(long.sum()),
        message=(
            f"{where(at)} ({index[at]}): {length} bars with the same four prices, to "
            f"{index[at + length - 1]} (Close {frame['Close'].iloc[at]:g})"
        ),
        hint="the source repeated its last bar: remove these bars or fetch them again",
    )


def _outages(frame: pd.DataFrame, where: Callable[[int], str]) -> Iterator[Doubt]:
    index = pd.DatetimeIndex(frame.index)
    found = silences(index)
    if not len(found):
        return
    lengths = (index[found] - index[found - 1]).asi8
    at = int(found[int(lengths.argmax())])
    yield Doubt(
        kind="outage",
        count=len(found),
        message=f"{where(at)}: {_silence(index, at)}, longer than this data usually pauses",
        hint="trades that were open then could not be closed: fetch what is missing",
    )
