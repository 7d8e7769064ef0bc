"""The statements of a migration, one by one."""

import sqlite3

from sqlite_utils import Database


def execute(db: Database, script: str) -> None:
    """Execute each statement of a script within the transaction that is open.

    `Database.executescript` asks SQLite after each character whether a statement ends there, which
    was most of the time that a new database took.
    """
    statement = ""
    for piece in script.split(";"):
        statement += piece
        if not statement.strip():
            continue
        statement += ";"
        if sqlite3.complete_statement(statement):  # false inside a trigger's body
            db.execute(statement)
            statement = ""
    if statement.strip():
        db.execute(statement)  # unfinished: SQLite says what is missing
