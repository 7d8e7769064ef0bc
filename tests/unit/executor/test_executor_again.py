"""What is run once more, and who runs beside whom."""

import threading

import pytest

from components.executor.again import MOST_RUNS, again, may_run_again, rest_s
from components.executor.room import Room
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult, Limits, ResourceUsage, Status

BROKEN, TIMEOUT = Status.INFRASTRUCTURE_ERROR, Status.TIMEOUT


def result(status, cpu_s=None, waited_s=None):
    return ExecutionResult(
        status=status, resource_usage=ResourceUsage(cpu_s=cpu_s, waited_s=waited_s)
    )


@pytest.mark.parametrize("status", [s for s in Status if s not in (BROKEN, TIMEOUT)])
def test_what_the_content_decided_is_run_once(status):
    assert again(result(status), 1, alone=False) == "no"


@pytest.mark.parametrize(
    ("first", "runs", "alone", "then"),
    [
        (result(BROKEN), 1, True, "beside others"),  # no sandbox, or killed from outside
        (result(BROKEN), MOST_RUNS, False, "no"),
        (result(BROKEN, cpu_s=4.9, waited_s=55.0), 1, True, "alone"),  # a busy machine
        (result(BROKEN, cpu_s=4.9, waited_s=55.0), 2, True, "no"),
        (result(TIMEOUT, cpu_s=60.1, waited_s=0.1), 1, False, "alone"),  # two on one core
        (result(TIMEOUT, cpu_s=60.1, waited_s=30.0), 1, True, "alone"),  # somebody else's work
        (result(TIMEOUT, cpu_s=60.1, waited_s=0.1), 1, True, "no"),  # it loops for ever
        (result(TIMEOUT, cpu_s=60.1, waited_s=0.1), 2, False, "no"),
    ],
)
def test_what_the_machine_may_have_decided_is_run_again(first, runs, alone, then):
    assert again(first, runs, alone=alone) == then


def always():
    return True


def test_run_that_another_one_overlaps_was_not_alone():
    room = Room()
    with room.enter(alone=False, wanted=always) as first:
        assert first.alone
        with room.enter(alone=False, wanted=always) as second:
            assert not second.alone
    assert not first.alone
    with room.enter(alone=False, wanted=always) as third:
        assert third.alone


def test_run_that_wants_to_be_alone_waits_and_keeps_later_ones_out():
    room, order = Room(), []
    inside, leave = threading.Event(), threading.Event()

    def stay(name, *, alone):
        with room.enter(alone=alone, wanted=always) as entered:
            order.append(name)
            inside.set()
            assert leave.wait(10)
        order.append((name, entered.alone))

    first = threading.Thread(target=stay, args=("first",), kwargs={"alone": False})
    first.start()
    assert inside.wait(10)
    lonely = threading.Thread(target=stay, args=("lonely",), kwargs={"alone": True})
    lonely.start()
    while not room._wanted:
        inside.wait(0.01)
    last = threading.Thread(target=stay, args=("last",), kwargs={"alone": False})
    last.start()
    leave.set()
    for thread in (first, lonely, last):
        thread.join(10)
    assert order.index(("lonely", True)) < order.index("last")


def test_run_that_nobody_wants_any_more_does_not_wait_for_room():
    room = Room()
    with (
        room.enter(alone=False, wanted=always),
        room.enter(alone=True, wanted=lambda: False) as dropped,
    ):
        assert not dropped.alone


# --- sealed jobs ---------------------------------------------------------------------------------


def job(*, sealed):
    return BacktestJob(
        strategy="alpha", files={}, rules="", parameters={}, config=BacktestConfig(),
        symbol="SPX", interval="1d", start=None, end=None, limits=Limits(wall_s=100), sealed=sealed,
    )  # fmt: skip


@pytest.mark.parametrize(("spent_s", "rest"), [(0.5, 109.5), (109.5, 0.5), (111.0, 109.0)])
def test_sealed_job_keeps_its_worker_as_long_whatever_it_did(spent_s, rest):
    assert rest_s(job(sealed=True), spent_s) == pytest.approx(rest)
    assert rest_s(job(sealed=False), spent_s) == 0


def test_sealed_job_that_was_late_has_no_second_time_that_others_could_see():
    assert not may_run_again(job(sealed=True), result(TIMEOUT))
    assert may_run_again(job(sealed=True), result(BROKEN))
    assert may_run_again(job(sealed=False), result(TIMEOUT))
