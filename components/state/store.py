"""The State Manager: one door to everything that the bot remembers."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from components.state.db import backup, clock, sizes, upkeep
from components.state.db.database import BUSY_S, Database
from components.state.db.errors import StateReadOnly
from components.state.tables.audit import AuditLog
from components.state.tables.backtests import Backtests
from components.state.tables.bodies import Bodies
from components.state.tables.book import BookReturns
from components.state.tables.deployments import Deployments
from components.state.tables.fills import Fills
from components.state.tables.forward import Forward
from components.state.tables.holds import Holds
from components.state.tables.inbox import Inbox
from components.state.tables.intents import Intents
from components.state.tables.jobs import Jobs
from components.state.tables.looks import Looks
from components.state.tables.notes import Comments, Meta
from components.state.tables.records import Stats
from components.state.tables.runs import Runs
from components.state.tables.strategies import Strategies
from components.state.tables.tries import Tries
from components.state.tables.verdicts import Verdicts
from components.state.tables.versions import Versions

DATABASE = "algoops.db"
"""The database's file name inside `state.dir`; the daemon's lock (`LOCK`) is beside it."""


class Store:
    """One SQLite database, safe for any number of threads and processes.

    What a method has written is on disk when it returns, or, inside `transaction()`, when that
    block is left.

    Attributes:
        path: the file.
        inbox, jobs, runs, verdicts, tries, book, looks, strategies, versions, deployments, forward,
        fills, holds, intents, comments, meta, backtests, audit: one for each family of tables.
    """

    def __init__(
        self,
        path: Path,
        clock: clock.Clock = clock.now,
        *,
        create: bool = True,
        upgrade: bool = False,
        look: bool = False,
        busy_s: float = BUSY_S,
    ) -> None:
        """Open the database.

        Args:
            path: the file.
            clock: the time, for tests.
            create: make it (and its folder) where there is none.
            upgrade: bring an older one up to date, after a copy of it.
            look: nothing will be written, so a copy (a backup) stays as it is to the last byte;
                makes nothing. Never in a process that has the database open otherwise.
            busy_s: how long to wait for another process's write, in seconds.

        Raises:
            StateUnreadable, StateReadOnly, StateCorrupt, StateOld, StateTooNew, StateBusy,
            StateFull.
        """
        self.path = path
        if create and not look:
            _make_folder(path.parent)
        self._db = Database(
            path, create=create and not look, upgrade=upgrade, look=look, busy_s=busy_s, time=clock
        )
        self.audit = AuditLog(self._db)
        self.inbox = Inbox(self._db)
        self.jobs = Jobs(self._db, self.audit)
        bodies = Bodies(self._db)
        self.runs = Runs(self._db, self.audit, bodies)
        self.verdicts = Verdicts(self._db, self.audit, bodies)
        self.tries = Tries(self._db)
        self.book = BookReturns(self._db)
        self.looks = Looks(self._db, self.audit)
        self.versions = Versions(self._db, self.audit)
        self.holds = Holds(self._db, self.audit)
        self.strategies = Strategies(self._db, self.audit, self.versions, self.holds)
        self.deployments = Deployments(self._db, self.audit)
        self.forward = Forward(self._db)
        self.fills = Fills(self._db)
        self.intents = Intents(self._db, self.audit)
        self.comments = Comments(self._db)
        self.meta = Meta(self._db)
        self.backtests = Backtests(self._db, self.audit)

    def now(self) -> str:
        """The time, as in all rows (ISO, UTC)."""
        return self._db.now()

    def transaction(self) -> AbstractContextManager[None]:
        """Several changes as one commit: all of them or, after an exception, none.

        Keep it short (no network, no git inside): nobody else can write meanwhile.
        """
        return self._db.transaction()

    def prune(self, days: float, verdict_days: float | None = None) -> dict[str, int]:
        """Remove what has served (see `upkeep.prune`), and compress what is still text.

        Args:
            days: work, runs' reports and backtests' results that ended longer ago; not negative.
            verdict_days: reports and returns of contents that were never deployed and are in no
                open proposal, recorded longer ago; None: the same.

        Returns:
            How many rows of each kind.
        """
        before = upkeep.days_ago(self._db, days)
        contents = upkeep.days_ago(self._db, days if verdict_days is None else verdict_days)
        return upkeep.prune(self._db, before, contents) | {
            "packed": self.verdicts.pack(),
            "reports": self.runs.forget_reports(before),
            "verdicts": self.verdicts.forget_reports(contents),
        }

    def table_bytes(self) -> dict[str, int]:
        """What each table takes; see `sizes.table_bytes`."""
        return sizes.table_bytes(self._db)

    def freeable(self, days: float, verdict_days: float) -> dict[str, int]:
        """Bytes of reports that `prune` with these days would free now, by whose they are."""
        runs = self.runs.old_reports(upkeep.days_ago(self._db, days))
        verdicts = self.verdicts.old_reports(upkeep.days_ago(self._db, verdict_days))
        of_runs = sizes.bytes_of(self._db, runs)
        together = sizes.bytes_of(self._db, runs + verdicts)
        return {
            f"reports of {len(runs):,} runs": of_runs,
            f"reports of {len(verdicts):,} verdicts": together - of_runs,
        }

    def backup(self, target: Path, *, overwrite: bool = False) -> int:
        """Copy the database to a file while others go on writing; see `backup.backup`."""
        return backup.backup(self._db, target, overwrite=overwrite)

    def check(self) -> None:
        """Quick health: raises an AlgoOpsError when the database cannot be read or written."""
        upkeep.check(self._db)

    def stats(self) -> Stats:
        """Figures for metrics and health."""
        return upkeep.stats(self._db, self.inbox, self.strategies)

    def close(self) -> None:
        """Close all connections. Idempotent."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateReadOnly(
            f"cannot make the folder {folder}: {error.strerror}", hint="check `state.dir`"
        ) from error
