"""The clock makes late calls: a machine that was busy or asleep owes them."""

import datetime as dt
import threading
import time

import pytest

from bot.daemon.app import _last_recheck
from bot.sources import clock as clocks
from bot.sources.clock import Clock
from components.state import Store


def test_a_call_that_is_an_hour_late_is_made_once():
    calls, made = [], threading.Event()

    def call():
        calls.append(1)
        made.set()

    clock = Clock()
    clock.every(3600, "daily", call, at_once=True)
    late = dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)
    clock._scheduler.modify_job("daily", next_run_time=late)
    clock.start()
    assert made.wait(30)
    clock.stop()
    assert calls == [1]


def test_a_call_that_fails_is_made_again():
    calls, again = [], threading.Event()

    def call():
        calls.append(1)
        if len(calls) > 1:
            again.set()
        raise OSError("no room")

    clock = Clock()
    clock.every(0.05, "often", call)
    clock.start()
    assert again.wait(30)
    clock.stop()


@pytest.mark.parametrize(("step", "moved"), [(-3600.0, True), (-1.0, False), (3600.0, False)])
def test_a_clock_that_is_set_back_puts_nothing_off(monkeypatch, step, moved):
    monkeypatch.setattr(clocks, "LOOK_S", 0.01)
    called, looks, ahead = threading.Event(), threading.Semaphore(0), [0.0]

    def wall():
        looks.release()
        return time.time() + ahead[0]

    clock = Clock(wall)
    clock.every(3000, "poll", called.set)  # due at once when it is moved an hour ahead
    clock.start()
    assert looks.acquire(timeout=30)
    ahead[0] = step
    for _ in range(4):
        assert looks.acquire(timeout=30)
    assert called.wait(30 if moved else 0) is moved
    clock.stop()


@pytest.mark.parametrize(
    ("ago", "due"), [(90_000, 0), (86_000, 400), (0, 86_400), (-1_000_000, 86_400)]
)
def test_a_restart_does_not_put_off_what_is_due_once_a_day(ago, due):
    clock = Clock()
    now = dt.datetime.now(dt.UTC)
    clock.every(86_400, "daily", list, last=now - dt.timedelta(seconds=ago))
    first = clock._scheduler.get_job("daily").next_run_time
    assert 0 <= (first - now).total_seconds() - due < 60


def test_the_first_start_counts_as_a_look_and_later_ones_do_not(tmp_path):
    with Store(tmp_path / "algoops.db") as store:
        first = _last_recheck(store)
        assert _last_recheck(store) == first
