"""Runs the author's own `test_*.py` with pytest and reports each test as a frame."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from components.protocol.wire import CaseDone, CaseOutcome, TestsDone
from components.sandbox.guest.runtime.faults import plain
from components.sandbox.guest.runtime.folder import open_folder

if TYPE_CHECKING:
    from pathlib import Path

    from components.protocol.wire import Channel

MESSAGE_CAP = 2_000
EXIT_BY_PYTEST = 1
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--tb=short", "--color=no")


class _Reporter:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.told = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test counts once: its call, or the set-up or clean-up that failed or skipped it."""
        if report.when == "call" or report.outcome != "passed":
            self._tell(report.nodeid, report.outcome, report.duration, report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be collected is a failed test of that name."""
        if report.outcome == "failed":
            self._tell(report.nodeid, report.outcome, 0.0, report.longreprtext)

    def _tell(self, name: str, outcome: CaseOutcome, duration: float, message: str) -> None:
        done = CaseDone(plain(name), outcome, duration, plain(message[-MESSAGE_CAP:]))
        self._channel.send(msgspec.msgpack.encode(done))
        self.told += 1


def run(channel: Channel, folder: Path, spec: bytes) -> None:  # noqa: ARG001  # all kinds' shape
    """Run pytest on `folder`; exits with 1 when a test failed or pytest itself did."""
    open_folder(folder)
    sys.argv = ["pytest"]
    arguments = [*OPTIONS, "--rootdir", str(folder), "-c", "/dev/null", str(folder)]
    reporter = _Reporter(channel)
    code = pytest.main(arguments, plugins=[reporter])
    channel.send(msgspec.msgpack.encode(TestsDone(ran=reporter.told)))
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise SystemExit(EXIT_BY_PYTEST)
