"""For all tests: nothing is judged by the clock, and who needs the machine has it alone."""

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.config import logs

# Compiled files are kept: else each of the hundreds of processes that tests start compiles anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is no fault of what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test marked `serial` while no other worker of this session (pytest-xdist) runs one."""
    # As the daemon does, also after a test of a command, which logs less. Structlog by itself
    # would show each frame's variables, for seconds a traceback.
    logs.set_up()
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if session is None:
        return (yield)
    alone = item.get_closest_marker("serial") is not None
    with _turn(Path(tempfile.gettempdir()) / f"algoops-tests-{session}", alone=alone):
        return (yield)


@contextmanager
def _turn(lock: Path, *, alone: bool) -> Iterator[None]:
    """Whoever waits to be alone holds the door, so that the others cannot go on passing it."""
    with lock.with_suffix(".door").open("w") as door, lock.open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
