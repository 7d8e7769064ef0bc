"""What the database takes, by table, and what retention would free of it. Only looks."""

import json

from components.state.db.database import Database


def table_bytes(db: Database) -> dict[str, int]:
    """Bytes of the pages in use by table, its indexes with it; `(free)` are pages to be used again.

    Empty where this SQLite was built without `dbstat`.
    """
    if db.one("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'") is None:
        return {}
    found = db.counts(
        "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m"
        " ON m.name = s.name WHERE s.aggregate = TRUE GROUP BY 1"
    )
    free = db.value(
        "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
    )
    return dict(found) | {"(free)": int(free)}


def bytes_of(db: Database, users: list[str]) -> int:
    """Bytes of these users' documents, and of the parts that nobody else shares.

    Args:
        db: the database.
        users: as in `Bodies`.
    """
    named = {"users": json.dumps(users)}
    own = db.one(
        "SELECT ifnull(sum(length(packed)), 0) AS bytes FROM documents"
        " WHERE user IN (SELECT value FROM json_each(:users))",
        named,
    )
    parts = db.one(
        "SELECT ifnull(sum(length(packed)), 0) AS bytes FROM bodies WHERE hash IN (SELECT hash"
        " FROM body_uses WHERE user IN (SELECT value FROM json_each(:users)))"
        " AND NOT EXISTS (SELECT 1 FROM body_uses AS u WHERE u.hash = bodies.hash"
        " AND u.user NOT IN (SELECT value FROM json_each(:users)))",
        named,
    )
    return sum(int(row["bytes"]) for row in (own, parts) if row is not None)
