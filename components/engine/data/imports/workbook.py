"""Sheets of a workbook (.xlsx) to raw tables: bounded, and never a cell that was not computed."""

from __future__ import annotations

import warnings
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter

from components.engine.data.imports.columns import PRICES, roles
from components.engine.data.imports.numbers import NOTHING
from components.engine.data.imports.shape import HEADER_LINES, header_of
from components.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 256 << 20
"""Bytes of all parts of a workbook when they are unpacked: about 700,000 rows."""

MOST_ROWS, MOST_COLUMNS = 1_048_576, 64
"""Rows as Excel's own bound; columns beyond are not looked at."""

_ONE_KIND = {*PRICES, "Volume", "Time", "Date"}
_CSV = "save the sheet as CSV (UTF-8) and import that"


Rows = dict[int, tuple[Any, ...]]


def sheets(path: Path) -> dict[str, pd.DataFrame]:
    """The sheets that hold bars: name -> raw table.

    Values of formulas are those that were stored when the file was last saved.

    Raises:
        UserError: no workbook, too large, no sheet has bars, or a cell can't be trusted.
    """
    _check_size(path)
    found = {name: _table(path, name, rows) for name, rows in _rows(path, values=True).items()}
    tables = {name: table for name, table in found.items() if table is not None}
    if not tables:
        raise UserError(f"{path}: no sheet has columns Date, Open, High, Low and Close")
    return tables


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UserError(
            f"{path} is no .xlsx workbook, or has a password",
            hint=f"open it and {_CSV}; if it is text already, rename it to .csv",
        ) from error
    if size > LARGEST:
        raise UserError(f"{path}: unpacked it is larger than {LARGEST >> 20} MB", hint=_CSV)


def _rows(path: Path, *, values: bool) -> dict[str, Rows]:
    """Each visible sheet's rows that are not empty, by their number in the sheet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parts that are not looked at: styles, drawings
            book = openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)
        with closing(book):
            seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            return {sheet.title: _filled(path, sheet) for sheet in seen}
    except (zipfile.BadZipFile, KeyError, TypeError, SyntaxError, EOFError) as error:
        raise UserError(f"{path} is damaged: {str(error)[:200]}", hint="fetch it again") from error


def _filled(path: Path, sheet: Any) -> Rows:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    found = {}
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1):
        if number > MOST_ROWS:
            raise UserError(f"{path}: sheet {sheet.title} has more than {MOST_ROWS} rows")
        if row.count(None) < len(row):
            found[number] = row
    return found


def _table(path: Path, name: str, rows: Rows) -> pd.DataFrame | None:
    """A sheet's bars below its column names; None where it has no such names."""
    numbers = list(rows)
    top = [[_word(value) for value in rows[number]] for number in numbers[:HEADER_LINES]]
    try:
        skip, header = header_of(path, top)
    except UserError:
        return None
    if header != 1 or len(rows) < skip + 2:
        return None
    names = top[skip]
    width = max(at for at, word in enumerate(names) if word) + 1
    below = {number: rows[number][:width] for number in numbers[skip + 1 :]}
    taken = roles(names[:width])
    _refuse_formulas(path, name, below, sorted(set(taken.values())))
    cells = [[_cell(value) for value in row] for row in below.values()]
    frame = pd.DataFrame(cells, columns=names[:width], index=list(below))
    _refuse_mixtures(f"{path}, sheet {name}", frame, taken)
    return frame.infer_objects().reset_index(drop=True)


def _cell(value: Any) -> Any:
    nothing = isinstance(value, str) and value.strip().lower() in NOTHING
    return None if nothing else value


def _word(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _refuse_mixtures(where: str, frame: pd.DataFrame, taken: dict[str, int]) -> None:
    """Texts among numbers or dates: what a spreadsheet took for a number or a date may be wrong."""
    for role, at in taken.items():
        kinds = {"Time": "dates", "Date": "dates"}.get(role, "numbers")
        cells = frame.iloc[:, at].dropna()
        texts = cells.map(lambda cell: isinstance(cell, str))
        if role in _ONE_KIND and texts.any() and not texts.all():
            row, text = next((row, cell) for row, cell in cells.items() if isinstance(cell, str))
            raise UserError(
                f"{where}, {get_column_letter(at + 1)}{row}: the text {text[:40]!r} among {kinds}",
                hint=f"a spreadsheet may have taken some texts for {kinds}, day for month or "
                "thousands for decimals: import the file that it was made from",
            )


def _refuse_formulas(path: Path, name: str, below: Rows, taken: list[int]) -> None:
    """A formula whose value was never stored looks like an empty cell."""
    empty = [(row, at) for row, cells in below.items() for at in taken if cells[at] is None]
    if not empty:
        return
    written = _rows(path, values=False)[name]
    for row, at in empty:
        cell = written[row][at] if row in written else None
        if cell is not None:
            raise UserError(
                f"{path}, sheet {name}, {get_column_letter(at + 1)}{row}: a formula without a "
                f"stored value: {str(cell)[:60]}",
                hint=f"open the file in a spreadsheet program and save it, or {_CSV}",
            )
