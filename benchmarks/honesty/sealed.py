"""The hill-climber of `probing` against our sealed holdout, with its stored looks and its noise."""

import random
from pathlib import Path

import numpy as np

from benchmarks.honesty.probing import OPEN, PART, SEEDS, climbed, learned
from bot.checks.looks import HoldoutQuestion, SealedBars
from bot.landing.tries import StoreCounter
from components.engine.evidence.thresholdout import THRESHOLD, agrees, apart
from components.schema.policies.risk import Holdout
from components.state import Store

POLICY = Holdout(last="20%", looks=10)
BARS = SealedBars("SPX", "1d", "2015-01-01", "2018-12-31")


def behind(weights: np.ndarray, returns: np.ndarray) -> float:
    """How far the sealed bars are below the open ones, in standard errors of the difference."""
    earned = weights * returns
    found = apart(earned[:OPEN], earned[PART])
    assert found is not None
    return found


def our_climber(seed: int, store: Store) -> tuple[float, float]:
    """What it ends with where each answer is a counted look of the policy."""
    counter, noise = StoreCounter(store, "demo", "push"), random.Random(seed)

    def ask(push: int, weights: np.ndarray, returns: np.ndarray) -> bool | None:
        question = HoldoutQuestion("alpha", "t", f"content {push}", (BARS,))
        found = counter.answered(question, POLICY) or counter.looked(
            question, POLICY, {}, agrees=agrees([behind(weights, returns)], noise)
        )
        return {"agrees": True, "does not agree": False}.get(found.state)

    return climbed(seed, ask)


def endless_climber(seed: int) -> tuple[float, float]:
    """What it ends with where each answer is exact and none is refused: the control."""
    return climbed(seed, lambda _push, weights, returns: behind(weights, returns) <= THRESHOLD)


def probed(folder: Path) -> dict[str, dict[str, float]]:
    """What the climbers learn from us, and from answers without limit or noise."""
    ends = []
    for seed in SEEDS:
        with Store(folder / f"looks-{seed}.db") as store:
            ends.append(our_climber(seed, store))
    return {
        "AlgoOps": learned(ends),
        "answers without limit or noise": learned(map(endless_climber, SEEDS)),
    }
