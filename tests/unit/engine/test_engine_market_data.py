"""Market data files: what is read, what is refused and how that is said."""

import os

import pandas as pd
import pytest

from components.engine.market_data import FolderData
from components.errors import ConfigError, UserError

GOOD = [
    "2020-01-02,10,11,9,10.5,100",
    "2020-01-03,10.5,12,10,11,150",
    "2020-01-06,11,11.5,10,10.2,90",
    "2020-01-07,10.2,10.9,10.1,10.8,80",
]
HEADER = "Date,Open,High,Low,Close,Volume"


def write(folder, rows, name="ABC_1d.csv", header=HEADER):
    (folder / name).write_text("\n".join([header, *rows]) + "\n")
    return FolderData(folder)


def read(data):
    return data.bars("ABC", "1d", None, None).frame


def test_good_file_is_read_as_it_is(tmp_path):
    frame = read(write(tmp_path, GOOD))
    assert list(frame.columns) == ["Open", "High", "Low", "Close", "Volume"]
    assert frame.index[2] == pd.Timestamp("2020-01-06")
    assert frame["Close"].tolist() == [10.5, 11, 10.2, 10.8]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2020-01-03,10,11,9,10,1", "line 6: 2020-01-03 00:00:00 comes after"),
        ("2020-01-07,10,11,9,10,1", "line 6: 2020-01-07 00:00:00 is there twice"),
        ("2020-01-08,10,11,-9,10,1", "line 6 (2020-01-08 00:00:00): Low must be above zero: -9"),
        ("2020-01-08,10,8,9,10,1", "High is below Low: 8.0 < 9"),
        ("2020-01-08,10,11,9,8.9,1", "line 6 (2020-01-08 00:00:00): Close is below Low: 8.9 < 9"),
        ("2020-01-08,10,11,9,12,1", "Close is above High: 12.0 > 11"),
        ("2020-01-08,11.5,11,9,10,1", "Open is above High: 11.5 > 11"),
        ("2020-01-08,8,11,9,10,1", "Open is below Low: 8.0 < 9"),
        ("2020-01-08,10,,9,10,1", "High is missing or not finite"),
        ("2020-01-08,10,inf,9,10,1", "High is missing or not finite"),
        ("2020-01-08,10,11,9,x,1", "line 6: Close is not a number: 'x'"),
        ("2020-01-08,10,11,9,10,-1", "Volume is negative"),
        ("2020-01-08T00:00:00+02:00,10,11,9,10,1", "mix time zones"),
        ("08/01/2020,10,11,9,10,1", "line 6, '08/01/2020': no time can be read there"),
        ("yesterday,10,11,9,10,1", "line 6, 'yesterday': no time can be read there"),
    ],
)
def test_broken_row_is_refused_with_its_place(row, told, tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(write(tmp_path, [*GOOD, row]))
    assert told in str(caught.value)
    assert "ABC_1d.csv" in str(caught.value)


def test_closes_rounded_by_the_vendor_are_no_impossible_bars(tmp_path):
    frame = read(write(tmp_path, [*GOOD, "2020-01-08,100.0400009,100.04,99,99,1"]))
    assert len(frame) == 5


def test_line_of_a_broken_bar_counts_empty_lines(tmp_path):
    with pytest.raises(ConfigError, match="line 8 "):
        read(write(tmp_path, ["", *GOOD, "", "2020-01-08,10,11,9,99,1"]))


@pytest.mark.parametrize(
    "header", ["Date,Open,High,Low,Close,close", "Date,Open,High,Low,Close,Close"]
)
def test_column_that_is_there_twice_is_named(header, tmp_path):
    with pytest.raises(ConfigError, match="more than one column Close"):
        read(write(tmp_path, GOOD, header=header))


def test_file_cut_off_in_its_last_line_is_refused(tmp_path):
    data = write(tmp_path, GOOD)
    path = tmp_path / "ABC_1d.csv"
    path.write_text(path.read_text().removesuffix(".8,80\n"))
    with pytest.raises(ConfigError, match=r"last line is cut off: '2020-01-07,10.2,10.9,10.1,10'"):
        read(data)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Date;Open;High;Low;Close\n2020-01-02;1,5;1,6;1,4;1,5\n", "separated by a semicolon"),
        ("Date\tOpen\tHigh\tLow\tClose\n2020-01-02\t1\t1\t1\t1\n", "separated by a tab"),
        ("1577923200000,10,11,9,10,1\n1578009600000,10,11,9,10,1\n", "no line of column names"),
        ("Date,Open,High,Low,Close\n1577923200,10,11,9,10\n", "times must be dates"),
    ],
)
def test_export_in_another_form_is_refused_with_the_command_that_converts_it(text, told, tmp_path):
    (tmp_path / "ABC_1d.csv").write_text(text)
    with pytest.raises(ConfigError, match=told) as caught:
        read(FolderData(tmp_path))
    assert "algoops data import" in str(caught.value)


