"""What a hill-climber learns of sealed bars from answers about them, the other verifier's or ours.

Each push adds a random position to a portfolio of them and keeps it unless the answer is "does not
agree". There is nothing to be learned but the sealed bars themselves, so what the portfolio earns
on these above what it earns on fresh bars came through the answers. Run as a script with the other
verifier's own Python it asks that one; the only argument is the JSON file to write.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

PUSHES, OPEN, SEALED = 500, 800, 200
SEEDS = range(8)
PART = slice(OPEN, OPEN + SEALED)
FRESH = slice(OPEN + SEALED, OPEN + 2 * SEALED)
MOVE = 0.02
"""Deviation of a bar's return."""

Ask = Callable[[int, np.ndarray, np.ndarray], bool | None]
"""(push, weights, returns), both of all bars but the fresh ones: does the sealed part agree?"""


def climbed(seed: int, ask: Ask) -> tuple[float, float]:
    """What a climber ends with on the sealed bars and on fresh ones: Sharpe in standard errors."""
    chance = np.random.default_rng(seed)
    returns = MOVE * chance.standard_normal(OPEN + 2 * SEALED)
    positions = chance.choice([-1.0, 1.0], (PUSHES, len(returns)))
    positions *= np.sign((positions * returns)[:, :OPEN].mean(axis=1))[:, None]
    total, kept = np.zeros(len(returns)), 0
    for push, position in enumerate(positions):
        tried = (total + position) / (kept + 1)
        if ask(push, tried[: FRESH.start], returns[: FRESH.start]) is not False:
            total, kept = total + position, kept + 1
    earned = [(total * returns)[part] for part in (PART, FRESH)]
    sealed, fresh = (float(e.mean() / e.std(ddof=1) * SEALED**0.5) for e in earned)
    return sealed, fresh


def learned(ends: Iterable[tuple[float, float]]) -> dict[str, float]:
    """Means over the climbers, and what came through the answers."""
    sealed, fresh = np.mean(list(ends), axis=0)
    return {"sealed": float(sealed), "fresh": float(fresh), "learned": float(sealed - fresh)}


def _their_climber(seed: int, folder: Path) -> tuple[float, float]:
    """With the other verifier's oracle as it comes: a fifth of the bars, a budget of ten."""
    import pandas as pd  # noqa: PLC0415  # of the other verifier's Python, like the next
    from monte_neo.verify.oracle import HoldoutOracle  # noqa: PLC0415

    oracle = HoldoutOracle(folder / f"{seed}.jsonl")

    def ask(push: int, weights: np.ndarray, returns: np.ndarray) -> bool | None:
        close = 100 * np.cumprod(1 + returns)
        before = np.concatenate([[100.0], close[:-1]])
        days = pd.date_range("2015-01-01", periods=len(close), tz="UTC")
        bars = pd.DataFrame({"timestamp": days, "open": before, "close": close})
        bars["high"], bars["low"] = bars.max(axis=1, numeric_only=True), np.minimum(before, close)
        if push == 0:
            oracle.init(bars)
        # A signal is filled at the next bar's open, so it comes a bar before its weight.
        signal = np.append(weights[1:], 0.0)
        try:
            answer = oracle.query(bars, lambda _bars: signal, source=f"push = {push}")
        except ValueError as error:
            if "used up" not in str(error):
                raise
            return None
        return bool(answer["consistent"])

    return climbed(seed, ask)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        ends = [_their_climber(seed, Path(made)) for seed in SEEDS]
    Path(sys.argv[1]).write_text(json.dumps(learned(ends)))
