"""Threads that write at the same time: each block is kept or undone by itself."""

import sqlite3
import threading

import pytest


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

    def run_behind(self, first, action=lambda: None):
        """All of them are started before the first block ends."""
        with self.store.transaction():
            self.store.meta.put(first, "written")
            for thread in self.threads:
                thread.start()
            action()

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


def test_block_that_fails_among_others_is_undone_alone(crowd):
    crowd.add("b")
    crowd.add("c", fail)
    crowd.add("d")
    crowd.run_behind("a")
    crowd.finish()
    assert crowd.written() == ["a", "b", "d"]
    assert list(crowd.errors) == ["c"]


def test_commit_that_fails_is_told_to_its_block_alone(store, crowd):
    def orphan():
        store._db.execute("PRAGMA defer_foreign_keys = ON")
        store._db.execute("INSERT INTO run_strategies VALUES (99, 'x', '', '', '')")

    crowd.add("b", orphan)
    crowd.add("c")
    with pytest.raises(sqlite3.IntegrityError):
        crowd.run_behind("a", orphan)
    crowd.finish()
    assert sorted(crowd.errors) == ["b"]
    assert crowd.written() == ["c"]


def test_nobody_sees_a_block_before_its_commit(store, crowd):
    seen = []
    crowd.run_behind("a", lambda: seen.append(other_thread(lambda: store.meta.get("a"))))
    assert seen == [""]
    assert store.meta.get("a") == "written"


def other_thread(read):
    got = []
    thread = threading.Thread(target=lambda: got.append(read()))
    thread.start()
    thread.join()
    return got[0]


def test_refusals_in_threads_are_all_recorded(store, life, crowd):
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
