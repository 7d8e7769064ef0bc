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
        ("2020-03-09,10,11,9,10,1", "line 6: a gap, no bars between 2020-01-07"),
        ("2020-01-08,10,11,-9,10,1", "line 6 (2020-01-08 00:00:00): Low must be above zero: -9"),
        ("2020-01-08,10,8,9,10,1", "High is below Low: 8.0 < 9.0"),
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
