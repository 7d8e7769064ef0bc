"""How an export is written: encoding, separator, and which line names the columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.engine.data.imports.columns import prices_named
from components.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = 262_144
"""Bytes that are looked at to recognise a file."""

LARGEST = 4 << 30
LONGEST_LINE = 10_000
HEADER_LINES = 12
BLOCK = 1 << 22
_MARKS = ("\t", ";", "|", ",")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Shape:
    """How a text file is written.

    Attributes:
        skip: lines before the first line of the header, or of the data where there is none.
        header: how many lines name the columns: 0, 1, 2 (and the tickers), or 3 (and the index).
        comma: whether a comma may stand in a number.
    """

    encoding: str
    separator: str
    skip: int
    header: int
    comma: bool


def shape_of(path: Path) -> Shape:
    """Recognise how a text file is written.

    Raises:
        UserError: it is no text, or too large, or holds no table.
    """
    with path.open("rb") as file:
        raw = file.read(SAMPLE)
    if path.stat().st_size > LARGEST:
        raise UserError(f"{path} is larger than 4 GB", hint="import it in parts")
    encoding = _encoding(path, raw)
    text = raw.decode(encoding, "ignore")
    lines = text.splitlines()
    if len(raw) == SAMPLE:
        lines = lines[:-1]  # the last one may be cut
    if not any(line.strip() for line in lines):
        raise UserError(f"{path} holds no lines of text", hint="is it the right file?")
    _refuse_long(path, lines)
    separator = _separator(lines)
    rows = _rows(path, lines, separator)
    skip, header = header_of(path, rows)
    if header:
        _refuse_longer(path, rows, skip)
    return Shape(encoding, separator, skip, header, _has_commas(rows[skip + header :]))


def _encoding(path: Path, raw: bytes) -> str:
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return name
    if raw[:2] == b"PK":
        raise UserError(
            f"{path} is an Excel workbook or a zip archive",
            hint="rename a workbook to .xlsx, unpack an archive, and import that",
        )
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = raw[start:2000:2]
        if len(half) > 2 and half.count(0) > 0.8 * len(half):  # noqa: PLR2004  # a share
            return name
    _refuse_nul(path)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _refuse_nul(path: Path) -> None:
    lines = 1
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            at = block.find(0)
            if at >= 0:
                line = lines + block.count(b"\n", 0, at)
                raise UserError(
                    f"{path}, line {line}: a NUL byte: it is no text",
                    hint="the file is damaged, or in a format of its own: fetch it again as CSV",
                )
            lines += block.count(b"\n")


def _refuse_long(path: Path, lines: list[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise UserError(f"{path}, line {number}: {len(line)} characters: no line of a table")


def _separator(lines: list[str]) -> str:
    """The mark that stands equally often, and most, in nearly all last lines of the sample."""
    last = [line for line in lines if line.strip()][-20:]

    def weight(mark: str) -> tuple[bool, bool, int]:
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in last]
        usual = max(counts, key=counts.count)
        odd = len(counts) - counts.count(usual)  # a line of words may end the file
        return odd < 3 and usual > 3, not odd, usual  # noqa: PLR2004  # prices

    try:
        return max(_MARKS, key=weight)
    except csv.Error as error:
        raise UserError(f"no table of bars can be read: {error}") from error


def _rows(path: Path, lines: list[str], separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    try:
        return [[field.strip() for field in row] or [""] for row in reader]
    except csv.Error as error:
        raise UserError(f"{path}: no table of bars can be read: {error}") from error


def _refuse_longer(path: Path, rows: list[list[str]], skip: int) -> None:
    """Rows with more values than there are names: which value belongs to which name?"""
    count = len(rows[skip])
    for number, row in enumerate(rows[skip:], start=skip + 1):
        if any(row[count:]):
            raise UserError(f"{path}, line {number}: {len(row)} values under {count} names")


def header_of(path: Path, rows: list[list[str]]) -> tuple[int, int]:
    """The lines before the header, and how many it has. Raises UserError: of unknown names."""
    for at, row in enumerate(rows[:HEADER_LINES]):
        if prices_named(row) < 3:  # noqa: PLR2004  # of the four
            continue
        before = rows[at - 1][0].lower() if at else ""
        if row[0].lower() == "price" and at + 2 < len(rows):  # yfinance, one or several tickers
            return at - (before == "ticker"), 3
        return at, 1 + _tickers(row, rows[at + 1 : at + 2])
    wide = [(at, row) for at, row in enumerate(rows) if len(row) > 3]  # noqa: PLR2004  # prices
    at, first = wide[0] if wide else (0, [])
    if wide and not any(map(str.isdigit, "".join(first[1:]))):
        said = ", ".join(first)[:200]
        raise UserError(
            f"{path}, line {at + 1}: columns of unknown names: {said}",
            hint="name them Date, Open, High, Low, Close and Volume",
        )
    return at + _numbered(first), 0


def _numbered(names: list[str]) -> bool:
    """Whether a line names columns 0, 1, 2 ..., as pandas does where nobody named them."""
    names = names if names and names[0] else names[1:]
    return names == [str(number) for number in range(len(names))]


def _tickers(names: list[str], below: list[list[str]]) -> bool:
    """Whether the next line names a ticker under each price: yfinance without its index."""
    return any(
        len(row) == len(names) and not row[0] and all(row[1:]) and not any(map(_number, row[1:]))
        for row in below
    )


def _number(text: str) -> bool:
    return text.replace(".", "", 1).replace(",", "").lstrip("+-").isdigit()


def _has_commas(rows: list[list[str]]) -> bool:
    return any(re.search(r"\d,\d", field) for row in rows for field in row)
