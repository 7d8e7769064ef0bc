"""Guests that speak the wire themselves to keep the host busy: every job ends in time."""

import time

import pytest
from engine_support import run

from components.engine import broker, feed
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits, Status

pytestmark = pytest.mark.filterwarnings("ignore")

WALL_S, SLACK_S, HANGS_S = 1.5, 2.0, 60.0
LIMITS = Limits(wall_s=WALL_S, cpu_s=60)
RICH = BacktestConfig(initial_capital=1e12, hedging=True)

TALK = """
import sys, time
from backtesting import Strategy
from components.protocol.messages import Bar, Hello, Reply, RunWhole, request_decoder, encoder
from components.protocol.wire import HEADER

frame = sys._getframe()
while not (type(frame.f_locals.get("self")).__name__ == "_Guest" and "request" in frame.f_locals):
    frame = frame.f_back
ch, nonce = frame.f_locals["self"]._channel, frame.f_locals["request"].nonce
ch.send(encoder.encode(Reply(nonce, False, [], [])))

def answers(ops):
    bar = 0
    while isinstance(request := request_decoder.decode(ch.receive()), Bar):
        live = bar >= 1
        ch.send(encoder.encode((request.nonce, live, [], ops(bar) if live else [])))
        bar += 1

BUY = (0, 1, None, None, None, None, None)
FAR = (0, 1, 1e-3, None, None, None, None)
"""
STALLS = {
    "orders_are_placed_and_cancelled": "answers(lambda bar: [FAR] * 1900 + [(1, n) for n in range(1899, -1, -1)])",
    "thousands_of_trades_are_opened_at_each_bar": "answers(lambda bar: [BUY] * 1900)",
    "a_trade_is_closed_portion_by_portion": """
answers(lambda bar: [(0, 10**6, None, None, None, None, None)] if bar == 1 else
    [] if bar == 2 else [(2, 0, False, 1e-6)] * 1900)""",
    "a_stop_loss_is_moved_again_and_again": """
answers(lambda bar: [BUY] if bar == 1 else
    [] if bar == 2 else [(3, 0, False, "sl", 1 + n / 1e6) for n in range(9_000)])""",
    "it_never_answers": "ch.receive(); time.sleep(1000)",  # why: the guest that has to be ended
    "an_answer_comes_byte_by_byte": """
ch.receive()
for byte in HEADER.pack(1_000_000) + bytes(1_000_000):
    ch._socket.send(bytes([byte])); time.sleep(0.001)  # why: as slow as a guest can be without a pause to notice""",
}
WHOLE_STALLS = {
    "it_never_reads": "time.sleep(1000)",  # why: the guest that has to be ended
    "it_reads_byte_by_byte": "while True: ch._socket.recv(1)",
    "orders_never_end": """
while not isinstance(request := request_decoder.decode(ch.receive()), RunWhole):
    ch.send(encoder.encode(Reply(request.nonce, False, [], [])))
while True:
    ch.send(encoder.encode((request.nonce, 1, [], [], [], True)))""",
}
NOTHING = "\nclass S(Strategy):\n    def init(self): pass\n    def next(self): pass\n"


def _attacked(market, wall, attack, **how):
    how = {"config": RICH, "limits": LIMITS, "symbol": "SPX", **how}
    return run(TALK + attack + NOTHING, market, sandbox=wall, **how)


@pytest.mark.parametrize(
    ("name", "causality"),
    [*((n, "streamed") for n in STALLS), *((n, "audited") for n in WHOLE_STALLS)],
)
def test_guest_that_stalls_the_host_ends_soon_after_its_limit(name, causality, market, wall):
    attack = {**STALLS, **WHOLE_STALLS}[name]
    before = time.process_time()
    result = _attacked(market, wall, attack, causality=causality)
    assert result.status in {Status.TIMEOUT, Status.INFRASTRUCTURE_ERROR}, result.message
    assert "longer than 1.5 s" in result.message
    # why: what the host does is counted; a busy machine makes it wait, which no guest can
    assert time.process_time() - before < WALL_S + SLACK_S
    assert result.duration_s - result.phases_s["open"] < HANGS_S


@pytest.mark.parametrize(
    ("ops", "words"),
    [
        ("[FAR] * 40_000 + [(1, n) for n in range(39_999, -1, -1)]", "80000 requests at one bar"),
        ("[FAR] * 3_000 + [(1, 0)] * 3_000", f"more than {broker.MAX_WAITING} orders wait"),
    ],
)
def test_frame_with_more_requests_than_any_strategy_makes_is_refused_before_it_is_worked_on(
    ops, words, market, wall
):
    result = _attacked(market, wall, f"OPS = {ops}\nanswers(lambda bar: OPS)", limits=Limits())
    assert result.status is Status.PROTOCOL_ERROR
    assert words in result.message


def test_whole_run_with_requests_without_end_is_refused(market, wall, monkeypatch):
    monkeypatch.setattr(feed, "MAX_OPS_IN_ALL", 1_000)
    attack = """
while not isinstance(request := request_decoder.decode(ch.receive()), RunWhole):
    ch.send(encoder.encode(Reply(request.nonce, False, [], [])))
for bar in range(1, 3000):
    ch.send(encoder.encode((request.nonce, 1, [], [bar], [[FAR] * 9]  , True)))"""
    result = _attacked(market, wall, attack, causality="audited", limits=Limits())
    assert "more than 1000 requests in one run" in result.message


def test_trades_without_end_are_refused(market, wall, monkeypatch):
    monkeypatch.setattr(broker, "MAX_TRADES", 100)
    monkeypatch.setattr(broker, "TRADES_A_BAR", 0)
    attack = "answers(lambda bar: [BUY] if bar % 2 else [(2, 0, False, 1.0)] if bar > 2 else [])"
    result = _attacked(market, wall, attack, limits=Limits())
    assert result.status is Status.PROTOCOL_ERROR
    assert "more than 100 trades" in result.message


def test_fault_of_a_megabyte_is_capped(market, wall):
    attack = """
from components.protocol.wire import Fault
ch.receive()
ch.send(encoder.encode(Fault("E: " + "A" * 500_000, "\\x1b]0;owned\\x07" + "B" * 500_000)))"""
    result = _attacked(market, wall, attack, limits=Limits())
    assert result.status is Status.FAILED
    assert len(result.message) + len(result.traceback) < 20_000
