"""Small things to remember: the forge's comment ids, and keys with values."""

from components.state.db.database import Database

OUTCOME = "outcome:"
"""How keys of `Meta` start that hold what became of a command: retention removes them."""


SETTINGS_REFUSED = "settings.refused"
"""Key of `Meta`: why the running daemon did not take changed settings; "" where it has."""

SETTINGS_TAKEN = "settings.taken"
"""Key of `Meta`: `NUMBER:WORDS`, what the daemon said when it was last asked to take settings."""


class Comments:
    """Table comments: which comment on the forge is the report of a proposal."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, repository: str, proposal: str) -> str:
        """The comment's id, "" when there is none yet."""
        return str(
            self._db.value(
                "SELECT comment_id FROM comments WHERE repository = ? AND proposal = ?",
                (repository, proposal),
            )
            or ""
        )

    def put(self, repository: str, proposal: str, comment_id: str) -> None:
        """Remember the comment's id."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO comments (repository, proposal, comment_id, updated_at)"
                " VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " comment_id = excluded.comment_id, updated_at = excluded.updated_at",
                (repository, proposal, comment_id, self._db.now()),
            )


class Meta:
    """Table meta: the last seen base, ETags of polls, and the like."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, key: str, default: str = "") -> str:
        """The value of a key."""
        value = self._db.value("SELECT value FROM meta WHERE key = ?", (key,))
        return default if value is None else str(value)

    def put(self, key: str, value: str) -> None:
        """Set the value of a key."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO meta (key, value, updated_at) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value,"
                " updated_at = excluded.updated_at",
                (key, value, self._db.now()),
            )

    def delete(self, key: str) -> None:
        """Forget a key."""
        with self._db.transaction():
            self._db.execute("DELETE FROM meta WHERE key = ?", (key,))
