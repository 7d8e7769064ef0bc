"""The one bit that leaves the sealed bars: its formula, and what a hill-climber gets out of it."""

import math
import random

import numpy as np
import pytest

from bot.checks.looks import HoldoutQuestion, SealedBars
from bot.landing.tries import StoreCounter
from components.engine.evidence.thresholdout import (
    FEWEST,
    NOISE,
    THRESHOLD,
    agrees,
    apart,
    parts_of,
    sharpe,
)
from components.schema.policies.risk import Holdout
from components.schema.results.evidence import Track
from components.state import Store

WEEK = 7 * 86_400
PUSHES, OPEN, HIDDEN = 500, 800, 200
PART = SealedBars("SPX", "1d", "2015-01-01", "2018-12-31")


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


def climbed(seed, answer):
    """What a hill-climber ends with: Sharpe ratios on hidden and on fresh bars, in errors.

    Each push adds a signal (noise, turned to the side that earned on the open bars); it stays if
    the answer is not "does not agree".
    """
    chance = np.random.default_rng(seed)
    parts = [chance.standard_normal((n, PUSHES)) for n in (OPEN, HIDDEN, HIDDEN)]
    parts = [part * np.sign(parts[0].mean(axis=0)) for part in parts]
    sums = [np.zeros(n) for n in (OPEN, HIDDEN, HIDDEN)]
    for push in range(PUSHES):
        tried = [total + part[:, push] for total, part in zip(sums, parts, strict=True)]
        if answer(push, apart(tried[0], tried[1])) is not False:
            sums = tried
    return [sharpe(total) * math.sqrt(HIDDEN) for total in sums[1:]]


def test_hill_climber_of_500_pushes_gains_less_than_one_standard_error(tmp_path):
    """Real answers and stored looks; the same climber with answers without end is the control."""
    policy = Holdout(last="20%", looks=10)
    gains, control = [], []
    for seed in range(8):
        noise = random.Random(seed)
        with Store(tmp_path / f"{seed}.db") as store:
            counter = StoreCounter(store, "demo", "push")

            def ask(push, difference, counter=counter, noise=noise):
                question = HoldoutQuestion("alpha", "t", f"content {push}", (PART,))
                found = counter.answered(question, policy) or counter.looked(
                    question, policy, {}, agrees=agrees([difference], noise)
                )
                return {"agrees": True, "does not agree": False}.get(found.state)

            gains.append(climbed(seed, ask))
            assert store.looks.taken(store.looks.all("demo")[0].parts) == policy.looks
        control.append(climbed(seed, lambda _push, difference: agrees([difference], Quiet())))
    hidden, fresh = np.mean(gains, axis=0)
    assert abs(hidden) < 1
    assert abs(fresh) < 1
    assert abs(hidden - fresh) < 1
    assert np.mean(control, axis=0)[0] > 3