def test_summer_time_is_one_time_zone(tmp_path):
    offsets = ["-05:00", "-05:00", "-04:00", "-04:00"]
    days = ["07", "08", "11", "12"]
    rows = [f"2013-03-{d} 00:00:00{o},10,11,9,10,1" for d, o in zip(days, offsets, strict=True)]
    index = read(write(tmp_path, rows)).index
    assert str(index.tz) == "America/New_York"
    assert [at.hour for at in index] == [0, 0, 0, 0]


def test_offsets_of_no_time_zone_are_refused(tmp_path):
    rows = ["2013-06-07T00:00:00-05:00,10,11,9,10,1", "2013-06-08T00:00:00+09:00,10,11,9,10,1"]
    with pytest.raises(ConfigError, match=r"no time zone has the UTC offsets -05:00, \+09:00"):
        read(write(tmp_path, rows))


@pytest.mark.parametrize(
    "symbol", ["BTC_USDT", "BTC-USD", "ES=F", "BRK.B", "^GSPC", "A_B_C", "1INCH"]
)
def test_every_symbol_of_the_schema_is_a_file_name(symbol, tmp_path):
    data = write(tmp_path, GOOD, name=f"{symbol}_1d.csv")
    assert data.symbols() == ((symbol, "1d"),)
    assert len(data.bars(symbol, "1d", None, None).frame) == 4


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1D", "1d"), ("1H", "1h"), ("15Min", "15m"), ("1WK", "1wk"), ("1w", "1wk"), ("1Mo", "1mo")],
)
def test_interval_in_another_case_is_the_same_interval(written, meant, tmp_path):
    data = write(tmp_path, GOOD, name=f"ABC_{written}.CSV")
    assert len(data.bars("ABC", meant, None, None).frame) == 4


def test_interval_that_may_be_minutes_or_months_is_asked_about(tmp_path):
    data = write(tmp_path, GOOD, name="ABC_1M.csv")
    with pytest.raises(UserError, match="1M may be a minute or a month: write 1m or 1mo"):
        data.bars("ABC", "1m", None, None)


def test_two_spellings_of_one_interval_are_refused(tmp_path):
    write(tmp_path, GOOD)
    with pytest.raises(ConfigError, match="remove one"):
        read(write(tmp_path, GOOD, name="ABC_1D.csv"))


def test_every_entry_of_the_folder_is_listed_with_the_reason_why_it_is_skipped(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("README.md", "prices.csv", "A B_1d.csv", "old.xlsx", ".hidden_1d.csv"):
        (tmp_path / name).write_text("")
    found = {e.path.name: (e.broken, e.skipped) for e in write(tmp_path, GOOD).entries()}
    assert found["ABC_1d.csv"] == (False, "")
    assert found["README.md"] == (False, "neither .csv nor .parquet")
    assert found["prices.csv"] == (True, "its name has no _INTERVAL, such as ACME_1d.csv")
    assert found["A B_1d.csv"][0]
    assert "'A B' is no symbol" in found["A B_1d.csv"][1]
    assert "algoops data import" in found["old.xlsx"][1]
    assert found["sub"][1].startswith("a folder")


def test_parquet_with_nullable_columns_is_read_as_plain_numbers(tmp_path):
    frame = read(write(tmp_path, GOOD))
    frame.convert_dtypes().to_parquet(tmp_path / "XYZ_1d.parquet")
    again = FolderData(tmp_path).bars("XYZ", "1d", None, None).frame
    assert all(str(kind) == "float64" for kind in again.dtypes)
    assert again["Close"].tolist() == frame["Close"].tolist()


def test_missing_column_is_named(tmp_path):
    with pytest.raises(ConfigError, match="lacks the columns Close"):
        read(write(tmp_path, ["2020-01-02,10,11,9,100"], header="Date,Open,High,Low,Volume"))


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "ABC_1d.csv").write_text("")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(FolderData(tmp_path))


