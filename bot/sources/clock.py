"""The clock (apscheduler) -> events: Ticks, scheduled re-checks, polling, retention."""

import datetime as dt
from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from components.errors import AlgoOpsError

log = structlog.get_logger(__name__)


class Clock:
    """Calls functions at intervals, each one at a time; a late call is made once, not doubled."""

    def __init__(self) -> None:
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

    def stop(self) -> None:
        """Stop; a call that is under way is waited for. Idempotent."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
