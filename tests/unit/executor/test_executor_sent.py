"""Bars by their hash: sent once to a worker, kept up to a bound, never used where they are wrong."""

import hashlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from components.engine.market_data import FolderData
from components.errors import UserError
from components.executor.sent import Files, KeptFiles, Lacking, SentFile
from components.schema.definition.backtest import BacktestConfig
from tests.executor_support import SPEC, backtest_job

CSV = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2020-01-{day:02},10,12,9,{{}},5\n" for day in range(1, 20)
)


def files(*closes):
    """Contents by digest, and what a job of each would want."""
    contents = [CSV.replace("{}", str(close)).encode() for close in closes]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    wanted = [{("X", "1d"): SentFile("X_1d.csv", digest)} for digest in digests]
    return dict(zip(digests, contents, strict=True)), wanted


class Line:
    """A line to the scheduler; `asked`: each digest that was fetched."""

    def __init__(self, contents):
        self.contents, self.asked = contents, []

    def fetch(self, digests):
        first = [d for d in digests if d in self.contents][:1]  # the rest has to be asked for again
        self.asked += first
        return {digest: self.contents[digest] for digest in first}


def close_of(kept, wanted, line):
    with kept.opened(wanted, line.fetch) as data:
        return data.bars("X", "1d", None, None).frame.Close.iloc[-1]


def test_several_jobs_at_once_fetch_the_same_bars_once(tmp_path):
    contents, (wanted,) = files(11)
    kept, line, together = KeptFiles(tmp_path), Line(contents), threading.Barrier(8)

    def job(_number):
        together.wait()
        return close_of(kept, wanted, line)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(job, range(8))) == [11] * 8
    assert line.asked == list(contents)


def test_cut_off_or_changed_content_is_never_used(tmp_path):
    contents, (wanted,) = files(11)
    ((digest, whole),) = contents.items()
    kept, line = KeptFiles(tmp_path), Line({digest: whole[:-1]})
    with pytest.raises(Lacking) as lacking:
        close_of(kept, wanted, line)
    assert lacking.value.digests == (digest,)
    assert list(tmp_path.iterdir()) == []
    line.contents = contents
    assert close_of(kept, wanted, line) == 11


def test_more_bars_than_may_be_kept_put_out_those_used_longest_ago(tmp_path):
    contents, wanted = files(9, 10, 11)
    size = len(next(iter(contents.values())))
    kept, line = KeptFiles(tmp_path, most_bytes=4 * size), Line(contents)
    assert [close_of(kept, one, line) for one in wanted] == [9, 10, 11]
    assert sum(f.stat().st_size for f in tmp_path.glob("*/*")) <= 4 * size
    assert close_of(kept, wanted[2], line) == 11
    assert len(line.asked) == 3
    assert close_of(kept, wanted[0], line) == 9
    assert len(line.asked) == 4


def test_bars_of_a_running_job_stay_whatever_others_need(tmp_path):
    contents, (first, second) = files(9, 10)
    kept, line = KeptFiles(tmp_path, most_bytes=1), Line(contents)
    with kept.opened(first, line.fetch) as data:
        assert close_of(kept, second, line) == 10
        assert data.bars("X", "1d", None, None).frame.Close.iloc[-1] == 9
    assert list(tmp_path.iterdir()) == []


def test_deleted_folder_of_a_worker_is_made_anew_and_its_files_are_fetched_again(tmp_path):
    contents, (first, second, third) = files(9, 10, 11)
    folder = tmp_path / "bars"
    kept, line = (
        KeptFiles(folder, most_bytes=4 * len(next(iter(contents.values())))),
        Line(contents),
    )
    with kept.opened(first, line.fetch) as early:  # nobody has read them yet
        shutil.rmtree(folder)
        assert close_of(kept, first, line) == 9
        assert early.bars("X", "1d", None, None).frame.Close.iloc[-1] == 9
    assert line.asked == [*contents][:1] * 2
    shutil.rmtree(folder)
    assert [close_of(kept, one, line) for one in (second, third)] == [10, 11]  # 9 is put out
    assert len(line.asked) == 4


def test_bars_that_the_daemon_has_not_are_refused_in_its_words(tmp_path):
    job = replace(backtest_job(), symbol="NONE", config=BacktestConfig(benchmark_symbol="SPX"))
    wanted = Files(FolderData(SPEC.data)).wanted(job)
    line = Line({one.digest: b"" for one in wanted.values() if isinstance(one, SentFile)})
    line.contents = {d: (SPEC.data / "SPX_1d.csv").read_bytes() for d in line.contents}
    with KeptFiles(tmp_path).opened(wanted, line.fetch) as data:
        with pytest.raises(UserError, match="no data for NONE 1d"):
            data.bars("NONE", "1d", None, None)
        here = FolderData(SPEC.data).bars("SPX", "1d", "2010-01-01", None)
        assert data.bars("SPX", "1d", "2010-01-01", None) == here


def test_file_that_changes_is_another_content_and_the_old_one_is_not_read(tmp_path):
    contents, _wanted = files(9, 10)
    (old, content), (new, changed) = contents.items()
    path, daemon = tmp_path / "X_1d.csv", Files(FolderData(tmp_path))
    job = replace(backtest_job(), symbol="X")
    path.write_bytes(content)
    assert daemon.wanted(job) == {("X", "1d"): SentFile("X_1d.csv", old)}
    assert daemon.read(old) == content
    (tmp_path / "part").write_bytes(changed)
    (tmp_path / "part").replace(path)
    with pytest.raises(Lacking):
        daemon.read(old)
    assert daemon.wanted(job) == {("X", "1d"): SentFile("X_1d.csv", new)}
    assert daemon.read(new) == changed


@pytest.fixture
def shelves():
    """Loading dask takes half a second: not in processes that run other tests."""
    from components.executor import shelf

    return shelf


def test_full_shelf_forgets_what_was_fetched_longest_ago(shelves):
    shelf = shelves.Shelf(most_bytes=2)
    for digest in "ab":
        shelf.put(digest, b".")
    shelf.fetch(["a"])
    shelf.put("c", b".")
    assert shelf.missing(["a", "b", "c"]) == ["b"]
    shelf.put("large", b"....")
    assert shelf.fetch(["a", "c", "large"]) == {"large": b"...."}


def test_answer_of_the_shelf_ends_where_it_is_full(shelves):
    shelf = shelves.Shelf()
    for digest in "ab":
        shelf.put(digest, bytes(shelves.ANSWER_BYTES))
    assert list(shelf.fetch(["none", "a", "b"])) == ["a"]
