"""The writing connection: one thread at a time, each block in a durable commit of its own."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from components.state.db.turnstile import Turnstile

Params = Sequence[Any] | Mapping[str, Any]


class Transactions:
    """Transactions on one connection (in autocommit mode), for any number of threads."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        turnstile: Turnstile,
        committed: Callable[[], None],
    ) -> None:
        """Take a connection.

        Args:
            connection: nobody else uses it.
            turnstile: where this process queues with others.
            committed: called after each commit, before the next thread's block.
        """
        self._connection = connection
        self._turnstile = turnstile
        self._committed = committed
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._levels = 0
        self._after: list[Callable[[], None]] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """For reading inside one's own transaction."""
        return self._connection

    def mine(self) -> bool:
        """Whether this thread is inside a transaction."""
        return self._owner == threading.get_ident()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block; on disk when it is left, undone when an exception leaves it. Nests."""
        if self.mine():
            with self._savepoint():
                yield
            return
        actions: list[Callable[[], None]] = []
        try:
            with self._turn:
                try:
                    with self._committing():
                        yield
                finally:
                    actions, self._after = self._after, []
        finally:
            for action in actions:
                action()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        try:
            with self._turnstile.held():
                self._connection.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            yield
            self._commit()
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._owner = None
        self._committed()

    def _commit(self) -> None:
        if not self._connection.in_transaction:
            # SQLite ends a transaction by itself when the disk is full: all of it is undone.
            raise RuntimeError("the transaction ended before its commit")
        self._connection.execute("COMMIT")

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        self._levels += 1
        name = f"level{self._levels}"
        try:
            self._connection.execute(f"SAVEPOINT {name}")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute(f"ROLLBACK TO {name}")
                    self._connection.execute(f"RELEASE {name}")
                raise
            self._connection.execute(f"RELEASE {name}")
        finally:
            self._levels -= 1

    def afterwards(self, action: Callable[[], None]) -> None:
        """Run an action once this thread's transaction is over, however it ended.

        For what must be recorded although the change that it speaks of was undone.
        """
        self._after.append(action)

    def execute(self, sql: str, params: Params = ()) -> sqlite3.Cursor:
        """One statement of this thread's transaction.

        Raises:
            RuntimeError: there is none, or a full disk has ended it.
        """
        if not self.mine() or not self._connection.in_transaction:
            raise RuntimeError("writes belong into a living transaction() of the same thread")
        return self._connection.execute(sql, params)

    def close(self) -> None:
        """Wait for the block at work, and close the connection."""
        with self._turn:
            self._connection.close()
