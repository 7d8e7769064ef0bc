"""Long texts kept once, by their content: a verdict and all runs that tell it share its results."""

import hashlib
import json
import re
import zlib
from collections.abc import Iterator

from components.state.db.database import Database
from components.state.db.errors import StateCorrupt

_SHARED = re.compile(r'"results":\s*(?=\[)')
"""Where what several documents share begins: the results of a strategy's backtests."""

_LEAST = 1_000
"""Characters; what is shorter stays where it is."""

_DECODER = json.JSONDecoder()


class Bodies:
    """Tables documents, bodies and body_uses. A document comes back exactly as it was put in.

    A document belongs to a row of another table, its user: `run:12`, `verdict:KEY`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, user: str, text: str) -> None:
        """Keep a JSON text, in place of the user's earlier one; surrogates are replaced."""
        text = text.encode("utf-8", "replace").decode()
        pieces: list[str] = []
        apart: list[str] = []
        at = 0
        for start, end in _parts(text):
            pieces.append(text[at:start])
            apart.append(self._keep(user, text[start:end].encode()))
            at = end
        self._release(user, but=apart)
        head = [[len(piece), name] for piece, name in zip(pieces, apart, strict=True)]
        packed = zlib.compress(f"{json.dumps(head)}\n{''.join(pieces)}{text[at:]}".encode())
        self._db.execute(
            "INSERT INTO documents (user, packed) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET packed = excluded.packed",
            (user, packed),
        )

    def _keep(self, user: str, part: bytes) -> str:
        name = hashlib.sha256(part).hexdigest()
        known = self._db.one("SELECT 1 FROM bodies WHERE hash = ?", (name,))
        if known is None:
            self._db.execute(
                "INSERT INTO bodies (hash, packed) VALUES (?, ?)", (name, zlib.compress(part))
            )
        self._db.execute("INSERT OR IGNORE INTO body_uses (user, hash) VALUES (?, ?)", (user, name))
        return name

    def get(self, user: str) -> str | None:
        """The whole document; None where there is none.

        Raises:
            StateCorrupt: it is damaged, or a part of it is.
        """
        kept = self._db.value("SELECT packed FROM documents WHERE user = ?", (user,))
        if kept is None:
            return None
        try:
            head, _, rest = zlib.decompress(kept).decode().partition("\n")
            return "".join(self._whole(json.loads(head), rest))
        except (zlib.error, ValueError, LookupError) as error:
            raise damaged(user, error) from error

    def _whole(self, head: list[tuple[int, str]], rest: str) -> Iterator[str]:
        """The document's text between its parts, and the parts."""
        at = 0
        for length, name in head:
            yield rest[at : at + length]
            yield self._part(name)
            at += length
        yield rest[at:]

    def _part(self, name: str) -> str:
        packed = self._db.value("SELECT packed FROM bodies WHERE hash = ?", (name,))
        if packed is None:
            raise LookupError(f"the part {name} is missing")
        part = zlib.decompress(packed)
        if hashlib.sha256(part).hexdigest() != name:
            raise LookupError(f"the part {name} was changed")
        return part.decode()

    def drop(self, user: str) -> None:
        """Remove the user's document, and what no other one shares with it."""
        self._db.execute("DELETE FROM documents WHERE user = ?", (user,))
        self._release(user, but=[])

    def _release(self, user: str, but: list[str]) -> None:
        gone = self._db.execute(
            "DELETE FROM body_uses WHERE user = :user"
            " AND hash NOT IN (SELECT value FROM json_each(:but)) RETURNING hash",
            {"user": user, "but": json.dumps(but)},
        ).fetchall()
        self._db.execute(
            "DELETE FROM bodies WHERE hash IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM body_uses AS u WHERE u.hash = bodies.hash)",
            (json.dumps([row["hash"] for row in gone]),),
        )


def damaged(user: str, why: Exception) -> StateCorrupt:
    """The error that a document cannot be read."""
    return StateCorrupt(
        f"the stored report of {user} is damaged: {why}",
        hint="stop the bot, keep the database's file, restore the last backup",
    )


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a JSON text that is worth keeping apart."""
    at = 0
    while found := _SHARED.search(text, at):
        try:
            _, at = _DECODER.raw_decode(text, found.end())
        except ValueError:  # no JSON: kept whole
            return
        if at - found.end() >= _LEAST:
            yield found.end(), at
