"""Strategies on several symbols that ask for what nobody may: they end, and the right one is blamed."""

import pytest
from engine_portfolios import HEAD, together, write_market
from engine_support import run

from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits, Status

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = BacktestConfig(initial_capital=20_000, commission=0.001)
WIRE = HEAD + "from components.protocol.messages import *\n"
BODY = """
class Hostile(PortfolioStrategy):
    def init(self):
        self.bar = 0
    def next(self):
        self.bar += 1
        if self.bar == 60:
            self.attack()
    def attack(self):
"""
BUY = "PlaceOrder(5.0, None, None, None, None, None)"


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("hostile"), 80)


def attacked(several, attack, **how):
    return together(f"{WIRE}{BODY}        {attack}\n", several, config=CONFIG, **how)


FORGED = {
    "symbol 99": (f"self._account.ops.append(OfSymbol(99, {BUY}))", "not there (number 99)"),
    "symbol -1": (f"self._account.ops.append(OfSymbol(-1, {BUY}))", "not there (number -1)"),
    "a delisted one": (f"self._account.ops.append(OfSymbol(3, {BUY}))", "last bar is over"),
    "no symbol": (f"self._account.ops.append({BUY})", "names no symbol"),
    "a trade that is not": (
        "self._account.ops.append(OfSymbol(0, Close(7, False, 1.0)))",
        "does not exist",
    ),
    "a weight of NaN": ("self._account.ops.append(Weights([0], [float('nan')]))", "not finite"),
    "a weight of 1e9": ("self._account.ops.append(Weights([0], [1e9]))", "from -1000000 to"),
    "a delisted one's weight": ("self._account.ops.append(Weights([3], [0.5]))", "last bar"),
    "weights without symbols": ("self._account.ops.append(Weights([0], [0.1, 0.2]))", "no symbol"),
    "two weights of one": ("self._account.ops.append(Weights([0, 0], [0.1, 0.2]))", "two to one"),
    "10,001 orders": (
        f"self._account.ops.extend([OfSymbol(0, {BUY})] * 10_001)",
        "10001 requests at one bar",
    ),
    "2,001 orders that wait": (
        "[self.buy(s, size=1, limit=0.01) for _ in range(1_001) for s in ('AAA', 'BBB')]",
        "orders wait at once",
    ),
}


@pytest.mark.parametrize(
    ("what", "causality"),
    [
        *((what, "streamed") for what in FORGED),
        ("symbol 99", "audited"),
        ("10,001 orders", "audited"),
    ],
)
def test_request_that_no_honest_guest_sends_ends_the_run(several, what, causality):
    attack, says = FORGED[what]
    result = attacked(several, attack, causality=causality)
    assert result.status is Status.PROTOCOL_ERROR, (result.status, result.message)
    assert says in result.message
    assert result.metrics is None


REFUSED = {
    "an unknown symbol": ("self.buy('ZZZ', size=1)", "no symbol 'ZZZ' here"),
    "an unknown one's bars": ("self.data['ZZZ']", "no symbol 'ZZZ' here: there are AAA, BBB,"),
    "an unknown one's position": ("self.position('ZZZ')", "no symbol 'ZZZ' here"),
    "a weight of text": ("self.target({'AAA': '0.5'})", "must be an int or a float, found '0.5'"),
    "weights in a list": ("self.target(['AAA'])", "weights must be a dict"),
    "a delisted one": ("self.buy('DDD', size=1)", "DDD is not traded any more"),
    "a weight of NaN": ("self.target({'AAA': float('nan')})", "from -1000000 to"),
    "a weight of 1e9": ("self.target({'AAA': 1e9})", "from -1000000 to"),
    "a delisted one's weight": ("self.target({'DDD': 0.5})", "DDD is not traded any more"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_mistake_is_the_authors_and_names_its_line(several, what):
    attack, says = REFUSED[what]
    result = attacked(several, attack)
    assert result.status is Status.FAILED
    assert says in result.message
    assert "strategy.py" in result.traceback


def test_million_orders_end_within_the_limits(several, wall):
    attack = "[self.buy('AAA', size=1, limit=0.01) for _ in range(1_000_000)]"
    limits = Limits(cpu_s=3, wall_s=1800)  # the CPU seconds decide, however slow the machine is
    result = attacked(several, attack, sandbox=wall, limits=limits)
    assert result.status in {Status.TIMEOUT, Status.PROTOCOL_ERROR, Status.OUT_OF_MEMORY}
    assert result.metrics is None


def test_weights_that_come_to_millions_buy_what_the_money_buys(several):
    source = HEAD + (
        "class Greedy(PortfolioStrategy):\n    def init(self): pass\n"
        "    def next(self):\n"
        "        self.target({s: 1e6 for s in self.listed})\n"
    )
    result = together(source, several, config=CONFIG)
    assert result.status is Status.PASSED, result.message
    assert result.metrics.equity_final < 10 * CONFIG.initial_capital
    for trade in result.trades:
        assert abs(trade.size * trade.entry_price) <= 20 * CONFIG.initial_capital


@pytest.mark.parametrize("op", [f"OfSymbol(0, {BUY})", "Weights([0], [0.5])"])
def test_guest_with_one_symbol_that_speaks_of_several_ends(several, op):
    source = f"""
from backtesting import Strategy
from components.protocol.messages import *
class Single(Strategy):
    def init(self): pass
    def next(self):
        self.buy(size=1, sl=self.data.Close[-1] * 0.995, tp=self.data.Close[-1] * 1.005)
        if len(self.data) > 60:
            self._broker.ops.append({op})
"""
    result = run(source, several, symbol="AAA", config=CONFIG)
    assert result.status is Status.PROTOCOL_ERROR, (result.status, result.message)
    assert "there is one" in result.message
