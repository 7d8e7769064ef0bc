"""The forward record: what each deployed version wanted after each bar; once written it stays."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from components.state.db.database import Database


@dataclass(frozen=True)
class ForwardTrack:
    """One deployment of a strategy on one symbol, or of a portfolio on all of its, since a bar.

    Attributes:
        symbol: of a portfolio a name for its `symbols`, which are empty elsewhere.
        deployment: number of the landing.
        start: first day (ISO) of the bars that it is run on; "": all.
        made_of: hash of all that decides orders, but data, engine and image.
        reason: why it begins: the deploy, or that somebody took the data as it is.
    """

    id: int
    deployment: int
    repository: str
    name: str
    version: str
    symbol: str
    interval: str
    start: str
    made_of: str
    reason: str
    began_at: str = ""
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sealed:
    """What was wanted after one bar.

    Attributes:
        bar: its time in nanoseconds since 1970; `time`: the same as the data has it.
        content_key: of the verdict that the version landed with.
        data: SHA-256 (hex) of all bars up to and with this one, as they were first seen.
        prices: the bar's own columns (JSON).
        orders: what was wanted (JSON), and its SHA-256 (hex).
        counts: whether the bar arrived after the deploy.
        published: whether its orders were told while it was the last bar.
        positions: of a portfolio the units that it holds, by symbol (JSON); "" elsewhere.
        fills: what this bar filled of the orders before (JSON: `PaperFill`, and `floor`: what the
            policy's floors took of it then, in account currency); "": it was not noted.
        asked: SHA-256 (hex) of all that the strategy asked for up to and with this bar; "": it was
            not noted.
    """

    bar: int
    time: str
    content_key: str
    data: str
    prices: str
    orders: str
    orders_sha256: str
    position: float
    equity: float
    engine: str
    image: str
    made_of: str
    counts: bool
    published: bool
    fills: str = ""
    positions: str = ""
    asked: str = ""
    first_seen: str = ""


@dataclass(frozen=True)
class OrderState:
    """What stands now of a deployed strategy on one symbol, or of a portfolio on all of its.

    Attributes:
        symbol, symbols: see `ForwardTrack`.
        number: counts what was told of it; one more with each change.
        track: number of its record; 0 where there is none yet.
        reason: why there are no orders; "": those of the record's last bar hold.
        late_at: when the next bar should have come (ISO, UTC); "" where nobody knows.
        seen: which data was looked at last; "": it has to be looked at again.
        integrity: why sealed orders and today's replay differ, JSON; "": they are the same.
        told: hash of what those who are told know.
        edge: what the returns since the deploy say, JSON; "": no bar counts yet, or the backtest
            is not known.
    """

    repository: str
    name: str
    symbol: str
    interval: str
    deployment: int
    version: str
    number: int = 0
    track: int = 0
    reason: str = ""
    late_at: str = ""
    seen: str = ""
    integrity: str = ""
    told: str = ""
    updated_at: str = ""
    edge: str = ""
    symbols: tuple[str, ...] = ()


Kind = TypeVar("Kind", ForwardTrack, OrderState)

_TRADED = "(symbol = ? OR EXISTS (SELECT 1 FROM json_each(symbols) WHERE value = ?))"


class Forward:
    """Tables tracks, forward (both append-only) and standing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, track: ForwardTrack) -> int:
        """Begin a record; its number."""
        values = {**_columns(track), "began_at": self._db.now()}
        del values["id"]
        with self._db.transaction():
            return self._db.insert("tracks", values)

    def keep_bars(self, data: str, bars: bytes) -> None:
        """Keep bars as they are now, so that it can be said later what was restated.

        Args:
            data: their hash, as in `Sealed`.
            bars: packed.
        """
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO kept_bars (data, bars) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (data, bars),
            )

    def bars(self, data: str) -> bytes:
        """The bars of a hash; empty where they were not kept."""
        found = self._db.value("SELECT bars FROM kept_bars WHERE data = ?", (data,))
        return b"" if found is None else bytes(found)

    def track(self, deployment: int, symbol: str) -> ForwardTrack | None:
        """The record that a deployment has on a symbol now."""
        row = self._db.one(
            "SELECT * FROM tracks WHERE deployment = ? AND symbol = ? ORDER BY id DESC LIMIT 1",
            (deployment, symbol),
        )
        return _read(ForwardTrack, row) if row is not None else None

    def seal(self, track: int, rows: Sequence[Sealed]) -> None:
        """Write down what was wanted; a bar that has its row keeps that one."""
        with self._db.transaction():
            for row in rows:
                self._db.execute(
                    "INSERT INTO forward (track, bar, time, content_key, data, prices, orders,"
                    " orders_sha256, position, equity, engine, image, made_of, counts, published,"
                    " fills, positions, asked, first_seen)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (track, bar) DO NOTHING",
                    (track, *list(vars(row).values())[:-1], self._db.now()),
                )

    def sealed(self, track: int) -> list[Sealed]:
        """All rows of a record, the oldest bar first."""
        rows = self._db.rows("SELECT * FROM forward WHERE track = ? ORDER BY bar", (track,))
        return [_sealed(row) for row in rows]

    def records(self, repository: str, name: str, symbol: str) -> list[list[Sealed]]:
        """All records of a strategy in which a symbol is traded, the oldest one first."""
        tracks = self._db.rows(
            f"SELECT id FROM tracks WHERE repository = ? AND name = ? AND {_TRADED} ORDER BY id",  # noqa: S608  # our words
            (repository, name, symbol, symbol),
        )
        return [self.sealed(row["id"]) for row in tracks]

    def traders(self, symbol: str) -> list[tuple[str, str]]:
        """Repository and name of the strategies that have a record on a symbol."""
        rows = self._db.rows(
            f"SELECT DISTINCT repository, name FROM tracks WHERE {_TRADED} ORDER BY 1, 2",  # noqa: S608  # our words
            (symbol, symbol),
        )
        return [(row["repository"], row["name"]) for row in rows]

    def last(self, track: int) -> Sealed | None:
        """The row of a record's last bar."""
        row = self._db.one(
            "SELECT * FROM forward WHERE track = ? ORDER BY bar DESC LIMIT 1", (track,)
        )
        return _sealed(row) if row is not None else None

    def counts(self) -> dict[str, int]:
        """Order sheets of what is deployed, by state, and messages that their receiver refused."""
        return {
            "published": 0,
            "withheld": 0,
            "not_taken": self._db.value(
                "SELECT count(*) FROM jobs WHERE kind = 'webhook' AND error != ''"
                " AND status IN ('queued', 'leased')"
            ),
            "not_as_sealed": self._db.value(
                "SELECT count(*) FROM standing WHERE integrity != '' AND deployment != 0"
            ),
        } | self._db.counts(
            "SELECT CASE WHEN reason = '' AND (late_at = '' OR late_at >= ?) THEN 'published'"
            " ELSE 'withheld' END, count(*) FROM standing WHERE deployment != 0 GROUP BY 1",
            (self._db.now(),),
        )

    def stand(self, now: OrderState) -> None:
        """Say what stands now."""
        values = {**_columns(now), "updated_at": self._db.now()}
        columns, marks = ", ".join(values), ", ".join("?" for _ in values)
        with self._db.transaction():
            self._db.execute(
                f"INSERT OR REPLACE INTO standing ({columns}) VALUES ({marks})",  # noqa: S608  # our words, bound values
                tuple(values.values()),
            )

    def standing(self, repository: str, name: str, symbol: str) -> OrderState | None:
        """What stands now of one strategy on one symbol."""
        row = self._db.one(
            "SELECT * FROM standing WHERE repository = ? AND name = ? AND symbol = ?",
            (repository, name, symbol),
        )
        return _read(OrderState, row) if row is not None else None

    def all_standing(self, repository: str, name: str | None = None) -> list[OrderState]:
        """What stands now, by name and symbol; `name`: of one strategy."""
        rows = self._db.rows(
            "SELECT * FROM standing WHERE repository = :repository"
            " AND (:name IS NULL OR name = :name) ORDER BY name, symbol",
            {"repository": repository, "name": name},
        )
        return [_read(OrderState, row) for row in rows]

    def at_commit(self, repository: str, commit: str) -> list[OrderState]:
        """What stands now of all that landed with a commit and is still deployed."""
        rows = self._db.rows(
            "SELECT s.* FROM standing AS s JOIN deployments AS d ON d.id = s.deployment"
            ' WHERE s.repository = ? AND d."commit" = ? ORDER BY s.name, s.symbol',
            (repository, commit),
        )
        return [_read(OrderState, row) for row in rows]


def _columns(record: ForwardTrack | OrderState) -> dict[str, Any]:
    return {**vars(record), "symbols": json.dumps(record.symbols)}


def _read(kind: type[Kind], row: sqlite3.Row) -> Kind:
    return kind(**{**dict(row), "symbols": tuple(json.loads(row["symbols"]))})


def _sealed(row: sqlite3.Row) -> Sealed:
    values = {name: row[name] for name in Sealed.__dataclass_fields__}
    return Sealed(**{**values, "counts": bool(row["counts"]), "published": bool(row["published"])})
