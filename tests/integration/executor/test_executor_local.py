"""Worker processes of this machine: when they start."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import SPEC, eventually, script

from components.executor.local import LocalExecutor
from components.ports import BacktestJob, SmokeJob
from components.sandbox.limits import processes
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits, Status


def children() -> set[int]:
    return set(processes.children(os.getpid()))


def test_a_check_that_ends_before_the_sandbox_starts_no_worker():
    before = children()
    executor = LocalExecutor(SPEC, 2)
    executor.close()
    assert executor.describe()["starting"] == 2
    assert children() <= before


def test_a_worker_that_was_not_started_ahead_runs_the_first_job():
    executor = LocalExecutor(SPEC, 2)
    try:
        assert executor.submit(script("print(1)")).result(120).status is Status.PASSED
        assert executor.describe()["starting"] == 1
    finally:
        executor.close()


def test_all_workers_start_before_the_first_job_once_prepared():
    executor = LocalExecutor(replace(SPEC, sandbox=replace(SPEC.sandbox, warm=2)), 2)
    try:
        executor.prepare()
        eventually(lambda: executor.describe()["starting"] == 0, 120)
    finally:
        executor.close()


def test_no_worker_starts_before_the_first_job_where_no_guest_is_to_be_warm():
    executor = LocalExecutor(SPEC, 2)
    try:
        executor.prepare()
        assert executor._threads == []
        assert executor.submit(script("print(1)")).result(120).status is Status.PASSED
    finally:
        executor.close()


def check_of(number):
    """The jobs of one check, whose strategy tells in which sandbox instance it runs."""
    code = (
        "import os\nfrom backtesting import Strategy\n"
        f"print({number}, os.stat('/proc/self/ns/pid').st_ino)\n"
        "class S(Strategy):\n    def init(self): pass\n    def next(self): pass\n"
    )
    shared = {
        "strategy": "s", "files": {"strategy.py": code.encode()}, "rules": "", "parameters": {},
        "config": BacktestConfig(), "interval": "1d", "limits": Limits(),
    }  # fmt: skip
    span = {"start": "2017-01-01", "end": "2017-03-01"}
    runs = [BacktestJob(symbol=name, **span, **shared) for name in ("SPX", "IXIC")]
    return [SmokeJob(symbol="SPX", **shared), *runs]


def test_check_of_one_strategy_starts_one_sandbox_instance_and_no_two_share_one():
    sandbox = replace(SPEC.sandbox, share=True)
    executor = LocalExecutor(replace(SPEC, sandbox=sandbox), 1)
    try:
        checks = [check_of(number) for number in range(3)]
        futures = [[executor.submit(job) for job in jobs] for jobs in checks]
        results = [[future.result(120) for future in some] for some in futures]
    finally:
        executor.close()
    assert {result.status for some in results for result in some} == {Status.PASSED}
    told = [{line for r in some for line in r.stdout.splitlines()} for some in results]
    assert [len(lines) for lines in told] == [1, 1, 1]
    assert len({line.split()[1] for lines in told for line in lines}) == 3


def sealed(wall_s):
    """A job that ends at once, since there is no such data."""
    return BacktestJob(
        strategy="alpha", files={}, rules="", parameters={}, config=BacktestConfig(),
        symbol="NOWHERE", interval="1d", start=None, end=None, limits=Limits(wall_s=wall_s),
        sealed=True,
    )  # fmt: skip


def test_sealed_job_is_answered_no_sooner_than_its_limit_and_ends_with_its_executor():
    executor = LocalExecutor(SPEC, 1)
    try:
        began = time.monotonic()
        assert executor.submit(sealed(2)).result(120).status is Status.FAILED
        assert time.monotonic() - began >= 2
        held = executor.submit(sealed(100_000))
        eventually(lambda: executor.describe()["busy"] == 1)
    finally:
        executor.close()
    assert held.result(0).status in {Status.FAILED, Status.KILLED}
