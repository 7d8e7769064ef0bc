"""A worker that was stopped blames nobody for the time that went by."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from components.executor import run, standstill
from components.executor.standstill import Standstill
from components.schema.results.values import ExecutionResult, Status

WATCHED = """
import sys
from components.executor.standstill import Standstill
with Standstill() as still:
    print("up", flush=True)
    sys.stdin.readline()
print(still.longest_s)
"""


def stood_still(stopped_s):
    """What a process says that was stopped for so many seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "up\n"
    if stopped_s:
        os.kill(process.pid, signal.SIGSTOP)
        threading.Event().wait(stopped_s)  # why: the pause is what is measured
        os.kill(process.pid, signal.SIGCONT)
    return float(process.communicate("\n", timeout=60)[0])


def test_stopped_process_notices_also_when_its_work_ends_at_once():
    assert stood_still(3.0) > 2.0


@pytest.mark.parametrize(
    ("still_s", "status", "ends"),
    [
        (10.0, Status.TIMEOUT, Status.INFRASTRUCTURE_ERROR),
        (0.0, Status.TIMEOUT, Status.TIMEOUT),
        (10.0, Status.FAILED, Status.FAILED),
        (10.0, Status.PASSED, Status.PASSED),
    ],
)
def test_only_time_that_ran_out_in_a_standstill_is_nobodys_fault(
    monkeypatch, still_s, status, ends
):
    def dispatched(*_words):
        return ExecutionResult(status=status, message="it took longer than 8 s")

    class Stood(Standstill):
        def __exit__(self, *words):
            super().__exit__(*words)
            self.longest_s = still_s

    monkeypatch.setattr(standstill, "TICK_S", 0.01)
    monkeypatch.setattr(run, "Standstill", Stood)
    monkeypatch.setattr(run, "_dispatch", dispatched)
    result = run.run_job(None, None, None)
    assert result.status is ends
    assert ("was not scheduled" in result.message) is (ends is Status.INFRASTRUCTURE_ERROR)
