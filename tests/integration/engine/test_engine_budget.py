"""Plain Python loops over long series: too dear to stream, so they are audited, never timed out."""

import pytest
from engine_strategies import HEAD
from engine_support import assert_same, plain, run

from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status

pytestmark = pytest.mark.filterwarnings("ignore")

CONFIG = BacktestConfig(initial_capital=50_000)
LOOP = """
def kalman(close, ahead=0, noise=0.0):
    x, p, out = close[0], 1.0, []
    for i in range(len(close)):
        p += 1e-4
        gain = p / (p + 0.01)
        x += gain * (close[min(i + ahead, len(close) - 1)] - x)
        p *= 1 - gain
        out.append(x)
    return np.array(out) + noise * np.random.default_rng().random(len(out))


class Test(Strategy):
    def init(self):
        self.level = self.I(kalman, self.data.Close, {arguments})

    def next(self):
        if self.data.Close[-1] > self.level[-1] and not self.position:
            self.buy(size=.9)
        elif self.data.Close[-1] < self.level[-1] and self.position:
            self.position.close()
"""
BUDGET_S = 0.3


def _source(arguments: str) -> str:
    return HEAD + LOOP.replace("{arguments}", arguments)


def test_loop_that_is_too_dear_to_stream_is_audited_and_keeps_its_plain_numbers(market):
    source = _source("0")

    result = run(source, market, config=CONFIG, stream_cpu_s=BUDGET_S)

    assert result.provenance.causality == "audited"
    assert_same(result, plain(source, market, config=CONFIG), unlike=("sharpe", "turnover"))
    assert "with orders among them; a use of later bars on" in result.looked_at


def test_loop_within_its_budget_is_streamed_at_every_bar(market):
    result = run(_source("0"), market, config=CONFIG, end="2005-06-01", stream_cpu_s=60)

    assert result.provenance.causality == "streamed"


def test_leak_in_a_loop_that_is_too_dear_to_stream_is_found(market):
    result = run(_source("1"), market, config=CONFIG, stream_cpu_s=BUDGET_S)

    assert result.status is Status.FAILED
    assert "`level` uses future bars" in result.message


def test_chance_has_the_verdict_of_a_fast_machine_on_a_slow_one(market):
    fast = run(_source("0, 1e-3"), market, config=CONFIG, end="2006-06-01")
    slow = run(_source("0, 1e-3"), market, config=CONFIG, end="2006-06-01", stream_cpu_s=0.1)

    assert (slow.status, slow.provenance.causality) == (Status.PASSED, "streamed")
    assert {f.rule for f in slow.lookahead} == {f.rule for f in fast.lookahead}
