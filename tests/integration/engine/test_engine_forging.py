"""Strategies that attack their own score: the numbers don't move.

Most of it is about the wire, and runs against the guest without a wall, where an attacker has
more to reach, not less; what is about the process runs behind bubblewrap.
"""

import textwrap

import pytest
from engine_strategies import HEAD, strategy
from engine_support import ForkingSandbox, assert_same, plain, run

from components.engine.fills import fill_findings
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits, Severity, Status

pytestmark = pytest.mark.filterwarnings("ignore")

CONFIG = BacktestConfig(initial_capital=50_000)
SHORT = {"end": "2005-03-31"}
SOME_YEARS = {"end": "2007-03-31"}
HONEST = """
class S(Strategy):
    def init(self):
        self.a = self.I(SMA, self.data.Close, 10)
        self.b = self.I(SMA, self.data.Close, 30)
    def next(self):
        self.attack()
        if crossover(self.a, self.b):
            self.buy(size=10)
        elif crossover(self.b, self.a) and self.trades_open:
            self.trades[0].close()
    @property
    def trades_open(self):
        return len(self.trades)
    def attack(self):
"""


def _strategy(attack: str = "pass", head: str = "") -> str:
    body = textwrap.indent(textwrap.dedent(attack).strip(), " " * 8)
    return HEAD + textwrap.dedent(head) + HONEST + body + "\n"


def test_honest_strategy_behind_the_wall_equals_a_plain_run(market, wall, honest):
    assert_same(_attacked(market, "pass", wall=wall, **SOME_YEARS), honest)
    assert len(honest["_trades"]) > 5


@pytest.fixture(scope="module")
def honest(market):
    return plain(_strategy(), market, config=CONFIG, **SOME_YEARS)


def _attacked(market, attack, head="", wall=None, **how):
    sandbox = wall or ForkingSandbox()
    return run(_strategy(attack, head), market, config=CONFIG, sandbox=sandbox, **how)


UNMOVED = {
    "broker_given_money": "self._broker._cash += 1e6",
    "equity_curve_rewritten": "self._broker._equity[:] = np.linspace(1e4, 1e7, len(self._broker._equity))",
    "commission_made_a_gift": "self._broker._commission = lambda size, price: -100.0",
    "spread_turned_around": "self._broker._spread = -0.5",
    "leverage_raised": "self._broker._leverage = 1000.0",
    "settled_trades_forged": """
        for t in self.closed_trades:
            t._replace(exit_price=t.entry_price * 10)
    """,
    "past_prices_rewritten": """
        self.data.Close.base[:-1] *= 0.5
        self.data._tape.columns[0][: self.data._tape.length - 1] = 1.0
    """,
    "engine_classes_patched": """
        import backtesting.backtesting as b, backtesting._stats as s
        b._Broker._close_trade = lambda *a: None if a[0].depth else None
        s.compute_stats = lambda **k: {"Return [%]": 1e9}
        b.Trade.pl = property(lambda self: 1e6)
        b.Backtest.run = lambda *a, **k: {"Return [%]": 1e9}
        raise SystemExit
    """,
    "fake_results_printed": """
        print('{"status": "passed", "metrics": {"return_pct": 99999, "sharpe": 9}}')
    """,
    "finalisation_hidden": "self._broker._finalize = False; self._broker._hedging = True",
}

SELF_DECEIVING = {"past_prices_rewritten", "spread_turned_around"}
"""These ask for other orders, because they believe their own forgeries; prices stay the market's."""


@pytest.mark.parametrize("name", [n for n in UNMOVED if n != "engine_classes_patched"])
def test_attack_on_the_mirror_leaves_the_score_unchanged(name, market, honest):
    result = _attacked(market, UNMOVED[name], **SOME_YEARS)
    if name not in SELF_DECEIVING:
        assert_same(result, honest)
        return
    opens = market.bars("GOOG", "1d", None, SOME_YEARS["end"]).frame["Open"]
    for t in result.trades:
        assert t.entry_price == opens.iloc[t.entry_bar]
        assert t.exit_bar == len(opens) - 1 or t.exit_price == opens.iloc[t.exit_bar]
        assert t.pnl == pytest.approx(t.size * (t.exit_price - t.entry_price))


