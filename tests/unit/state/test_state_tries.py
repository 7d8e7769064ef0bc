"""The ledger of tries: what is one try, exactly once, append-only, counted by family."""

import itertools
import sqlite3
import threading

import numpy as np
import pytest

from components.state import Store
from components.state.tables.tries import SAMPLE, Of, Returns, Try

OF = Of("repo", "sma", "SPX", "1d")


def a_try(number=0, *, of=OF, content="", data="d1", fingerprint="", **fields):
    series = np.random.default_rng(number).standard_normal(60).astype("<f4").tobytes()
    return Try(
        of=of,
        source="push",
        content=content or f"content{number}",
        data=data,
        returns=Returns(fingerprint or f"returns{number}", 604_800, 100, series),
        parameters={"fast": number},
        moments={"sharpe": 0.01},
        sharpe=0.1 * number,
        **fields,
    )


def tries(store, scope="data", of=OF):
    return store.tries.family(of, scope).tries


def test_the_same_content_is_one_try_on_whatever_data(store):
    assert store.tries.record(a_try(1))
    assert not store.tries.record(a_try(1))
    assert not store.tries.record(a_try(1, data="d2", fingerprint="others"))
    assert tries(store) == 1
    assert store.tries.head().count == 1


def test_equal_returns_are_one_try_whatever_name_version_branch_or_author(store):
    assert store.tries.record(a_try(1))
    renamed = Of("repo", "quite_another", "SPX", "1d")
    copy = a_try(1, of=renamed, content="other", proposal="branch/x", actor="mallory")
    assert not store.tries.record(copy)
    assert store.tries.knows("repo", "other", "d1", "returns1")
    assert store.tries.record(a_try(2, of=renamed, data="d2", fingerprint="returns1"))
    assert tries(store) == 2


def test_another_repository_counts_for_itself(store):
    assert store.tries.record(a_try(1))
    elsewhere = Of("other", "sma", "SPX", "1d")
    assert not store.tries.knows("other", "content1", "d1", "returns1")
    assert store.tries.record(a_try(1, of=elsewhere))
    assert (tries(store), tries(store, of=elsewhere)) == (1, 1)


def test_families_are_of_the_data_the_strategy_or_the_repository(store):
    for number, (name, symbol) in enumerate(itertools.product(("a", "b"), ("SPX", "IXIC"))):
        store.tries.record(a_try(number, of=Of("repo", name, symbol, "1d")))
    of = Of("repo", "a", "SPX", "1d")
    assert [tries(store, scope, of) for scope in ("strategy", "data", "repository")] == [1, 2, 4]
    assert tries(store, "data", Of("repo", "new", "SPX", "1h")) == 0


def account(*symbols, name="rotation"):
    return Of("repo", name, "+".join(symbols), "1d", symbols)


def test_exchanging_one_symbol_of_an_account_keeps_the_tries_that_were_counted(store):
    for number, other in enumerate(("GLD", "TLT", "EFA")):
        store.tries.record(a_try(number, of=account("SPY", other), data=f"SPY+{other}"))
    fourth = account("SPY", "VNQ")
    assert [tries(store, scope, fourth) for scope in ("data", "strategy")] == [3, 3]
    assert len(store.tries.family(fourth, "data").sample) == 3
    assert tries(store, "data", account("SPY", "VNQ", name="renamed")) == 3
    assert tries(store, "data", account("GLD", "VNQ")) == 1
    assert tries(store, "data", account("XLE", "VNQ")) == 0
    assert tries(store, "data", Of("repo", "alone", "SPY", "1d")) == 0
    assert store.tries.verify() is None


def test_what_is_recorded_in_a_block_that_fails_is_no_try(store):
    def fails():
        with store.transaction():
            store.tries.record(a_try(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert tries(store) == 0
    assert store.tries.record(a_try(1))
    assert store.tries.verify() is None


def test_the_sample_is_the_same_in_whatever_order_tries_come(store, path, tmp_path):
    for number in range(SAMPLE * 2):
        store.tries.record(a_try(number))
    sample = store.tries.family(OF, "data").sample
    assert len(sample) == SAMPLE
    salt = _sql(path, "SELECT salt FROM tries_head")[0][0]
    with Store(tmp_path / "again" / "algoops.db") as again:
        _forge(again.path, "tries_head", f"UPDATE tries_head SET salt = '{salt}'")
        for number in reversed(range(SAMPLE * 2)):
            again.tries.record(a_try(number))
        assert again.tries.family(OF, "data").sample == sample
        assert tries(again) == tries(store) == SAMPLE * 2


def test_the_returns_of_the_sample_are_as_they_were(store):
    one = a_try(7)
    store.tries.record(one)
    ((sharpe, kept),) = store.tries.family(OF, "data").sample
    assert sharpe == one.sharpe
    assert (kept.step_s, kept.first, kept.series) == (604_800, 100, one.returns.series)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tries SET actor = 'x'",
        "DELETE FROM tries",
        "UPDATE tries_head SET count = 0",
        "UPDATE tries_head SET count = count + 1, since = '2099'",
        "DELETE FROM tries_head",
        "UPDATE families SET tries = 1",
        "DELETE FROM families",
    ],
)
def test_nobody_takes_a_try_back(store, path, statement):
    for number in range(3):
        store.tries.record(a_try(number))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        _sql(path, statement)
    assert store.tries.verify() is None


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("tries", "UPDATE tries SET actor = 'x' WHERE id = 2"),
        ("tries", "DELETE FROM tries WHERE id = 2"),
        ("tries", "DELETE FROM tries WHERE id = 3"),
        ("families", "UPDATE families SET tries = 1"),
        ("families", "DELETE FROM families"),
    ],
)
def test_a_try_taken_back_by_somebody_with_the_file_is_found(store, path, table, statement):
    for number in range(3):
        store.tries.record(a_try(number))
    _forge(path, table, statement)
    assert store.tries.verify() is not None


def test_retention_removes_no_try(store, time):
    store.tries.record(a_try(1))
    time.advance(400 * 86_400)
    store.prune(30)
    assert tries(store) == 1
    assert len(store.tries.family(OF, "data").sample) == 1


def test_many_threads_with_the_same_tries_count_each_once(store):
    def work():
        for number in range(20):
            store.tries.record(a_try(number))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tries(store) == 20
    assert store.tries.verify() is None


def test_what_was_counted_at_a_deploy_stays_until_the_next_one(store):
    assert store.tries.kept_count("repo", "sma", "tree", "SPX") is None
    store.tries.keep_count("repo", "sma", "tree", "SPX", {"tries": 5})
    store.tries.record(a_try(1))
    assert store.tries.kept_count("repo", "sma", "tree", "SPX") == {"tries": 5}
    store.tries.keep_count("repo", "sma", "tree", "SPX", {"tries": 9})
    assert store.tries.kept_count("repo", "sma", "tree", "SPX") == {"tries": 9}


def test_a_new_database_counts_from_the_day_it_was_made(store):
    assert len(store.tries.since()) == len("2026-01-31")


def _sql(path, statement):
    raw = sqlite3.connect(path, isolation_level=None)
    try:
        return raw.execute(statement).fetchall()
    finally:
        raw.close()


def _forge(path, table, statement):
    """As somebody with the file could: the guards off and on again."""
    raw = sqlite3.connect(path, isolation_level=None)
    guards = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    ).fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    for _, sql in guards:
        raw.execute(sql)
    raw.close()
