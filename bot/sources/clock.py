"""The clock (apscheduler) -> events: Ticks, scheduled re-checks, polling, retention."""

import datetime as dt
import threading
import time
from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from components.errors import AlgoOpsError

LOOK_S = 5.0
STEP_S = 2.0
"""A wall clock that is set back by more has its calls moved with it."""

log = structlog.get_logger(__name__)


class Clock:
    """Calls functions at intervals, each one at a time; a late call is made once, not doubled.

    Args:
        wall: the time that the calls are planned by, in seconds; it may be set back.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._follow, name="clock-watch", daemon=True)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(
        self,
        seconds: float,
        name: str,
        call: Callable[[], object],
        *,
        at_once: bool = False,
        last: dt.datetime | None = None,
    ) -> None:
        """Call `call` every so many seconds from the start on; expected errors are logged.

        `at_once` makes the first call at the start, for what may have happened before it; `last`
        counts the seconds from an earlier process' last call.
        """

        def guarded() -> None:
            try:
                call()
            except AlgoOpsError as error:
                log.warning("a scheduled task failed", task=name, why=str(error))

        now = dt.datetime.now(dt.UTC)
        due = now if at_once else last and max(now, min(last, now) + dt.timedelta(seconds=seconds))
        first = {"next_run_time": due} if due else {}
        self._scheduler.add_job(guarded, "interval", seconds=seconds, id=name, name=name, **first)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Stop; a call that is under way is waited for. Idempotent."""
        if self._scheduler.running:
            self._ended.set()
            self._watch.join()
            self._scheduler.shutdown(wait=True)

    def _follow(self) -> None:
        """Keep the intervals where the wall clock is set back: nothing waits for it to catch up.

        Set forward, or after a sleep of the machine, what is due is called at once.
        """
        ahead = self._wall() - time.monotonic()
        while not self._ended.wait(LOOK_S):
            step = self._wall() - time.monotonic() - ahead
            ahead += step
            if step < -STEP_S:
                log.warning("the clock was set back", by_s=round(-step))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=job.next_run_time + dt.timedelta(seconds=step))
