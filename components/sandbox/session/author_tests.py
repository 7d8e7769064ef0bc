"""Runs the author's own `test_*.py` in a guest; what they say is reported as the author's word."""

import time
from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from components.ports import GuestBroke, GuestGone, GuestJob, GuestLate, Sandbox
from components.protocol.wire import UNREADABLE, CaseDone, TestsDone
from components.sandbox.session import faults
from components.schema.results.values import (
    AuthorTest,
    ExecutionResult,
    Limits,
    Outcome,
    Provenance,
    Status,
)
from components.texts import harmless

MOST_TESTS = 500
"""Tests that a result carries; more are counted as one more failure."""

NAME_CAP, MESSAGE_CAP = 300, 2_000
_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED, "skipped": Outcome.SKIPPED}


def has_tests(files: Mapping[str, bytes]) -> bool:
    """Whether there is a file that pytest would collect."""
    return any(_is_test(PurePosixPath(name).name) for name in files)


def run_author_tests(
    files: Mapping[str, bytes], sandbox: Sandbox, limits: Limits, *, label: str = "", seed: int = 0
) -> ExecutionResult:
    """Run pytest on a strategy's folder, with one `AuthorTest` for every test.

    Passed means that pytest came to its end with exit code 0 and no test said that it failed.

    Raises:
        TransientError: no guest could be started.
    """
    job = GuestJob(kind="pytest", files=files, spec=b"", limits=limits, label=label, seed=seed)
    tests: list[AuthorTest] = []
    fault, finished = None, False
    began = time.perf_counter()
    with sandbox.open(job) as guest:
        try:
            while len(tests) <= MOST_TESTS:
                frame = guest.receive()
                fault = faults.read(frame) or fault
                tests += _test_of(frame)
                finished = finished or _is_end(frame, len(tests))
            guest.kill()
        except (GuestGone, GuestLate, GuestBroke):
            pass
        end = guest.finish()
    provenance = Provenance(image=sandbox.image, backend=sandbox.backend, seed=seed)
    result = faults.result_of(end, fault, provenance, time.perf_counter() - began)
    if len(tests) > MOST_TESTS:
        told = f"there are more than {MOST_TESTS} tests"
        update = {"status": Status.FAILED, "message": told, "tests": tuple(tests[:MOST_TESTS])}
        return result.model_copy(update=update)
    return _with_tests(result, tuple(tests), finished=finished)


def _is_test(name: str) -> bool:
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _test_of(frame: bytes) -> list[AuthorTest]:
    try:
        done = msgspec.msgpack.decode(frame, type=CaseDone)
    except UNREADABLE:
        return []
    test = AuthorTest(
        name=harmless(done.name[:NAME_CAP], keep=""),
        outcome=_OUTCOMES[done.outcome],
        duration_s=max(0.0, done.duration_s),
        message=harmless(done.message[-MESSAGE_CAP:]),
    )
    return [test]


def _is_end(frame: bytes, seen: int) -> bool:
    try:
        return msgspec.msgpack.decode(frame, type=TestsDone).ran == seen
    except UNREADABLE:
        return False


def _with_tests(
    result: ExecutionResult, tests: tuple[AuthorTest, ...], *, finished: bool
) -> ExecutionResult:
    failed = sum(test.outcome is Outcome.FAILED for test in tests)
    told = result.message
    if failed:
        told = f"{failed} of {len(tests)} of the author's tests failed"
    elif not finished and not result.traceback:
        told = "pytest was ended before all tests had run"
    update: dict[str, object] = {"tests": tests}
    if result.status in {Status.PASSED, Status.FAILED} and told:
        update |= {"status": Status.FAILED, "message": told}
    return result.model_copy(update=update)
