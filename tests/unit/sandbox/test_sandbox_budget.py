"""Whose fault it is that the time ran out: measured on real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest

from components.sandbox.limits import processes
from components.sandbox.limits.cgroups import Counters
from components.sandbox.session import budget
from components.sandbox.session.budget import JobBudget
from components.schema.results.values import Limits

# why: the process is there to be killed; the tests do not wait for it
SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
TURNS = "print('up', flush=True)\nwhile True: pass"
DEADLINE_S = 60.0


@dataclass
class ByTree:
    """Holds a process as a wall without control groups does."""

    first: int

    def counters(self):
        return Counters(cpu_s=processes.cpu_s(self.first))


@pytest.fixture
def started():
    running = []

    def start(source, *, processor=None):
        process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout.readline() == b"up\n"
        if processor is not None:
            os.sched_setaffinity(process.pid, {processor})
        return process.pid

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def late(pid, limits):
    made = JobBudget(ByTree(pid), limits)
    until = time.monotonic() + DEADLINE_S
    while (found := made.spent(0)) is None:
        assert time.monotonic() < until
        threading.Event().wait(0.02)  # why: a budget is looked at now and then
    return found


def test_process_that_sleeps_for_ever_has_no_excuse(started):
    found = late(started(SLEEPS), Limits(wall_s=1, cpu_s=1))
    assert found.message == "it took longer than 1 s"
    assert not found.excuse


def test_process_that_others_kept_from_working_is_excused(started):
    here = min(os.sched_getaffinity(0))
    pid = started(TURNS, processor=here)
    for _other in range(4):
        started(TURNS, processor=here)
    found = late(pid, Limits(wall_s=1, cpu_s=100))
    assert "too busy" in found.excuse
    assert found.starved_s > 0.5


def test_process_that_somebody_stopped_is_excused(started):
    pid = started(SLEEPS)
    os.kill(pid, signal.SIGSTOP)
    assert "stopped" in late(pid, Limits(wall_s=0.5, cpu_s=1)).excuse


def test_work_ends_by_cpu_time_whatever_the_wall_clock_allows(started):
    found = late(started(TURNS), Limits(wall_s=600, cpu_s=0.5))
    assert found.message == "it used more than 0.5 s of CPU time"
    assert not found.excuse


def test_work_that_a_sleeping_guest_makes_us_do_is_bounded_too(started):
    made = JobBudget(ByTree(started(SLEEPS)), Limits(wall_s=600, cpu_s=0.2))
    until = time.monotonic() + DEADLINE_S
    while (found := made.spent(0)) is None:
        assert time.monotonic() < until
    assert found.message == "its orders took us more than 0.2 s of CPU time to work on"


def test_kernel_that_does_not_count_waiting_blames_nobody(started, monkeypatch):
    monkeypatch.setattr(budget.processes, "waited_s", lambda _pid: None)
    assert "not known" in late(started(SLEEPS), Limits(wall_s=0.2, cpu_s=1)).excuse
