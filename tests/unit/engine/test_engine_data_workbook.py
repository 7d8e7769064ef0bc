"""Workbooks (.xlsx): dates as dates and as text, and what is refused instead of read wrongly."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from components.engine.data.imports.convert import Wanted, imported
from components.engine.data.imports.write import write
from components.engine.market_data import FolderData
from components.errors import UserError

SAMPLE = Path(__file__).parents[2] / "data" / "imports" / "excel.xlsx"
HEADER = ["Date", "Open", "High", "Low", "Close", "Volume"]
SHEET = "xl/worksheets/sheet1.xml"
HEAD = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s'
    b"</sheetData></worksheet>"
)


def bars(count=30):
    days = [dt.datetime.fromisoformat(f"2024-01-{day:02}") for day in range(1, count + 1)]
    return [
        [day, 1000.5 + n, 1010.25 + n, 990.0, 1001.0 + n, 500 + n] for n, day in enumerate(days)
    ]


def workbook(path, **sheets):
    import openpyxl  # not in processes that run other tests

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def with_sheet(path, content):
    """A workbook whose only sheet is this XML."""
    plain = workbook(path.with_name("plain.xlsx"), S=[HEADER, *bars()])
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            out.writestr(name, content if name == SHEET else source.read(name))
    return path


def read(path):
    return imported(path, Wanted(symbol="X"))


def as_people_write(row):
    german = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in row[1:5]]
    return [f"{row[0]:%d.%m.%Y}", *german, row[5]]


@pytest.mark.parametrize(
    "rows",
    [
        [HEADER, *bars()],
        [["Prices of ACME"], [], HEADER, *bars()],
        [HEADER, *([f"{row[0]:%Y-%m-%d}", *row[1:]] for row in bars())],
        [
            ["Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"],
            *map(as_people_write, bars()),
        ],
        [HEADER, *bars()[::-1]],
        [HEADER, *bars(), [dt.datetime.fromisoformat("2024-01-31"), "-", "-", "-", "-", "-"]],
    ],
    ids=["dates", "title above", "text", "German text", "newest first", "day without prices"],
)
def test_workbook_is_read_as_the_same_bars(rows, tmp_path):
    (one,) = read(workbook(tmp_path / "x.xlsx", Sheet1=rows))
    write(tmp_path, one, force=False)
    frame = FolderData(tmp_path).bars("X", "1d", None, None).frame
    assert [[row[0].to_pydatetime(), *row[1:]] for row in frame.itertuples()] == bars()


def test_workbook_of_a_spreadsheet_program_is_read():
    (one,) = read(SAMPLE)
    assert (one.interval, len(one.frame)) == ("1d", 30)


def test_times_of_minutes_are_whole_seconds(tmp_path):
    start = dt.datetime.fromisoformat("2024-03-09T09:30")
    rows = [[start + dt.timedelta(minutes=5 * n), 10, 11, 9, 10, 5] for n in range(200)]
    (one,) = read(workbook(tmp_path / "x.xlsx", S=[HEADER, *rows]))
    assert (one.interval, list(one.frame.index)) == ("5m", [row[0] for row in rows])


def test_several_sheets_of_bars_are_several_symbols(tmp_path):
    sheets = {"AAPL": [HEADER, *bars()], "MSFT": [HEADER, *bars(20)], "Notes": [["of", "mine"]]}
    path = workbook(tmp_path / "x.xlsx", **sheets)
    assert [(b.symbol, len(b.frame)) for b in imported(path, Wanted())] == [
        ("AAPL", 30),
        ("MSFT", 20),
    ]
    assert len(imported(path, Wanted(symbol="MSFT"))) == 1


def changed(row, at, value):
    rows = bars()
    rows[row - 2][at] = value
    return [HEADER, *rows]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (changed(9, 0, "13/01/2024"), "sheet S, A9: the text '13/01/2024' among dates"),
        (changed(9, 3, "1.234,5"), r"sheet S, D9: the text '1\.234,5' among numbers"),
        (changed(9, 1, "=B8*1"), r"sheet S, B9: a formula without a stored value: =B8\*1"),
        (changed(9, 0, "=A8+1"), "sheet S, A9: a formula without a stored value"),
        (changed(9, 4, 2000), "Close is above High"),
        ([HEADER, *([45292 + n, *row[1:]] for n, row in enumerate(bars()))], "format the cells as"),
        ([["a", "b"], [1, 2]], "no sheet has columns Date, Open"),
    ],
)
def test_cell_that_cannot_be_trusted_is_named(rows, told, tmp_path):
    path = workbook(tmp_path / "x.xlsx", S=rows)
    with pytest.raises(UserError, match=told):
        write(tmp_path / "out", read(path)[0], force=False)


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        (b" " * (257 << 20), "unpacked it is larger than 256 MB"),
        (HEAD % b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>', "more than 1048576"),
        (HEAD % b'<row r="1"><c r="XFD1"><v>1</v></c></row>' * 1, "no sheet has columns"),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + HEAD % b'<row r="1"><c r="A1" t="str"><v>&x;</v></c></row>',
            "is damaged: undefined entity",
        ),
        (b"<worksheet", "is damaged"),
    ],
    ids=["bomb", "row without end", "far column", "foreign entity", "cut off"],
)
def test_hostile_workbook_is_refused_in_bounded_time(sheet, told, tmp_path):
    with pytest.raises(UserError, match=told):
        read(with_sheet(tmp_path / "x.xlsx", sheet))


@pytest.mark.parametrize("content", [b"Date,Open\n", b"", SAMPLE.read_bytes()[:3000]])
def test_file_that_is_no_workbook_is_refused_with_what_to_do(content, tmp_path):
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(UserError, match=r"is no \.xlsx workbook"):
        read(tmp_path / "x.xlsx")
