"""Exports of usual sources: what is read of each, and what is refused instead of guessed."""

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.data.imports.convert import Imported, Wanted, imported
from components.engine.data.imports.numbers import decimal_mark, numbers
from components.engine.data.imports.write import joined, write
from components.engine.market_data import FolderData
from components.errors import UserError

SAMPLES = Path(__file__).parents[2] / "data" / "imports"
HOURS = ("1h", 30, "2024-01-01 00:00:00", "2024-01-02 05:00:00")
UTC_HOURS = ("1h", 30, "2024-01-01 00:00:00+00:00", "2024-01-02 05:00:00+00:00")
LATER = ("1h", 30, "2024-01-02 00:00:00", "2024-01-03 05:00:00")
DAYS = ("1d", 30, "2024-01-02 00:00:00", "2024-02-12 00:00:00")
YAHOO = ("1d", 15, "2024-03-04 00:00:00", "2024-03-22 00:00:00")
# file -> symbol that it says, interval, bars, first and last time, last close
READ = {
    "yfinance_history.csv": (
        "",
        "1d",
        15,
        "2024-03-04 00:00:00-05:00",
        "2024-03-22 00:00:00-04:00",
    ),
    "yfinance_hours.csv": ("", "1h", 105, "2024-03-04 09:30:00-05:00", "2024-03-22 15:30:00-04:00"),
    "yfinance_download.csv": ("AAPL", *YAHOO),
    "ccxt.csv": ("", *UTC_HOURS),
    "ccxt_dates.csv": ("", *HOURS),
    "ccxt_index.csv": ("", *HOURS),
    "BTCUSDT-1h-2024-01.csv": ("BTCUSDT", *UTC_HOURS),
    "BTCUSDT-1h-2025-01.csv": (
        *("BTCUSDT", "1h", 30, "2025-01-01 00:00:00+00:00", "2025-01-02 05:00:00+00:00"),
    ),
    "binance_futures.csv": ("", *UTC_HOURS),
    "polars_seconds.csv": ("", *UTC_HOURS),
    "polars.csv": ("", *HOURS),
    "polars.parquet": ("", *HOURS),
    "polars_utc.parquet": ("", *UTC_HOURS),
    "pandas.parquet": ("", *HOURS),
    "pandas_range.parquet": ("", *HOURS),
    "metatrader4.csv": ("", *LATER),
    "metatrader5.csv": ("", *LATER),
    "metatrader5_days.csv": ("", *DAYS),
    "stooq.csv": ("", *DAYS),
    "stooq_bulk.txt": ("AAPL.US", *DAYS),
    "stooq_5min.txt": ("EURUSD", "5m", 30, "2024-01-02 00:05:00", "2024-01-02 02:30:00"),
    "alphavantage.csv": ("", *DAYS),
    "alphavantage_adjusted.csv": ("", *DAYS),
    "dukascopy.csv": ("", "1h", 30, "2024-01-02 00:00:00+00:00", "2024-01-03 05:00:00+00:00"),
    "dukascopy_local.csv": ("", "1h", 30, "2024-01-02 00:00:00+02:00", "2024-01-03 05:00:00+02:00"),
    "investing.csv": ("", *DAYS),
    "excel_german.csv": ("", *DAYS),
    "excel_utf16.csv": ("", *DAYS),
}


@pytest.mark.parametrize("name", READ)
def test_export_is_read_and_taken_by_the_data_folder(name, tmp_path):
    symbol, interval, bars, first, last = READ[name]
    (one,) = imported(SAMPLES / name, Wanted(symbol="" if symbol else "ACME"))
    assert (one.symbol, one.interval) == (symbol or "ACME", interval)
    write(tmp_path, one, force=False)
    frame = FolderData(tmp_path).bars(one.symbol, interval, None, None).frame
    assert (len(frame), str(frame.index[0]), str(frame.index[-1])) == (bars, first, last)
    assert list(frame.columns) == ["Open", "High", "Low", "Close", "Volume"]
    assert (frame["Volume"] > 0).all()


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("alphavantage.csv", "stooq.csv"),
        ("alphavantage_adjusted.csv", "stooq.csv"),
        ("stooq_bulk.txt", "stooq.csv"),
        ("metatrader4.csv", "metatrader5.csv"),
        ("dukascopy.csv", "metatrader5.csv"),
        ("excel_german.csv", "investing.csv"),
        ("excel_utf16.csv", "investing.csv"),
        ("polars_utc.parquet", "ccxt.csv"),
        ("BTCUSDT-1h-2024-01.csv", "ccxt.csv"),
    ],
)
def test_the_same_bars_in_two_forms_are_the_same_prices(name, like):
    one, two = (imported(SAMPLES / file, Wanted(symbol="X"))[0].frame for file in (name, like))
    prices = ["Open", "High", "Low", "Close"]
    assert np.allclose(one[prices].to_numpy(), two[prices].to_numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["yfinance_two.csv", "yfinance_by_ticker.csv", "yfinance_two.parquet"]
)
def test_several_tickers_of_one_file_are_several_series(name):
    apple, other = imported(SAMPLES / name, Wanted())
    assert (apple.symbol, len(apple.frame)) == ("AAPL", 15)
    assert (other.symbol, len(other.frame)) == ("MSFT", 14)
    assert "1 row without any price dropped" in other.notes
    (only,) = imported(SAMPLES / name, Wanted(symbol="MSFT"))
    assert only.frame.equals(other.frame)


