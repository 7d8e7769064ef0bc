"""The ledger of tries: every backtest whose result somebody may have seen; append-only, chained.

A *try* is one backtest with returns of its own. A *family* is a set of tries of which the best may
be picked: those on the same data, of one strategy, of a repository. Families keep their number, and
the returns of an even sample: of all tries those with the smallest rank, a hash with a salt that no
author knows. So the sample depends on which tries there are, not on their order, and nobody can
choose what is in it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.state.db.database import Database, decode, encode, storable
from components.state.tables.chain import Chain
from components.state.tables.records import AuditHead, AuditProblem

SAMPLE = 128
"""Tries of a family whose returns are kept."""

Source = Literal["push", "sweep", "backtest"]
Scope = Literal["data", "strategy", "repository"]
SCOPES: tuple[Scope, ...] = ("data", "strategy", "repository")

_FIELDS = (
    *("id", "recorded_at", "repository", "strategy", "symbol", "interval", "source", "proposal"),
    *("actor", "content", "content_key", "data", "fingerprint", "parameters", "moments"),
)
_GUARDS = frozenset(
    {
        "tries_no_update",
        "tries_no_delete",
        "tries_head_only_grows",
        "tries_head_stays",
        "families_only_grow",
        "families_stay",
    }
)


@dataclass(frozen=True)
class Of:
    """Whose tries: the parts of a family's key.

    Attributes:
        symbol: of an account of several symbols what these are called together.
        symbols: those of such an account.
    """

    repository: str
    strategy: str
    symbol: str
    interval: str
    symbols: tuple[str, ...] = ()

    def family(self, scope: Scope) -> str:
        """The key of the family of this scope."""
        return self._key(scope, self.symbol)

    def families(self, scope: Scope) -> tuple[str, ...]:
        """The same, and the families of all accounts that have one of the symbols too.

        Else whoever exchanges one symbol of many would have no tries behind him.
        """
        several = () if scope == "repository" else self.symbols
        return (self.family(scope), *(self._key(scope, f"with {symbol}") for symbol in several))

    def _key(self, scope: Scope, symbol: str) -> str:
        parts = {
            "data": (symbol, self.interval),
            "strategy": (self.strategy, symbol, self.interval),
            "repository": (),
        }
        return encode([scope, self.repository, *parts[scope]])


@dataclass(frozen=True)
class Returns:
    """What is kept of a try's returns: see `components.schema.results.evidence.Track`."""

    fingerprint: str
    step_s: int
    first: int
    series: bytes


@dataclass(frozen=True)
class Try:
    """One backtest as it is recorded.

    Attributes:
        content: hash of all that decides the orders, without the data.
        content_key: of the verdict that it is part of, "" where there is none.
        data: hash of the bars.
        moments: JSON.
        sharpe: a year's, None where undefined.
    """

    of: Of
    source: Source
    content: str
    data: str
    returns: Returns
    parameters: Mapping[str, Any]
    moments: Mapping[str, Any]
    sharpe: float | None = None
    content_key: str = ""
    proposal: str = ""
    actor: str = ""


@dataclass(frozen=True)
class Family:
    """How many tries there are, and the sample: year's Sharpe ratio and returns of each."""

    tries: int
    sample: tuple[tuple[float | None, Returns], ...]


