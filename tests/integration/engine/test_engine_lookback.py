"""A declared lookback is held against the whole history: nothing may differ."""

import re

import pytest
from engine_strategies import CASES, HEAD, strategy
from engine_support import assert_same, plain, run

from components.schema.results.values import Severity, Status

pytestmark = pytest.mark.filterwarnings("ignore")

EMA = HEAD + strategy(
    """
self.q = self.I(talib.EMA, self.data.Close, 5)
self.s = self.I(talib.EMA, self.data.Close, 10)
""",
    """
if crossover(self.q, self.s): self.buy(size=.5)
elif crossover(self.s, self.q): self.position.close()
""",
)
SHORT = {"end": "2005-12-31"}
BESIDE = "self.later = pd.Series(self.data.Close).shift(-1).to_numpy()"
PEEK = """
i = len(self.data) - 1
if self.later[i] > self.data.Close[-1] and not self.position: self.buy(size=.5)
elif self.later[i] < self.data.Close[-1]: self.position.close()
"""


def _least(finding):
    return int(re.search(r"the smallest lookback that would do is (\d+)$", finding.message)[1])


@pytest.mark.parametrize("name", ["sma_cross_market_orders", "brackets"])
def test_lookback_that_is_long_enough_gives_the_same_trades(name, market):
    tested = next(c for c in CASES if c.name == name)
    how = {"config": tested.config, "parameters": tested.parameters, **tested.on}
    result = run(tested.source, market, lookback=60, **how)
    assert result.lookahead == ()
    assert "and without the lookback of 60" in result.looked_at
    assert_same(result, plain(tested.source, market, **how))


def test_average_with_a_long_memory_is_told_the_least_lookback_that_does(market):
    result = run(EMA, market, lookback=20, **SHORT)
    one, two = result.lookahead
    assert [f.rule for f in (one, two)] == ["lookback"] * 2
    assert one.severity is Severity.ERROR
    assert "`q` is " in one.message
    assert " with it, but " in one.message
    assert one.found != one.allowed
    assert result.looked_at == ""
    least = _least(two)
    assert run(EMA, market, lookback=least, **SHORT).lookahead == ()
    assert run(EMA, market, lookback=least - 1, **SHORT).lookahead != ()


def test_mean_of_all_bars_is_told_that_no_lookback_does(market):
    source = HEAD + strategy(
        "self.mean = float(np.mean(self.data.Close))",
        """
if self.data.Close[-1] > self.mean and not self.position: self.buy(size=.5)
elif self.data.Close[-1] < self.mean: self.position.close()
""",
    )
    finding = run(source, market, lookback=60, **SHORT).lookahead[0]
    assert (
        finding.rule == "lookahead"
    )  # a mean over the whole sample is a leak, whatever is declared
    expanding = source.replace(
        "self.mean = float(np.mean(self.data.Close))",
        "self.m = self.I(lambda c: pd.Series(c).expanding().mean(), self.data.Close)",
    ).replace("self.mean", "self.m[-1]")
    (finding,) = run(expanding, market, lookback=60, **SHORT).lookahead
    assert finding.rule == "lookback"
    assert "no number of bars below the data's own would do" in finding.message


def test_lookback_that_moves_orders_by_what_is_kept_beside_the_indicators(market):
    source = HEAD + strategy(
        "self.level = float(np.mean(self.data.Close[-90:]))",
        """
if self.data.Close[-1] > self.level and not self.position: self.buy(size=.5)
elif self.data.Close[-1] < self.level: self.position.close()
""",
    )
    result = run(source, market, lookback=60, **SHORT)
    assert result.lookahead[0].rule in {"lookahead", "lookback"}
    assert result.lookahead[0].severity is Severity.ERROR


