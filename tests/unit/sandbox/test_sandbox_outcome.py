import signal

import pytest

from components.sandbox.limits.cgroups import Counters
from components.sandbox.session.outcome import Facts, judge
from components.schema.results.values import Limits, Status

LIMITS = Limits(memory_mb=100, cpu_s=2, wall_s=5)
KILLED_ONE = Counters(cpu_s=0.1, max_memory_mb=100, oom_kills=1)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (Facts(ended=True, code=0), Status.PASSED),
        (Facts(ended=True, code=3), Status.FAILED),
        (Facts(ended=True, signal=signal.SIGSEGV), Status.CRASHED),
        (Facts(ended=True, signal=63), Status.INFRASTRUCTURE_ERROR),
        (Facts(ended=False), Status.INFRASTRUCTURE_ERROR),
        (Facts(ended=False, late="too long"), Status.TIMEOUT),
        (Facts(ended=True, code=0, late="too long"), Status.TIMEOUT),
        (Facts(ended=False, late="too long", excuse="too busy"), Status.INFRASTRUCTURE_ERROR),
        (Facts(ended=False, broke="a bad frame"), Status.PROTOCOL_ERROR),
        (Facts(ended=False, killed=True), Status.KILLED),
        (Facts(ended=True, code=0, used=KILLED_ONE), Status.OUT_OF_MEMORY),
        (Facts(ended=False, late="too long", used=KILLED_ONE), Status.OUT_OF_MEMORY),
        (Facts(ended=False, killed=True, used=KILLED_ONE), Status.KILLED),
        (Facts(ended=True, signal=9, used=Counters(cpu_s=2.5)), Status.TIMEOUT),
        (Facts(ended=True, signal=9, used=Counters(cpu_s=0.5)), Status.INFRASTRUCTURE_ERROR),
    ],
)
def test_what_was_seen_decides_the_status(facts, status):
    assert judge(facts, LIMITS)[0] is status


def test_exit_code_zero_after_a_child_ran_out_of_memory_is_out_of_memory():
    status, message = judge(Facts(ended=True, code=0, used=KILLED_ONE), LIMITS)
    assert status is Status.OUT_OF_MEMORY
    assert "100 MiB" in message


def test_signal_is_named():
    assert "SIGABRT" in judge(Facts(ended=True, signal=signal.SIGABRT), LIMITS)[1]
