"""The look-ahead check of a backtest that did not end in order is never green."""

import threading

import pytest

from bot.checks.stages import Progress, _lookahead
from bot.checks.subject import Subject
from components.engine.findings import unfinished
from components.schema.results.report import Change
from components.schema.results.values import CheckName, ExecutionResult, Finding, Outcome, Status

LOOKED = ExecutionResult(
    status=Status.PASSED,
    symbol="SPX",
    looked_at="2 indicators and all orders are the same with later bars at hand (5031 bars)",
)
LEAK = Finding(check=CheckName.LOOKAHEAD, rule="lookahead", message="`x` uses future bars")


def _check(*results):
    subject = Subject(
        name="oracle", path="strategies/oracle", change=Change.ADDED, tree="", files={}
    )
    progress = Progress(subject, lambda *_: None, threading.Event())
    passed = _lookahead(subject, results, progress, 0.0)
    (check,) = progress.done
    assert passed is (check.outcome is Outcome.PASSED)
    return check


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (Status.TIMEOUT, "it took longer than 2 s"),
        (Status.FAILED, "ZeroDivisionError: division by zero"),
        (Status.OUT_OF_MEMORY, "it needed more memory than 512 MiB"),
        (Status.CRASHED, "the strategy's process ended before its backtest did"),
        (Status.INFRASTRUCTURE_ERROR, "the machine was too busy"),
    ],
)
def test_backtest_that_did_not_end_in_order_leaves_the_look_not_finished(status, message):
    broken = ExecutionResult(status=status, message=message, symbol="IXIC")
    check = _check(LOOKED, broken)
    assert check.outcome is Outcome.SKIPPED
    assert check.summary == f"not finished: IXIC: {message}"


def test_leak_on_one_symbol_counts_although_another_one_timed_out():
    leaking = ExecutionResult(status=Status.PASSED, symbol="SPX", lookahead=(LEAK,))
    broken = ExecutionResult(status=Status.TIMEOUT, message="late", symbol="IXIC")
    check = _check(leaking, broken)
    assert (check.outcome, check.summary) == (Outcome.FAILED, "not finished: IXIC: late")


def test_look_that_the_guest_did_not_answer_is_an_error_of_the_check():
    gone = ExecutionResult(
        status=Status.PASSED, symbol="SPX", lookahead=(unfinished("the sandbox ended"),)
    )
    check = _check(gone)
    assert check.outcome is Outcome.FAILED
    assert "not finished" in check.findings[0].message


def test_finished_look_says_what_it_looked_at():
    check = _check(LOOKED)
    assert (check.outcome, check.summary) == (Outcome.PASSED, f"SPX: {LOOKED.looked_at}")
