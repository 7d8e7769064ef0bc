"""No result depends on the machine: not on what runs beside a job, nor on who kills its guest."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from components.executor.again import MOST_RUNS
from components.executor.local import LocalExecutor
from components.executor.messages import WorkerSpec
from components.ports import ScriptJob
from components.sandbox.backends.select import SandboxSpec
from components.schema.results.values import Limits, Status
from tests.executor_support import PROJECT, backtest_job, descendants, eventually

pytestmark = pytest.mark.usefixtures("forked_workers")
LIMITS = Limits()
BUSY = "while True: pass"
WAITS = b"import time; print('up', flush=True); time.sleep(5); print('done')"  # why: a job that waits and uses no processor


@pytest.fixture
def executor():
    spec = WorkerSpec(SandboxSpec(LIMITS, backend="bubblewrap"), PROJECT / "examples" / "data")
    made = LocalExecutor(spec, 2)
    yield made
    made.close()


@pytest.fixture
def busy_machine():
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    yield
    for other in others:
        other.kill()
        other.wait()


def jobs():
    short = replace(backtest_job(), end="2003-12-31", limits=LIMITS)
    return [replace(short, parameters={"fast": fast}) for fast in (10, 30)]


def test_examples_beside_busy_loops_have_the_results_that_they_have_alone(executor, request):
    alone = [executor.submit(job).result(250) for job in jobs()]
    request.getfixturevalue("busy_machine")
    beside = [future.result(250) for future in [executor.submit(job) for job in jobs()]]
    for one, other in zip(alone, beside, strict=True):
        assert one.status is other.status is Status.PASSED
        assert (one.metrics, one.trades) == (other.metrics, other.trades)


def guest_of(executor, but=0):
    """The process of the job that runs: what the supervisor forked, in a sandbox of ours."""

    def found():
        workers = [task.worker.pid for task in list(executor._running.values()) if task.worker]
        below = [pid for worker in workers for pid in descendants(worker)]
        forked = [pid for pid in below if _is_guest(pid) and _is_guest(_parent(pid))]
        return next((pid for pid in forked if pid != but), None)

    return eventually(found, 200)


def _is_guest(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b"components.sandbox.guest.runtime.main" in words and not words[0].endswith(b"bwrap")
    except OSError:
        return False


def _parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_guest_that_an_operator_kills_is_run_again(executor, number):
    future = executor.submit(ScriptJob(WAITS, LIMITS))
    os.kill(guest_of(executor), number)
    result = future.result(120)
    assert (result.status, result.stdout) == (Status.PASSED, "up\ndone\n")


def test_guest_that_is_killed_again_and_again_is_nobodys_failure(executor):
    # why: the job is there to be killed; the test does not wait for it
    future = executor.submit(ScriptJob(b"import time; time.sleep(600)", LIMITS))
    last = 0
    for _run in range(MOST_RUNS):
        last = guest_of(executor, but=last)
        os.kill(last, signal.SIGKILL)
    result = future.result(120)
    assert result.status is Status.INFRASTRUCTURE_ERROR
    assert "from outside with SIGKILL" in result.message


def test_guest_that_kills_itself_has_failed_by_itself(executor):
    source = b"import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    result = executor.submit(ScriptJob(source, LIMITS)).result(250)
    assert result.status is Status.FAILED
    assert "PermissionError" in result.message