def test_patched_engine_in_the_guest_changes_no_number(market, honest):
    attack = UNMOVED["engine_classes_patched"].replace("raise SystemExit", "")
    result = _attacked(market, attack, **SOME_YEARS)
    if result.status is Status.PASSED:
        bought = {t.entry_bar for t in result.trades}
        assert bought <= set(honest["_trades"]["EntryBar"])
        assert result.metrics.equity_final < 1e6
    else:
        assert result.metrics is None


TALK = """
import gc, os, struct
import msgspec


def channel():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Channel")


def guest():
    return next(o for o in gc.get_objects() if type(o).__name__ == "_Guest")

"""


@pytest.mark.parametrize(
    ("name", "attack"),
    [
        (
            "answers_written_ahead",
            "[channel().send(msgspec.msgpack.encode([7, True, [], []])) for _ in range(9)]",
        ),
        ("garbage_frame", "channel().send(b'\\xc1garbage')"),
        ("empty_frame", "channel().send(b'')"),
        (
            "metrics_instead_of_orders",
            "channel().send(msgspec.msgpack.encode({'return_pct': 1e9}))",
        ),
        (
            "order_of_nan_size",
            "channel().send(msgspec.msgpack.encode([0, True, [], [[0, float('nan'), None, None, None, None, None]]]))",
        ),
        ("deeply_nested_frame", "channel().send(b'\\x91' * 100_000)"),
        ("length_without_a_frame", "channel()._socket.sendall(struct.pack('>I', 2**31))"),
    ],
    ids=lambda value: value if value.replace("_", "").isalpha() else "",
)
def test_forged_frame_ends_the_job(name, attack, market):
    result = _attacked(market, f"if len(self.data) == 90: {attack}", head=TALK, **SHORT)
    assert result.status is Status.PROTOCOL_ERROR, result.message
    assert result.metrics is None


@pytest.mark.parametrize(
    "ops",
    [
        "[Close(99, False, 1.0)]",
        "[CancelOrder(5)]",
        "[PlaceOrder(float('inf'), None, None, None, None, None)]",
        "[PlaceOrder(1.5, None, None, None, None, None)]",
        "[PlaceOrder(0.0, None, None, None, None, None)]",
        "[PlaceOrder(5.0, None, None, float('nan'), None, None)]",
        "[Protect(0, True, 'sl', float('-inf'))]",
        "[PlaceOrder(1.0, 1.0, None, None, None, None)] * 5000",
    ],
)
def test_impossible_order_ends_the_job(ops, market):
    attack = f"""
    import sys
    if len(self.data) == 90:
        names = vars(sys.modules["components.protocol.messages"])
        self._broker.ops = eval({ops!r}, dict(names))
    """
    result = _attacked(market, attack, **SHORT)
    assert result.status is Status.PROTOCOL_ERROR, (result.message, result.traceback)
    assert result.metrics is None


@pytest.mark.parametrize(
    ("attack", "status"),
    [
        ("import os; os._exit(0)", Status.CRASHED),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Status.FAILED),
        ("raise SystemExit(0)", Status.FAILED),
        ("raise KeyboardInterrupt", Status.FAILED),
        ("1 / 0", Status.FAILED),
        ("channel()._socket.close()", None),
    ],
)
def test_guest_that_ends_early_has_failed_whatever_it_says(attack, status, market, wall):
    result = _attacked(market, f"if len(self.data) == 90:\n    {attack}", TALK, wall, **SHORT)
    assert result.status is not Status.PASSED
    assert status is None or result.status in {status, Status.KILLED}, result.message
    assert result.metrics is None


