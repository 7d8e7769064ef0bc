"""A seeded generator that gives a bar another number when there are more bars is no leak."""

import pytest
from engine_strategies import HEAD, strategy
from engine_support import run

from components.schema.results.values import Severity

pytestmark = pytest.mark.filterwarnings("ignore")

SHORT = {"end": "2004-12-31"}
NOISE = "lambda c: c * (1 + self.rng.normal(0, .02, size=len(c))), self.data.Close"
TWO = f"self.y = self.I({NOISE})\nself.x = self.I({NOISE})"
TRADE = """
if self.x[-1] > self.y[-1]: self.buy(size=.2)
else: self.position.close()
"""
SHARED = {
    "of numpy, made in init()": f"self.rng = np.random.default_rng(5)\n{TWO}",
    "of numpy, old": f"from numpy.random import RandomState\nself.rng = RandomState(5)\n{TWO}",
    "global, seeded in init()": f"np.random.seed(5)\nself.rng = np.random\n{TWO}",
    "of Python": """
import random
rng = random.Random("five")
noise = lambda c: np.array([price * (1 + rng.gauss(0, .02)) for price in c])
self.y = self.I(noise, self.data.Close)
self.x = self.I(noise, self.data.Close)
""",
}


@pytest.mark.parametrize("kind", SHARED)
def test_seeded_generator_that_two_indicators_draw_is_not_called_a_leak(kind, market):
    (finding,) = run(HEAD + strategy(SHARED[kind], TRADE), market, **SHORT).lookahead
    assert (finding.rule, finding.severity) == ("not-deterministic", Severity.WARNING)
    assert "`x` is made of random numbers that change with the number of bars" in finding.message
    assert finding.found != finding.allowed


def test_seeded_generator_of_the_module_is_not_called_a_leak(market):
    code = strategy(
        "self.x = self.I(lambda c: c * (1 + RNG.normal(0, .02, len(c))), self.data.Close)",
        "if self.x[-1] > self.data.Close[-1]: self.buy(size=.2)\nelse: self.position.close()",
    )
    source = f"{HEAD}\nRNG = np.random.default_rng(3)\n{code}"
    assert [f.rule for f in run(source, market, **SHORT).lookahead] == ["not-deterministic"]


def test_seeded_generator_that_init_and_next_draw_is_not_called_a_leak(market):
    source = HEAD + strategy(
        "self.rng = np.random.default_rng(5)\nself.noise = self.rng.normal(size=len(self.data))",
        "if self.rng.normal() > 1: self.buy(size=.1)\nelif self.rng.normal() > 1: self.position.close()",
    )
    for finding in run(source, market, **SHORT).lookahead:
        assert finding.rule == "not-deterministic"


@pytest.mark.parametrize("seed", ["", "5", "int(c[-1] * 100)"])
def test_leak_that_hides_in_random_numbers_is_found(seed, market):
    later = "pd.Series(c).shift(-1).ffill().to_numpy()"
    noise = f"np.random.default_rng({seed}).normal(0, .01, len(c))"
    source = HEAD + strategy(
        f"self.x = self.I(lambda c: {later} + {noise}, self.data.Close)",
        "if self.x[-1] > self.data.Close[-1]: self.buy(size=.2)\nelse: self.position.close()",
    )
    (finding,) = run(source, market, **SHORT).lookahead
    assert (finding.rule, finding.severity) == ("lookahead", Severity.ERROR)


def test_count_of_bars_without_random_numbers_stays_a_leak(market):
    source = HEAD + strategy(
        "self.x = self.I(lambda c: np.arange(len(c)) - len(c), self.data.Close)",
        "if self.x[-1] > -20: self.position.close()\nelse: self.buy(size=.2)",
    )
    (finding,) = run(source, market, **SHORT).lookahead
    assert finding.rule == "lookahead"
