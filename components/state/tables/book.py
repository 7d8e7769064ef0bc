"""Returns of what was checked, by content: what the book of all deployed strategies is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.state.db.database import Database
from components.state.tables.tries import Returns


@dataclass(frozen=True)
class KeptReturns:
    """The returns of one backtest of a strategy."""

    symbol: str
    interval: str
    returns: Returns


class BookReturns:
    """Table book_returns: for each content the returns of its last check, by symbol."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, repository: str, name: str, tree: str, kept: Sequence[KeptReturns]) -> None:
        """Keep the returns of a content; they take the place of those of an earlier check."""
        with self._db.transaction():
            self._db.execute(
                "DELETE FROM book_returns WHERE repository = ? AND name = ? AND tree = ?",
                (repository, name, tree),
            )
            for one in kept:
                self._db.insert(
                    "book_returns",
                    {
                        "repository": repository,
                        "name": name,
                        "tree": tree,
                        "symbol": one.symbol,
                        "interval": one.interval,
                        "fingerprint": one.returns.fingerprint,
                        "step_s": one.returns.step_s,
                        "first": one.returns.first,
                        "series": one.returns.series,
                        "recorded_at": self._db.now(),
                    },
                )

    def of(self, repository: str, name: str, tree: str) -> tuple[KeptReturns, ...]:
        """The returns of a content, by symbol; empty where none are kept."""
        rows = self._db.rows(
            "SELECT * FROM book_returns WHERE repository = ? AND name = ? AND tree = ?"
            " ORDER BY symbol",
            (repository, name, tree),
        )
        return tuple(
            KeptReturns(
                r["symbol"],
                r["interval"],
                Returns(r["fingerprint"], r["step_s"], r["first"], r["series"]),
            )
            for r in rows
        )