class Tries:
    """Tables tries, families, family_sample and counted_at_deploy."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._chain = Chain(db, "tries", "tries_head", _FIELDS, _GUARDS)

    def record(self, one: Try) -> bool:
        """Count a try, in the transaction that is open or one of its own.

        Returns:
            False when it is known: the same content, or equal returns on the same data, whatever
            its name, branch, version or author.
        """
        with self._db.transaction():
            known = (one.of.repository, one.content, one.data, one.returns.fingerprint)
            if self.knows(*known):
                return False
            self._chain.append(self._row(one))
            rank = self._rank(one)
            for scope in SCOPES:
                for family in one.of.families(scope):
                    self._join(family, rank, one)
            return True

    def knows(self, repository: str, content: str, data: str, fingerprint: str) -> bool:
        """Whether this content was tried on any data, or equal returns were seen on these."""
        found = self._db.value(
            "SELECT 1 FROM tries WHERE repository = ? AND content = ? UNION ALL"
            " SELECT 1 FROM tries WHERE repository = ? AND data = ? AND fingerprint = ? LIMIT 1",
            (repository, content, repository, data, fingerprint),
        )
        return found is not None

    def _row(self, one: Try) -> tuple[str, ...]:
        words = (one.of.repository, one.of.strategy, one.of.symbol, one.of.interval, one.source)
        more = (one.proposal, one.actor, one.content, one.content_key, one.data)
        return (
            self._db.now(),
            *(storable(word) for word in (*words, *more)),
            one.returns.fingerprint,
            encode(dict(one.parameters)),
            encode(dict(one.moments)),
        )

    def _rank(self, one: Try) -> str:
        salt = self._db.value("SELECT salt FROM tries_head")
        text = encode([salt, one.of.repository, one.data, one.returns.fingerprint])
        return hashlib.sha256(text.encode()).hexdigest()

    def _join(self, family: str, rank: str, one: Try) -> None:
        self._db.execute(
            "INSERT INTO families (family, tries) VALUES (?, 1)"
            " ON CONFLICT (family) DO UPDATE SET tries = tries + 1",
            (family,),
        )
        last = self._db.value("SELECT max(rank) FROM family_sample WHERE family = ?", (family,))
        full = self._db.value(
            "SELECT count(*) >= ? FROM family_sample WHERE family = ?", (SAMPLE, family)
        )
        if full and rank > last:
            return
        if full:
            self._db.execute(
                "DELETE FROM family_sample WHERE family = ? AND rank = ?", (family, last)
            )
        kept = one.returns
        self._db.insert(
            "family_sample",
            {
                "family": family,
                "rank": rank,
                "sharpe": one.sharpe,
                "step_s": kept.step_s,
                "first": kept.first,
                "series": kept.series,
            },
        )

    def family(self, of: Of, scope: Scope) -> Family:
        """The number of tries of a family and its sample, by rank.

        An account of several symbols has the largest family of those that it is in.
        """
        known = [
            (self._db.value("SELECT tries FROM families WHERE family = ?", (key,)) or 0, key)
            for key in of.families(scope)
        ]
        tries, key = max(known, key=lambda one: one[0])
        rows = self._db.rows(
            "SELECT rank, sharpe, step_s, first, series FROM family_sample WHERE family = ?"
            " ORDER BY rank",
            (key,),
        )
        sample = tuple(
            (r["sharpe"], Returns(r["rank"], r["step_s"], r["first"], r["series"])) for r in rows
        )
        return Family(tries, sample)

    def since(self) -> str:
        """The day from which on tries are counted: that of this database's ledger."""
        return str(self._db.value("SELECT substr(since, 1, 10) FROM tries_head"))

    def head(self) -> AuditHead:
        """Where the ledger ends now."""
        return self._chain.head()

    def verify(self) -> AuditProblem | None:
        """Recompute every hash, and the numbers of the families."""
        problem = self._chain.verify()
        if problem is not None:
            return problem
        for scope, columns in (("repository", ""), ("data", ", symbol, interval")):
            counted = self._db.rows(
                f"SELECT repository{columns}, count(*) FROM tries GROUP BY repository{columns}"  # noqa: S608  # our words
            )
            for row in counted:
                key = encode([scope, *tuple(row)[:-1]])
                found = self._db.value("SELECT tries FROM families WHERE family = ?", (key,))
                if found is None or found < row["count(*)"]:
                    return AuditProblem(0, f"the family {key} has {found}, not {row[-1]} tries")
        return None

    # --- what holds for a deployed version -------------------------------------------------------

    def keep_count(
        self, repository: str, name: str, tree: str, symbol: str, counted: Mapping[str, Any]
    ) -> None:
        """Keep what was counted when a version was judged for its deploy; the last one holds."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO counted_at_deploy"
                " (repository, name, tree, symbol, counted, recorded_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET counted = excluded.counted,"
                " recorded_at = excluded.recorded_at",
                (repository, name, tree, symbol, encode(dict(counted)), self._db.now()),
            )

    def kept_count(
        self, repository: str, name: str, tree: str, symbol: str
    ) -> dict[str, Any] | None:
        """What `keep_count` kept, None where nothing was."""
        found = self._db.value(
            "SELECT counted FROM counted_at_deploy"
            " WHERE repository = ? AND name = ? AND tree = ? AND symbol = ?",
            (repository, name, tree, symbol),
        )
        return decode(found) if found is not None else None
