"""The versions of strategies: one row from the proposal that brought it to whatever became of it.

A row is *open* until its first deploy (one for each proposal), *landed* from then on (one for each
version number). Landed content never changes: the database itself refuses it.
"""

import sqlite3
from dataclasses import dataclass

from components.state.db.database import Database, decode, encode
from components.state.db.errors import NotFound, VersionTaken
from components.state.lifecycle import IN_PROPOSAL, Lifecycle
from components.state.tables.audit import AuditLog
from components.state.tables.records import Version

_SELECT = (
    "SELECT v.*, s.repository, s.name FROM versions AS v JOIN strategies AS s"
    " ON s.id = v.strategy_id"
)
PROPOSED = ", ".join(f"'{state}'" for state in sorted(IN_PROPOSAL))
"""The states of what has not landed, as SQL."""


@dataclass(frozen=True)
class VersionContent:
    """What a version is made of, as far as it is known; "" leaves what was known before.

    Attributes:
        tree, commit: git ids (hex).
        content_key: what its verdict belongs to.
        verdict: passed | failed.
    """

    tree: str = ""
    commit: str = ""
    content_key: str = ""
    verdict: str = ""


class Versions:
    """Table versions."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def put(  # noqa: PLR0913  # one argument a column
        self,
        repository: str,
        name: str,
        version: str,
        *,
        tree: str,
        commit: str = "",
        verdict: str = "",
        content_key: str = "",
        proposal: str = "",
    ) -> Version:
        """Record what a version is made of; "" leaves what was known.

        Raises:
            VersionTaken: this version was deployed with another tree.
            NotFound: no such version was proposed.
        """
        content = VersionContent(tree, commit, content_key, verdict)
        with self._db.transaction():
            row = self.landed(repository, name, version)
            if row is not None:
                self.refuse_other_content(row, tree)
            else:
                row = self.open(repository, name, version=version, proposal=proposal)
            if row is None:
                raise NotFound(
                    f"no version of {name} was proposed in {proposal or repository}",
                    hint="strategies.propose comes first",
                )
            self.fill(row, version, content)
            return self.by_id(row.id)

    def get(self, repository: str, name: str, version: str) -> Version | None:
        """A version: the landed one, else the newest open one with that number."""
        return self._first(
            "s.repository = ? AND s.name = ? AND v.version = ?"
            " ORDER BY v.deployed_at != '' DESC, v.moved DESC",
            (repository, name, version),
        )

    def landed(self, repository: str, name: str, version: str) -> Version | None:
        """The version with this number that was deployed at some time."""
        return self._first(
            "s.repository = ? AND s.name = ? AND v.version = ? AND v.deployed_at != ''",
            (repository, name, version),
        )

    def deployed(self, repository: str, name: str) -> Version | None:
        """The version which is deployed now."""
        return self._first(
            "s.repository = ? AND s.name = ? AND v.lifecycle = 'deployed'", (repository, name)
        )

    def open(
        self, repository: str, name: str, *, version: str = "", proposal: str = ""
    ) -> Version | None:
        """The open version of a proposal; for "", of none, else the newest, that number first."""
        return self._first(
            "s.repository = :repository AND s.name = :name AND v.deployed_at = ''"
            " AND v.lifecycle != 'archived' AND (:proposal = '' OR v.proposal = :proposal)"
            " ORDER BY v.proposal = :proposal DESC, v.version = :version DESC, v.moved DESC",
            {"repository": repository, "name": name, "version": version, "proposal": proposal},
        )

    def of_proposal(self, repository: str, name: str, proposal: str) -> Version | None:
        """The open version of exactly this proposal ("" too), an archived one included."""
        return self._first(
            "s.repository = ? AND s.name = ? AND v.deployed_at = '' AND v.proposal = ?",
            (repository, name, proposal),
        )

    def proposed_in(self, repository: str, proposal: str) -> list[Version]:
        """The open versions that a proposal brings, by strategy name."""
        rows = self._db.rows(
            f"{_SELECT} WHERE s.repository = ? AND v.proposal = ? AND v.deployed_at = ''"
            " AND v.lifecycle != 'archived' ORDER BY s.name",
            (repository, proposal),
        )
        return [_version(row) for row in rows]

    def newest_proposed(self, repository: str, name: str) -> Version | None:
        """The version in a proposal that moved last."""
        return self._first(
            f"s.repository = ? AND s.name = ? AND v.lifecycle IN ({PROPOSED})"
            " ORDER BY v.moved DESC",
            (repository, name),
        )

    def last_moved(self, repository: str, name: str) -> Version | None:
        """The version that moved last, landed ones before those that never were."""
        return self._first(
            "s.repository = ? AND s.name = ? ORDER BY v.deployed_at != '' DESC, v.moved DESC",
            (repository, name),
        )

    def by_id(self, version_id: int) -> Version:
        """A version by its number, which must exist."""
        found = self._first("v.id = ?", (version_id,))
        if found is None:
            raise LookupError(f"no version {version_id}")
        return found

    # --- for Strategies ------------------------------------------------------------------------

    def strategy_id(self, repository: str, name: str) -> int:
        """The number of a strategy, given at its first mention."""
        now = self._db.now()
        self._db.execute(
            "INSERT INTO strategies (repository, name, status, created_at, updated_at)"
            " VALUES (?, ?, 'discovered', ?, ?) ON CONFLICT DO NOTHING",
            (repository, name, now, now),
        )
        return int(
            self._db.value(
                "SELECT id FROM strategies WHERE repository = ? AND name = ?", (repository, name)
            )
        )

    def create(self, strategy_id: int, version: str, proposal: str) -> Version:
        """A new open version, `discovered` (not yet told to the audit log)."""
        now = self._db.now()
        number = self._db.insert(
            "versions",
            {
                "strategy_id": strategy_id,
                "version": version,
                "proposal": proposal,
                "lifecycle": Lifecycle.DISCOVERED,
                "created_at": now,
                "updated_at": now,
                "moved": self._audit.head().count + 1,
            },
        )
        return self.by_id(number)

    def fill(self, before: Version, number: str, content: VersionContent) -> None:
        """Set what is known of a version; "" leaves a column, but a new tree makes all anew."""
        fresh = bool(content.tree) and content.tree != before.tree
        known = {
            "version": number,
            "tree": content.tree,
            "commit": content.commit,
            "content_key": content.content_key,
            "verdict": content.verdict,
        }
        changes = {
            column: value
            for column, value in known.items()
            if value or (fresh and column != "version")
        }
        if not changes:
            return
        assignments = ", ".join(f'"{column}" = ?' for column in changes)
        self._db.execute(
            f"UPDATE versions SET {assignments} WHERE id = ?",  # noqa: S608  # our words, bound values
            (*changes.values(), before.id),
        )

    def move(self, version: Version, to: Lifecycle) -> None:
        """Enter a state; the first deploy makes it a landed version."""
        now = self._db.now()
        self._db.execute(
            "UPDATE versions SET lifecycle = ?, updated_at = ?, moved = ?, timestamps = ?,"
            " deployed_at = CASE WHEN ? = 'deployed' AND deployed_at = '' THEN ?"
            " ELSE deployed_at END WHERE id = ?",
            (
                to,
                now,
                self._audit.head().count + 1,
                encode({**version.timestamps, to: now}),
                to,
                now,
                version.id,
            ),
        )

    def remove_open(self, version_id: int) -> None:
        """Forget an open version whose content turned out to have landed before."""
        self._db.execute("DELETE FROM versions WHERE id = ? AND deployed_at = ''", (version_id,))

    @staticmethod
    def refuse_other_content(landed: Version, tree: str) -> None:
        """Raises VersionTaken where a landed version would change its tree."""
        if tree and landed.tree and tree != landed.tree:
            raise VersionTaken(
                f"{landed.name} {landed.version} was deployed at {landed.deployed_at} with other"
                f" content (tree {landed.tree[:12]}, this is {tree[:12]})",
                hint="raise `version` in strategy.yaml",
            )

    def _first(self, where: str, params: tuple[object, ...] | dict[str, str]) -> Version | None:
        row = self._db.one(f"{_SELECT} WHERE {where} LIMIT 1", params)
        return _version(row) if row is not None else None

    def list(self, repository: str, name: str, limit: int = 100, offset: int = 0) -> list[Version]:
        """All versions of a strategy, the one that moved last first."""
        rows = self._db.rows(
            f"{_SELECT} WHERE s.repository = ? AND s.name = ? ORDER BY v.moved DESC, v.id DESC"
            " LIMIT ? OFFSET ?",
            (repository, name, limit, offset),
        )
        return [_version(row) for row in rows]


def _version(row: sqlite3.Row) -> Version:
    fields = dict(row)
    for column in ("strategy_id", "moved"):
        del fields[column]
    fields["lifecycle"] = Lifecycle(fields["lifecycle"])
    fields["timestamps"] = decode(fields["timestamps"])
    return Version(**fields)