def test_files_of_one_series_are_put_together():
    files = ("BTCUSDT-1h-2025-01.csv", "BTCUSDT-1h-2024-01.csv")
    (whole,) = joined([one for name in files for one in imported(SAMPLES / name, Wanted())])
    assert len(whole.frame) == 60
    assert whole.frame.index.is_monotonic_increasing


def test_what_was_done_is_said():
    (one,) = imported(SAMPLES / "investing.csv", Wanted(symbol="X"))
    assert "newest first: turned round" in one.notes
    assert "times with the month first (a date of the file shows it)" in one.notes
    assert "columns not taken over: Change %" in one.notes
    (one,) = imported(SAMPLES / "stooq.csv", Wanted(symbol="X", zone="America/New_York"))
    assert "times without a zone taken as America/New_York" in one.notes
    assert str(one.frame.index[0]) == "2024-01-02 00:00:00-05:00"


def test_day_and_month_are_asked_for_where_no_date_shows_them():
    file = SAMPLES / "investing_few.csv"
    with pytest.raises(UserError, match=r"may have the day or the month first.*--date-format"):
        imported(file, Wanted(symbol="X", interval="1d"))
    (one,) = imported(file, Wanted(symbol="X", interval="1d", date_format="%m/%d/%Y"))
    assert one.frame.index[-1] == pd.Timestamp("2024-02-12")


def written(tmp_path, text, name="x.csv", **wanted):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return imported(path, Wanted(**{"symbol": "X", "interval": "1d", **wanted}))[0]


HEADER = "Date,Open,High,Low,Close\n"
GOOD = "2024-01-02,10,11,9,10\n2024-01-03,10,11,9,10\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER + GOOD + "2024-01-04,=1+1,11,9,10\n", "bar 3: Open is no number: '=1+1'"),
        (HEADER + GOOD + "2024-01-04,\"=cmd|' /C calc'!A0\",11,9,10\n", "Open is no number"),
        (HEADER + GOOD + "2024-01-04,10,11,9,1\0\n", "line 4: a NUL byte"),
        (HEADER + GOOD + "2024-01-03,10,11,9,10.5\n", "2024-01-03 00:00:00 has two different bars"),
        (HEADER + "13/13/2024,10,11,9,10\n", "some dates have the day first and others the month"),
        (HEADER + "01/02/24,10,11,9,10\n", "a year of two digits"),
        (HEADER + "soon,10,11,9,10\n", "'soon' is read as no time"),
        (HEADER + "7,10,11,9,10\n", "7 is no time since 1970"),
        (HEADER + GOOD + ",10,11,9,10\n", "no time"),
        (HEADER, "no row has a price"),
        ("", "holds no lines of text"),
        (b"\xff\xfe", "holds no lines of text"),
        ("hello\nworld\n", "too few for time and prices"),
        ("x" * 200_000, "no line of a table"),
        ("Date,Open,High,Low\n2024-01-02,1,1,1\n", "no column for Close"),
        (
            "Date,Open,High,Low,Close,close\n2024-01-02,1,1,1,1,1\n",
            "more than one column may be Close",
        ),
        ("Date;Open;High;Low;Close\n2024-01-02;1,234;1,234;1,234;1,234\n", "--decimal"),
        (HEADER + "2024-01-02,10,11,9,10,11,12,13\n" + GOOD, "8 values under 5 names"),
        (b"PK\x03\x04" + b"\0" * 100, "an Excel workbook or a zip archive"),
        (bytes(range(256)) * 40, "no"),
    ],
)
def test_broken_or_hostile_file_is_refused_with_a_sentence(text, told, tmp_path):
    with pytest.raises(UserError, match=told.replace("+", r"\+").replace("|'", r"\|'")) as caught:
        written(tmp_path, text)
    assert "x.csv" in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_field_of_five_megabytes_is_refused_and_not_printed(tmp_path):
    text = HEADER + GOOD * 1 + "".join(f"2024-02-{d:02},10,11,9,10\n" for d in range(1, 29)) * 500
    with pytest.raises(UserError) as caught:
        written(tmp_path, text + "2024-03-01,10,11,9," + "9x" * 2_500_000 + "\n")
    assert len(str(caught.value)) < 1_000