def test_lookback_shorter_than_the_warm_up_never_trades_and_says_what_would_do(market):
    source = HEAD + strategy("self.a = self.I(SMA, self.data.Close, 50)", "self.buy(size=1)")
    result = run(source, market, lookback=20, **SHORT)
    assert result.status is Status.FAILED
    assert result.message.startswith("the declared lookback is too short: at 2004-10-29")
    assert "`a` is nan with it, but" in result.message
    assert run(source, market, lookback=_least(result.lookahead[0]), **SHORT).lookahead == ()


@pytest.mark.parametrize("lookback", [None, 60])
def test_leak_beside_the_indicators_is_found_whatever_lookback_is_declared(lookback, market):
    source = HEAD + strategy(f"{BESIDE}\nself.q = self.I(SMA, self.data.Close, 10)", PEEK)
    (finding,) = run(source, market, lookback=lookback, **SHORT).lookahead
    assert finding.rule == "lookahead"
    assert "later" in finding.message


def test_leak_is_found_beside_a_lookback_that_is_too_short(market):
    source = HEAD + strategy(f"{BESIDE}\nself.q = self.I(talib.EMA, self.data.Close, 5)", PEEK)
    found = run(source, market, lookback=10, **SHORT).lookahead
    assert {f.rule for f in found} == {"lookahead", "lookback"}


def test_leak_in_an_indicator_is_no_matter_of_the_lookback(market):
    source = HEAD + strategy(
        "self.x = self.I(lambda c: pd.Series(c).shift(-1), self.data.Close)", "self.buy(size=1)"
    )
    (finding,) = run(source, market, lookback=60, **SHORT).lookahead
    assert finding.rule == "lookahead"
    assert "`x` uses future bars" in finding.message


CHANCE = {
    "generator_in_an_indicator": "self.x = self.I(lambda c: np.random.default_rng().normal(size=len(c)), self.data.Close)",
    "global_generator_in_two_indicators": """
self.y = self.I(lambda c: np.random.random(len(c)), self.data.Close)
self.x = self.I(lambda c: np.random.random(len(c)) * 3 - 1.5, self.data.Close)
""",
    "python_s_generator": """
import random
self.y = [random.random() for _ in self.data.Close]
self.x = self.I(lambda c: np.array([random.gauss(0, 1) for _ in c]), self.data.Close)
""",
    "urandom": """
import os
self.x = self.I(lambda c: np.frombuffer(os.urandom(len(c)), 'u1') / 64. - 2, self.data.Close)
""",
    "clock": """
import time
self.x = self.I(lambda c: np.sin(np.arange(len(c)) * (time.perf_counter_ns() % 1000)), self.data.Close)
""",
}
DRAW = """
if self.x[-1] > .9: self.buy(size=.2)
elif self.x[-1] < -.9: self.position.close()
"""


@pytest.mark.parametrize("kind", CHANCE)
@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_random_numbers_in_init_are_called_chance_not_a_leak(kind, causality, market):
    source = HEAD + strategy(CHANCE[kind], DRAW)
    found = run(source, market, causality=causality, **SHORT).lookahead
    assert {f.rule for f in found} == {"not-deterministic"}
    assert "`x` is made of random numbers: two runs on the same bars differ" in found[-1].message


def test_leak_beside_random_numbers_is_still_found(market):
    source = HEAD + strategy(
        CHANCE["generator_in_an_indicator"]
        + "\nself.z = self.I(lambda c: pd.Series(c).shift(-1), self.data.Close)",
        DRAW,
    )
    found = run(source, market, **SHORT).lookahead
    assert {f.rule for f in found} == {"lookahead", "not-deterministic"}


@pytest.mark.parametrize("lookback", [None, 60])
def test_unseeded_generator_drawn_in_next_is_found_whatever_lookback_is_declared(lookback, market):
    source = HEAD + strategy(
        "self.rng = np.random.default_rng()\nself.q = self.I(SMA, self.data.Close, 10)",
        "if self.rng.normal() > 1: self.buy(size=.1)",
    )
    (finding,) = run(source, market, lookback=lookback, **SHORT).lookahead
    assert finding.rule == "not-deterministic"