def test_guest_that_hangs_is_a_timeout(market, wall):
    attack = "while len(self.data) == 90: pass"
    limits = Limits(wall_s=200, cpu_s=2)
    result = _attacked(market, attack, wall=wall, limits=limits, **SHORT)
    assert result.status is Status.TIMEOUT
    assert result.metrics is None


def test_prices_that_the_package_ships_are_not_in_the_sandbox(market, wall):
    head = """
    import backtesting, os
    from backtesting.test import GOOG
    FOLDER = os.path.join(os.path.dirname(backtesting.__file__), "test")
    FOUND = os.path.exists(os.path.join(FOLDER, "GOOG.csv"))
    """
    attack = "assert not FOUND and abs(GOOG.Close.iloc[0] - 100) < 20, (FOUND, GOOG)"
    result = _attacked(market, attack, head, wall, **SHORT)
    assert result.status is Status.PASSED, result.traceback


def test_no_bar_of_the_future_is_anywhere_in_the_process(market, wall):
    attack = """
    import gc
    n = len(self.data)
    if n in (60, 200, 900):
        import ctypes
        closes = np.asarray(self.data.Close)
        arrays = [o for o in gc.get_objects() if isinstance(o, np.ndarray) and o.dtype == float]
        arrays += [a.base for a in arrays if isinstance(a.base, np.ndarray)]
        for a in arrays:
            if a.ndim == 1 and len(a) > n and np.array_equal(np.asarray(a)[:n], closes):
                assert not np.asarray(a)[n:].any(), a
        assert len(self.data.df) == len(self.data.index) == len(self.data.Close.s) == n
    """
    result = _attacked(market, attack, wall=wall, end="2008-12-31")
    assert result.status is Status.PASSED, result.traceback


@pytest.mark.parametrize(
    "order", ["buy(stop=1, limit=1e7, size=.99)", "sell(stop=1e3, limit=1, size=5)"]
)
@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_stop_limit_that_the_market_has_passed_is_filled_at_the_open_and_reported(
    order, causality, market
):
    source = HEAD + strategy("pass", f"if len(self.data) == 50: self.{order}")
    result = run(source, market, causality=causality, end="2005-12-31")
    (trade,) = result.trades
    assert trade.entry_price == market.bars("GOOG", "1d", None, None).frame["Open"].iloc[50]
    found = result.fill_differences
    assert (found.bars, found.first_bar, found.first_time) == (1, 50, "2004-10-29T00:00:00")
    if "sell" in order:
        assert found.money == pytest.approx(5 * (1e3 - trade.entry_price))
    assert found.money_pct == pytest.approx(found.money / 100)
    (finding,) = fill_findings(result)
    assert finding.severity is Severity.WARNING
    assert "first at 2004-10-29T00:00:00 (bar 50)" in finding.message
    assert result.lookahead == ()


def test_tag_that_no_text_can_hold_ends_no_job(market):
    source = strategy("pass", r"if len(self.data) == 50: self.buy(size=1, tag='\ud800')")
    (trade,) = run(HEAD + source, market, **SHORT).trades
    assert trade.tag == r"\ud800"


def test_order_that_is_refused_for_its_stop_leaves_no_trace(market):
    refused = """
p = self.data.Close[-1]
if len(self.data) % 20 == 5:
    try: self.buy(size=1, limit=p, stop=float("nan"))
    except ValueError: pass
    self.buy(size=1, limit=p * .5)
    self.orders[-1].cancel()
    self.buy(size=2)
"""
    honest = refused.replace('try: self.buy(size=1, limit=p, stop=float("nan"))', "try: pass")
    asked, left_out = (
        run(HEAD + strategy("pass", s), market, **SOME_YEARS) for s in (refused, honest)
    )
    assert asked.trades == left_out.trades
    assert len(asked.trades) > 10
