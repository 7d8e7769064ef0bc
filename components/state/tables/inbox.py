"""The inbox: events from outside, on disk before they are answered, each key once."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables.payloads import read, written
from components.state.tables.records import InboxEvent


class Inbox:
    """Table deliveries."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def receive(self, key: str, kind: str, repository: str, payload: Mapping[str, Any]) -> bool:
        """Write an event down; it is on disk when this returns.

        Args:
            key: what makes it unique; a second event with it is not taken.
            kind: which event it is.
            repository: its key in the configuration.
            payload: a JSON object.

        Returns:
            False when the key was seen before.
        """
        with self._db.transaction():
            cursor = self._db.execute(
                "INSERT INTO deliveries (key, kind, repository, payload, received_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (key, kind, repository, written(payload), self._db.now()),
            )
            return cursor.rowcount == 1

    def pending(self, limit: int = 100) -> list[InboxEvent]:
        """Events that nobody has settled, oldest first."""
        rows = self._db.rows(
            "SELECT * FROM deliveries WHERE settled_at = '' ORDER BY id LIMIT ?", (limit,)
        )
        return [_event(row) for row in rows]

    def settle(self, event_id: int, outcome: str = "") -> bool:
        """Say what became of an event; False when that was said before."""
        with self._db.transaction():
            cursor = self._db.execute(
                "UPDATE deliveries SET settled_at = ?, outcome = ?"
                " WHERE id = ? AND settled_at = ''",
                (self._db.now(), outcome, event_id),
            )
            return cursor.rowcount == 1

    def get(self, key: str) -> InboxEvent | None:
        """The event with a key."""
        row = self._db.one("SELECT * FROM deliveries WHERE key = ?", (key,))
        return _event(row) if row is not None else None

    def result(self, key: str) -> str | None:
        """The outcome for whoever sent the event; None while it is pending or unknown."""
        event = self.get(key)
        return event.outcome if event is not None and event.settled_at else None

    def count(self) -> int:
        """How many events are pending."""
        return int(self._db.value("SELECT count(*) FROM deliveries WHERE settled_at = ''"))

    def oldest_age_s(self) -> float:
        """Age of the oldest pending event in seconds; 0 when none is."""
        received = self._db.value(
            "SELECT received_at FROM deliveries WHERE settled_at = '' ORDER BY id LIMIT 1"
        )
        return clock.age_s(received, self._db.time()) if received is not None else 0.0


def _event(row: sqlite3.Row) -> InboxEvent:
    payload, number = read(row["payload"])
    return InboxEvent(**{**dict(row), "payload": payload, "format": number})
