"""The clock makes late calls: a machine that was busy or asleep owes them."""

import datetime as dt
import threading

from bot.sources.clock import Clock


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
