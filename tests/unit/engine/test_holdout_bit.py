"""The one bit that leaves the sealed bars: its formula, and what a hill-climber gets out of it."""

import math
import random

import numpy as np
import pytest

from benchmarks.honesty.probing import SEEDS, learned
from benchmarks.honesty.sealed import POLICY, endless_climber, our_climber
from components.engine.evidence.thresholdout import (
    FEWEST,
    NOISE,
    THRESHOLD,
    agrees,
    apart,
    parts_of,
    sharpe,
)
from components.schema.results.evidence import Track
from components.state import Store

WEEK = 7 * 86_400


class Quiet(random.Random):
    """No noise."""

    def expovariate(self, _rate):
        return 0.0


def test_difference_of_sharpe_ratios_is_told_in_its_standard_errors():
    one, two = np.tile([0.03, -0.01], 50), np.tile([0.01, -0.01], 25)
    ratio = 0.01 / one.std(ddof=1)
    error = math.sqrt((1 + ratio**2 / 2) / 100 + 1 / 50)
    assert apart(one, two) == pytest.approx(ratio / error)
    assert apart(two, one) == pytest.approx(-ratio / error)


def test_part_that_does_not_trade_earned_nothing_and_too_few_spans_say_nothing():
    assert sharpe(np.zeros(30)) == 0
    assert apart(np.tile([0.03, -0.01], 50), np.zeros(30)) > 0
    assert apart(np.ones(FEWEST - 1), np.ones(100)) is None
    assert apart(np.ones(100), np.ones(FEWEST - 1)) is None


def test_week_in_which_the_seal_is_belongs_to_neither_part():
    series = np.arange(10, dtype="<f4")
    track = Track(fingerprint="", step_s=WEEK, first=100, series=series.tobytes())
    seen, sealed = parts_of(track, 104 * WEEK + 3 * 86_400)
    assert seen.tolist() == [0, 1, 2, 3]
    assert sealed.tolist() == [5, 6, 7, 8, 9]
    assert [len(part) for part in parts_of(track, 90 * WEEK)] == [0, 10]
    assert [len(part) for part in parts_of(track, 200 * WEEK)] == [10, 0]


def test_answer_without_noise_is_the_threshold_s_and_with_noise_now_and_then_the_other():
    assert agrees([THRESHOLD - 0.01], Quiet())
    assert not agrees([THRESHOLD + 0.01], Quiet())
    chance = random.Random(7)
    near = sum(agrees([THRESHOLD + NOISE], chance) for _ in range(2_000))
    assert 600 < near < 1_000
    assert not any(agrees([THRESHOLD + 60 * NOISE], chance) for _ in range(200))


def test_hill_climber_of_500_pushes_gains_less_than_one_standard_error(tmp_path):
    """Real answers and stored looks; the same climber with answers without end is the control."""
    gains = []
    for seed in SEEDS:
        with Store(tmp_path / f"{seed}.db") as store:
            gains.append(our_climber(seed, store))
            assert store.looks.taken(store.looks.all("demo")[0].parts) == POLICY.looks
    gain = learned(gains)
    assert abs(gain["sealed"]) < 1
    assert abs(gain["fresh"]) < 1
    assert abs(gain["learned"]) < 1
    assert learned(map(endless_climber, SEEDS))["learned"] > 3
