"""Looks at the sealed bars: which contents were answered for, and what it was; append-only.

A look counts for as long as one bar that it was made on is still sealed, and so long its answer
stands: the same content asked again gets it, for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.state.db.database import Database, decode, encode, storable
from components.state.tables.audit import AuditLog

ANSWERS = {True: "agrees", False: "does not agree", None: "not answered"}


@dataclass(frozen=True)
class SealedPart:
    """One symbol's sealed bars, as a look is made on them.

    Attributes:
        family: whose looks are counted together.
        sealed_from, last_bar: first sealed day, and day of the last bar (ISO).
    """

    family: str
    sealed_from: str
    last_bar: str


@dataclass(frozen=True)
class SealedLook:
    """One look. `agrees`: None where the machine failed; `figures`: for operators alone."""

    repository: str
    strategy: str
    tree: str
    content: str
    parts: tuple[SealedPart, ...]
    agrees: bool | None
    figures: Mapping[str, Any]
    proposal: str = ""
    actor: str = ""
    recorded_at: str = ""


class Looks:
    """Tables looks and look_parts."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def answer(
        self, repository: str, content: str, parts: Sequence[SealedPart] = ()
    ) -> bool | None:
        """The answer that stands for a content; None where there is none.

        `parts`: what is sealed now; without them the last answer stands.
        """
        rows = self._db.rows(
            "SELECT id, agrees FROM looks WHERE repository = ? AND content = ?"
            " AND agrees IS NOT NULL ORDER BY id DESC LIMIT 1",
            (repository, content),
        )
        stands = rows and (not parts or any(self._counts(rows[0]["id"], part) for part in parts))
        return bool(rows[0]["agrees"]) if stands else None

    def _counts(self, look: int, part: SealedPart) -> bool:
        found = self._db.value(
            "SELECT 1 FROM look_parts WHERE look = ? AND family = ? AND last_bar >= ?",
            (look, part.family, part.sealed_from),
        )
        return found is not None

    def taken(self, parts: Sequence[SealedPart]) -> int:
        """How many looks count now, in the family of these that has most."""
        counts = [
            self._db.value(
                "SELECT count(DISTINCT look) FROM look_parts WHERE family = ? AND last_bar >= ?",
                (part.family, part.sealed_from),
            )
            for part in parts
        ]
        return max(counts, default=0)

    def take(self, look: SealedLook, most: int) -> bool | None:
        """Record a look with its answer, all or nothing.

        Args:
            look: what was found out; nobody has been told yet.
            most: looks of a family.

        Returns:
            The answer that stands: an earlier one of the same content goes first. None where no
            look is left, or the machine failed.
        """
        with self._db.transaction():
            known = self.answer(look.repository, look.content, look.parts)
            if known is not None:
                return known
            if self.taken(look.parts) >= most:
                return None
            self._insert(look)
            return look.agrees

    def _insert(self, look: SealedLook) -> None:
        row = self._db.insert(
            "looks",
            {
                "recorded_at": self._db.now(),
                "repository": storable(look.repository),
                "strategy": storable(look.strategy),
                "tree": storable(look.tree),
                "content": look.content,
                "proposal": storable(look.proposal),
                "actor": storable(look.actor),
                "agrees": look.agrees,
                "figures": encode(dict(look.figures)),
            },
        )
        for part in look.parts:
            values = {"family": part.family, "sealed_from": part.sealed_from}
            self._db.insert("look_parts", {"look": row, **values, "last_bar": part.last_bar})
        self._audit.append(
            "algoops",
            "holdout.look",
            strategy=look.strategy,
            new=ANSWERS[look.agrees],
            details={"tree": look.tree, "proposal": look.proposal},
            repository=look.repository,
        )

    def all(self, repository: str) -> tuple[SealedLook, ...]:
        """All looks of a repository with their figures, the first one first: for operators."""
        return tuple(
            SealedLook(
                parts=self._parts(row["id"]),
                agrees=None if row["agrees"] is None else bool(row["agrees"]),
                figures=decode(row["figures"]),
                **{
                    name: row[name]
                    for name in (
                        *("repository", "strategy", "tree", "content", "proposal", "actor"),
                        "recorded_at",
                    )
                },
            )
            for row in self._db.rows(
                "SELECT * FROM looks WHERE repository = ? ORDER BY id", (repository,)
            )
        )

    def _parts(self, look: int) -> tuple[SealedPart, ...]:
        rows = self._db.rows(
            "SELECT family, sealed_from, last_bar FROM look_parts WHERE look = ? ORDER BY id",
            (look,),
        )
        return tuple(SealedPart(r["family"], r["sealed_from"], r["last_bar"]) for r in rows)
