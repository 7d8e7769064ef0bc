"""Host and guest of a conversation share a processor while they take turns, and only then."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from sandbox_support import SMALL

from components.engine.market_data import FolderData
from components.engine.run import run_backtest
from components.ports import BacktestJob
from components.sandbox.limits import claims
from components.sandbox.limits.processor import Processor
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status
from tests.engine_support import ROOT

ALL = os.sched_getaffinity(0)
SAYS_WHERE = b"""
import json, os
from backtesting import Strategy
class Where(Strategy):
    def init(self):
        print(json.dumps(sorted(os.sched_getaffinity(0))))
    def next(self):
        pass
"""
CONVERSES = """
import sys
from components.sandbox.limits import claims, processor
claims.PREFIX = chr(0) + sys.argv[1]
kept = processor.Processor()
print(kept.number, flush=True)
sys.stdin.read()
"""
# why: with one processor there is nothing to choose, and nothing is chosen
several = pytest.mark.skipif(len(ALL) < 2, reason="one processor leaves nothing to choose")


@pytest.fixture(autouse=True)
def claim(monkeypatch, tmp_path):
    """Other tests run conversations meanwhile: those of this one have claims of their own."""
    monkeypatch.setattr(claims, "PREFIX", f"\0{tmp_path.name}-{os.getpid()}-")
    return claims.PREFIX


def backtest(wall, **limits):
    job = BacktestJob(
        strategy="Where",
        files={"strategy.py": SAYS_WHERE},
        rules="",
        parameters={},
        config=BacktestConfig(initial_capital=100_000),
        symbol="SPX",
        interval="1d",
        start="2010-01-01",
        end="2010-03-01",
        limits=SMALL.model_copy(update=limits),
        causality="streamed",
        lookback=None,
    )
    result = run_backtest(job, wall, FolderData(ROOT / "examples" / "data"))
    assert result.status is Status.PASSED, result.message
    return set(json.loads(result.stdout.splitlines()[0]))


@several
def test_guest_of_a_backtest_has_one_processor_and_the_host_all_of_its_own_again(wall):
    assert len(backtest(wall)) == 1
    assert os.sched_getaffinity(0) == ALL
    seen = []
    later = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
    later.start()
    later.join()
    assert seen == [ALL]


@several
def test_guest_that_may_use_two_processors_is_not_kept_on_one(wall):
    assert backtest(wall, cpus=2.0) == ALL


@several
def test_two_conversations_of_a_process_do_not_share_a_processor():
    one, other = Processor(), Processor()
    try:
        one.stay()
        assert os.sched_getaffinity(0) == {one.number}
        assert one.number != other.number
    finally:
        other.leave()
        one.leave()
    assert os.sched_getaffinity(0) == ALL


@several
def test_conversations_of_two_processes_share_none_and_a_killed_one_gives_its_own_back(claim):
    """Two workers stayed on one processor for a third of the time while another rested."""
    words = [sys.executable, "-c", CONVERSES, claim[1:]]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes, cwd=ROOT) as other:
        theirs = int(other.stdout.readline())
        ours = [Processor() for _ in ALL]
        assert {p.number for p in ours} == ALL - {theirs} | {None}
        other.send_signal(signal.SIGKILL)
        other.wait()
        again = Processor()
        assert again.number == theirs
        for one in (*ours, again):
            one.leave()


@several
def test_conversation_too_many_goes_where_it_likes():
    taken = [Processor() for _ in ALL]
    late = Processor()
    late.stay()
    assert late.number is None
    assert os.sched_getaffinity(0) == ALL
    for one in (*taken, late):
        one.leave()
        one.leave()
    assert os.sched_getaffinity(0) == ALL


@several
def test_thread_is_let_go_from_another_one():
    seen = []
    kept = threading.Event()
    let_go = threading.Event()
    made = []

    def converse():
        made.append(Processor())
        made[0].stay()
        kept.set()
        let_go.wait(10)
        seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=converse)
    thread.start()
    assert kept.wait(10)
    made[0].leave()
    let_go.set()
    thread.join()
    assert seen == [ALL]