def test_impossible_bars_are_not_imported(tmp_path):
    one = written(tmp_path, HEADER + GOOD + "2024-01-04,10,11,9,12\n")
    with pytest.raises(UserError, match=r"not imported: X_1d.parquet, row 2 .*Close is above High"):
        write(tmp_path / "out", one, force=False)
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_is_replaced_without_force(tmp_path):
    one = written(tmp_path, HEADER + GOOD)
    target = write(tmp_path, one, force=False)
    before = target.read_bytes()
    with pytest.raises(UserError, match="--force"):
        write(tmp_path, written(tmp_path, HEADER + GOOD.replace("10", "10.5")), force=False)
    assert target.read_bytes() == before
    write(tmp_path, written(tmp_path, HEADER + GOOD.replace(",10,", ",10.5,")), force=True)
    assert target.read_bytes() != before


def test_csv_file_of_the_same_bars_is_never_touched(tmp_path):
    (tmp_path / "X_1D.csv").write_text(HEADER + GOOD)
    with pytest.raises(UserError, match="move it out of the folder"):
        write(tmp_path, written(tmp_path, HEADER + GOOD), force=True)
    assert (tmp_path / "X_1D.csv").read_text() == HEADER + GOOD


def test_two_imports_at_once_leave_one_whole_file(tmp_path):
    ones = [written(tmp_path, HEADER + GOOD.replace("9,10", f"9,10.{n}")) for n in range(6)]
    ended = []

    def work(one):
        try:
            write(tmp_path / "out", one, force=False)
            ended.append("written")
        except UserError:
            ended.append("refused")

    threads = [threading.Thread(target=work, args=(one,)) for one in ones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["refused"] * 5 + ["written"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["X_1d.parquet"]
    assert len(FolderData(tmp_path / "out").bars("X", "1d", None, None).frame) == 2


def test_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(UserError, match="cannot write"):
        write(tmp_path / "taken", written(tmp_path, HEADER + GOOD), force=False)


def test_slash_in_a_symbol_is_written_as_a_hyphen(tmp_path):
    one = written(tmp_path, HEADER + GOOD, symbol="BTC/USDT")
    assert write(tmp_path, one, force=False).name == "BTC-USDT_1d.parquet"


def test_symbol_cannot_lead_out_of_the_folder(tmp_path):
    with pytest.raises(UserError, match="is no symbol"):
        written(tmp_path, HEADER + GOOD, symbol="../../X")


def test_symbol_and_interval_are_asked_for_where_nothing_says_them(tmp_path):
    with pytest.raises(UserError, match="--symbol"):
        written(tmp_path, HEADER + GOOD, symbol="")
    with pytest.raises(UserError, match="may be a minute or a month"):
        written(tmp_path, HEADER + GOOD, interval="1M")
    odd = HEADER + "2024-01-02 00:00:00,1,1,1,1\n2024-01-02 00:00:07,1,1,1,1\n"
    with pytest.raises(UserError, match="--interval"):
        written(tmp_path, odd, interval="")


def test_same_bar_again_is_dropped_and_counted(tmp_path):
    one = written(tmp_path, HEADER + GOOD + "2024-01-03,10,11,9,10\n")
    assert len(one.frame) == 2
    assert "1 row dropped: the same bar again" in one.notes


def test_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "no.csv", tmp_path):
        with pytest.raises(UserError, match="cannot"):
            imported(path, Wanted(symbol="X"))


def test_file_without_permission_or_link_to_nothing_is_refused(tmp_path):
    (tmp_path / "x.csv").symlink_to(tmp_path / "nothing")
    with pytest.raises(UserError, match="cannot read"):
        imported(tmp_path / "x.csv", Wanted(symbol="X"))


VALUES = st.floats(0.01, 9_999_999, allow_nan=False).map(lambda value: round(value, 2))


@given(st.lists(VALUES.filter(lambda v: v != int(v)), min_size=1, max_size=20), st.booleans())
def test_numbers_with_thousands_come_back_as_they_were(values, comma):
    texts = [f"{value:,.2f}" for value in values]
    if comma:
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    column = pd.Series(texts)
    mark = decimal_mark([column])
    assert mark == ("," if comma else ".")
    assert numbers(column, mark).tolist() == values


@given(st.binary(max_size=400))
def test_any_bytes_end_in_bars_or_in_one_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(HEADER.encode() + content)
    found, said = [], "any.csv"
    try:
        found = imported(path, Wanted(symbol="X", interval="1d"))
    except UserError as error:
        said = str(error)
    assert "any.csv" in said
    assert all(isinstance(one, Imported) for one in found)