def test_file_without_volume_gets_an_empty_one(tmp_path):
    rows = [row.rpartition(",")[0] for row in GOOD]
    frame = read(write(tmp_path, rows, header="Date,open,high,low,close"))
    assert frame["Volume"].isna().all()


def test_parquet_holds_the_same_content(tmp_path):
    csv = read(write(tmp_path, GOOD))
    csv.to_parquet(tmp_path / "XYZ_1d.parquet")
    data = FolderData(tmp_path)
    assert data.bars("XYZ", "1d", None, None).frame.equals(csv)
    assert data.symbols() == (("ABC", "1d"), ("XYZ", "1d"))


def test_two_files_of_one_symbol_are_refused(tmp_path):
    frame = read(write(tmp_path, GOOD))
    frame.to_parquet(tmp_path / "ABC_1d.parquet")
    with pytest.raises(ConfigError, match="remove one"):
        FolderData(tmp_path).bars("ABC", "1d", None, None)


def test_unknown_symbol_lists_the_known_ones(tmp_path):
    (tmp_path / "FOLDER_1d.csv").mkdir()
    with pytest.raises(UserError, match=r"no data for ZZZ 1d \(known: ABC 1d\)"):
        write(tmp_path, GOOD).bars("ZZZ", "1d", None, None)


@pytest.mark.parametrize("symbol", ["../ABC", "/etc/passwd", "", "A\0B", "ABC_1d.csv/.."])
def test_symbol_cannot_leave_the_folder(symbol, tmp_path):
    with pytest.raises(UserError, match="no data for"):
        write(tmp_path, GOOD).bars(symbol, "1d", None, None)


def test_dates_cut_the_bars_on_both_ends_inclusively(tmp_path):
    bars = write(tmp_path, GOOD).bars("ABC", "1d", "2020-01-03", "2020-01-06")
    assert len(bars.frame) == 2


def test_time_without_bars_says_what_there_is(tmp_path):
    with pytest.raises(UserError, match="it has 2020-01-02"):
        write(tmp_path, GOOD).bars("ABC", "1d", "2021-01-01", None)


def test_bad_date_is_the_asker_s_fault(tmp_path):
    with pytest.raises(UserError, match="ISO dates"):
        write(tmp_path, GOOD).bars("ABC", "1d", "soon", None)


def test_hash_follows_content_not_the_file(tmp_path):
    data = write(tmp_path, GOOD)
    before = data.data_hash("ABC", "1d", None, None)
    path = tmp_path / "ABC_1d.csv"
    os.utime(path, ns=(1, 1))
    assert data.data_hash("ABC", "1d", None, None) == before
    path.write_text(path.read_text().replace("10.8,80", "10.8,81"))
    assert data.data_hash("ABC", "1d", None, None) != before
    assert data.data_hash("ABC", "1d", "2020-01-03", None) != before


def test_data_shipped_with_the_project_is_sound():
    from pathlib import Path

    data = FolderData(Path("examples/data"))
    for symbol, interval in data.symbols():
        assert len(data.bars(symbol, interval, None, None).frame) == 5_031


@pytest.mark.parametrize("name", ["ABC_1d.csv", "ABC_1d.parquet"])
def test_git_lfs_pointer_in_place_of_data_is_named_as_such(tmp_path, name):
    (tmp_path / name).write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"1" * 64)
    )
    with pytest.raises(UserError, match="Git LFS pointer") as caught:
        read(FolderData(tmp_path))
    assert "git lfs pull" in str(caught.value)


def test_what_is_wrong_with_a_file_is_told_without_the_folders_of_this_machine(tmp_path):
    (tmp_path / "ACME_1d.csv").write_text("Date,Open,High,Low,Close\n2024-01-02,1,2,1,9\n")
    with pytest.raises(ConfigError, match=r"ACME_1d\.csv, line 2") as caught:
        FolderData(tmp_path).bars("ACME", "1d", None, None)
    assert str(tmp_path) not in str(caught.value)
