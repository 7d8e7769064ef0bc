"""What a broker filled of deployed strategies' orders, as people import it; append-only."""

from collections import Counter
from collections.abc import Sequence

from components.schema.results.orders import BrokerFill
from components.state.db.database import Database


class Fills:
    """Table fills."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, repository: str, name: str, fills: Sequence[BrokerFill]) -> int:
        """Keep those that are not there yet; how many these are.

        Fills that are equal in all but the writing of the time are told apart by their number in
        the file: a broker may fill an order in equal parts, and the same file adds nothing twice.
        """
        seen: Counter[tuple[object, ...]] = Counter()
        added = 0
        with self._db.transaction():
            for fill in fills:
                same = (fill.symbol, fill.at, fill.side, fill.size, fill.price, fill.fee)
                key = (*same, fill.order_id)
                seen[key] += 1
                added += self._db.execute(
                    "INSERT INTO fills (repository, name, symbol, at, time, side, size, price,"
                    " fee, order_id, equal, imported_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (repository, name, *vars(fill).values(), seen[key], self._db.now()),
                ).rowcount
        return added

    def of(self, repository: str, name: str) -> dict[str, list[BrokerFill]]:
        """Symbol -> all fills of a strategy, the oldest first."""
        found: dict[str, list[BrokerFill]] = {}
        for row in self._db.rows(
            "SELECT symbol, at, time, side, size, price, fee, order_id FROM fills"
            " WHERE repository = ? AND name = ? ORDER BY symbol, at, id",
            (repository, name),
        ):
            found.setdefault(row["symbol"], []).append(BrokerFill(**dict(row)))
        return found
