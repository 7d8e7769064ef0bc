"""The demo's market: the examples' bars as if they were of these days, and the days that follow."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np

DAYS = 3
"""Bars that are kept back, to come one by one."""

RESTATED = 5
"""So many bars before the first of these stands the one that is restated."""

FACTOR = 1.08


class ComingBars:
    """A data folder in which the last few bars of a source come one by one.

    Args:
        folder: where its files go.
        source: files of daily bars, `SYMBOL_1d.csv`.
        until: day (ISO) of the last bar that comes; later ones of the source are left out.
    """

    def __init__(self, folder: Path, source: Path, until: str) -> None:
        self._folder = folder
        self._heads: dict[str, str] = {}
        self._rows: dict[str, list[str]] = {}
        for file in sorted(source.glob("*_1d.csv")):
            head, *rows = file.read_text(encoding="utf-8").splitlines()
            rows = [row for row in rows if row[:10] <= until]
            self._heads[file.name], self._rows[file.name] = head, _of_these_days(rows)
        self._shown = min(len(rows) for rows in self._rows.values()) - DAYS
        folder.mkdir()
        self._write()

    def next_day(self) -> str:
        """Add the next bar to each file; its day."""
        self._shown += 1
        self._write()
        return next(iter(self._rows.values()))[self._shown - 1][:10]

    def restate(self, symbol: str) -> str:
        """Change the close of a past bar, as a vendor who corrects it; what was changed."""
        rows = self._rows[f"{symbol}_1d.csv"]
        place = len(rows) - DAYS - RESTATED
        day, first, _, low, close, *rest = rows[place].split(",")
        corrected = f"{float(close) * FACTOR:.2f}"
        rows[place] = ",".join((day, first, corrected, low, corrected, *rest))
        self._write()
        return f"the close of {symbol} on {day}: {close} before, {corrected} now"

    def _write(self) -> None:
        """Whole files, each written beside its place and then renamed."""
        for name, rows in self._rows.items():
            beside = self._folder / f"{name}.new"
            lines = (self._heads[name], *rows[: self._shown])
            beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            beside.replace(self._folder / name)


def _of_these_days(rows: Sequence[str]) -> list[str]:
    """The rows on the last Mondays to Fridays: the last one has come, and the next is not due.

    Of those that come before it the next one is due already: their orders are sealed, not told.
    """
    today = np.datetime64(dt.datetime.now(dt.UTC).date())
    days = np.busday_offset(today, np.arange(1 - len(rows), 1), roll="backward")
    return [f"{day}{row[10:]}" for day, row in zip(days, rows, strict=True)]
