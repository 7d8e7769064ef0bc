"""Threads that wait for the disk together: one commit for all, each undone or kept by itself."""

import sqlite3
import threading
import time

import pytest


@pytest.fixture
def commits(store):
    """The COMMIT statements so far."""
    seen = []
    store._db._writer.connection.set_trace_callback(
        lambda sql: seen.append(sql) if sql == "COMMIT" else None
    )
    return seen


class Crowd:
    """Threads whose blocks wait behind a first one, and what each of them got."""

    def __init__(self, store):
        self.store = store
        self.threads = []
        self.errors = {}

    def add(self, name, action=lambda: None):
        def run():
            try:
                with self.store.transaction():
                    self.store.meta.put(name, "written")
                    action()
            except Exception as error:  # noqa: BLE001  # asked for by the test
                self.errors[name] = error

        self.threads.append(threading.Thread(target=run))

    def run_behind(self, first):
        """All of them are waiting before the first block ends."""
        with self.store.transaction():
            self.store.meta.put(first, "written")
            for thread in self.threads:
                thread.start()
            deadline = time.monotonic() + 20
            while self.store._db._writer._waiting < len(self.threads):
                assert time.monotonic() < deadline

    def finish(self):
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()

    def written(self):
        names = {row[0] for row in self.store._db.rows("SELECT key FROM meta")}
        return sorted(names)


@pytest.fixture
def crowd(store):
    return Crowd(store)


def fail():
    raise KeyError("stop")


def test_blocks_that_wait_share_one_commit(crowd, commits):
    for name in "bcdef":
        crowd.add(name)
    crowd.run_behind("a")
    crowd.finish()
    assert crowd.written() == list("abcdef")
    assert crowd.errors == {}
    assert len(commits) == 1


def test_block_that_fails_among_others_is_undone_alone(crowd, commits):
    crowd.add("b")
    crowd.add("c", fail)
    crowd.add("d")
    crowd.run_behind("a")
    crowd.finish()
    assert crowd.written() == ["a", "b", "d"]
    assert list(crowd.errors) == ["c"]
    assert len(commits) == 1


def test_commit_that_fails_is_told_to_each_block_and_the_next_one_works(store, crowd):
    def orphan():
        store._db.execute("PRAGMA defer_foreign_keys = ON")
        store._db.execute("INSERT INTO run_strategies VALUES (99, 'x', '', '', '')")

    crowd.add("b", orphan)
    crowd.add("c")
    with pytest.raises(sqlite3.IntegrityError):
        crowd.run_behind("a")
    crowd.finish()
    assert sorted(crowd.errors) == ["b", "c"]
    assert crowd.written() == []
    store.meta.put("z", "written")
    assert crowd.written() == ["z"]


def test_block_whose_follower_never_comes_commits_by_itself(store, commits):
    store._db._writer._waiting += 1
    store.meta.put("a", "written")
    assert commits == ["COMMIT"]
    store._db._writer._waiting -= 1
    assert store.meta.get("a") == "written"


def test_commit_takes_a_bounded_number_of_blocks(crowd, commits, monkeypatch):
    from components.state.db import writer

    monkeypatch.setattr(writer, "_MOST", 3)
    for name in "bcdefg":
        crowd.add(name)
    crowd.run_behind("a")
    crowd.finish()
    assert crowd.written() == list("abcdefg")
    assert len(commits) >= 3


def test_nobody_sees_a_shared_commit_before_it_is_made(store, crowd):
    seen = []
    crowd.add("b", lambda: seen.append(other_thread(lambda: store.meta.get("a"))))
    crowd.run_behind("a")
    crowd.finish()
    assert seen == [""]
    assert store.meta.get("a") == "written"


def other_thread(read):
    got = []
    thread = threading.Thread(target=lambda: got.append(read()))
    thread.start()
    thread.join()
    return got[0]


def test_refusals_of_a_shared_commit_are_all_recorded(store, life, crowd):
    from components.state import Lifecycle

    life.propose("1.0.0")
    for name in "bcd":
        crowd.add(name, lambda: life.move(Lifecycle.DEPLOYED))
    crowd.run_behind("a")
    crowd.finish()
    assert sorted(crowd.errors) == list("bcd")
    assert len(store.audit.list(event="lifecycle.refused")) == 3
    assert crowd.written() == ["a"]
    assert store.audit.verify() is None
