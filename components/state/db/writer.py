"""The writing connection: one thread at a time, one commit for all that wait (group commit).

A durable commit waits for the disk, hundreds of microseconds to many milliseconds. Threads which
want to write meanwhile queue up; each then runs its block in a savepoint of the same transaction,
and the last one of the queue commits for all. Nobody returns before that commit is on disk, and
nobody else sees anything of it before.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from components.state.db.turnstile import Turnstile

Params = Sequence[Any] | Mapping[str, Any]

_MOST = 64
"""Blocks in one commit: bounds how long the first of them waits."""

_PATIENCE_S = 0.05


class _Group:
    """The blocks that are committed together."""

    def __init__(self) -> None:
        self.members = 0
        self.done = threading.Event()
        self.error: BaseException | None = None


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
            committed: called after each commit, before the next turn.
        """
        self._connection = connection
        self._turnstile = turnstile
        self._committed = committed
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None
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
        group = self._enter()
        failure: BaseException | None = None
        try:
            with self._savepoint():
                yield
        except BaseException as error:
            failure = error
            raise
        finally:
            actions = self._leave(group, failure)
            for action in actions:
                action()
        if group.error is not None:
            raise group.error

    def _enter(self) -> _Group:
        self._wait_for_turn()
        try:
            if self._group is None:
                with self._turnstile.held():
                    self._connection.execute("BEGIN IMMEDIATE")
                self._group = _Group()
        except BaseException:
            self._turn.release()
            raise
        self._group.members += 1
        self._owner = threading.get_ident()
        return self._group

    def _wait_for_turn(self) -> None:
        with self._counting:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._counting:
                self._waiting -= 1

    def _leave(self, group: _Group, failure: BaseException | None) -> list[Callable[[], None]]:
        actions, self._after = self._after, []
        self._owner = None
        alive = self._connection.in_transaction
        try:
            if not (alive and self._waiting and group.members < _MOST):
                self._commit(group, failure)
        finally:
            self._turn.release()
        while not group.done.wait(_PATIENCE_S):
            # Whoever was waiting to take over may have been interrupted: then it is up to us.
            self._commit_if_left_behind(group)
        return actions

    def _commit_if_left_behind(self, group: _Group) -> None:
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._group is group:
                self._commit(group, None)
        finally:
            self._turn.release()

    def _commit(self, group: _Group, failure: BaseException | None) -> None:
        try:
            if not self._connection.in_transaction:
                # SQLite ends a transaction by itself when the disk is full: all of it is undone.
                group.error = failure or RuntimeError("the transaction ended before its commit")
            else:
                self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  # raised by each member of the group
            group.error = error
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            self._group = None
            group.done.set()
        self._committed()

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
