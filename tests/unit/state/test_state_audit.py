import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.state import Store
from components.state.tables.records import AuditHead

GUARDS = ("audit_log_no_update", "audit_log_no_delete", "audit_head_only_grows", "audit_head_stays")


def fill(store, count=10):
    for number in range(count):
        store.audit.append("alice", "test.row", "RSI", details={"n": number})


def forge(path, *statements):
    """Change the log behind the bot's back, as someone with the file could: guards off and on."""
    raw = sqlite3.connect(path, isolation_level=None)
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    guards = [(name, sql) for name, sql in guards if name in GUARDS]
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    for _, sql in guards:
        raw.execute(sql)
    raw.close()


def test_untouched_log_is_intact(store):
    assert store.audit.verify() is None
    fill(store)
    assert store.audit.verify() is None
    assert store.audit.head().count == 10


@pytest.mark.parametrize(
    "column", ["timestamp", "actor", "event", "repository", "strategy", "old", "new"]
)
def test_changed_column_is_found(store, column):
    fill(store)
    forge(store.path, f"UPDATE audit_log SET {column} = 'forged' WHERE id = 4")
    problem = store.audit.verify()
    assert problem.row == 4
    assert "changed" in problem.message


def test_changed_details_are_found(store):
    fill(store)
    forge(store.path, "UPDATE audit_log SET details = '{\"n\":99}' WHERE id = 10")
    assert store.audit.verify().row == 10


@pytest.mark.parametrize("row", [1, 5])
def test_removed_row_is_found(store, row):
    fill(store)
    forge(store.path, f"DELETE FROM audit_log WHERE id = {row}")
    problem = store.audit.verify()
    assert (problem.row, "removed" in problem.message) == (row, True)


def test_rows_cut_from_the_end_are_found(store):
    fill(store)
    forge(store.path, "DELETE FROM audit_log WHERE id > 7")
    problem = store.audit.verify()
    assert problem.row == 8
    assert "rows 8 to 10 were removed" in problem.message


def test_emptied_log_is_found(store):
    fill(store)
    forge(store.path, "DELETE FROM audit_log")
    assert store.audit.verify().row == 1


def test_swapped_rows_are_found(store):
    fill(store)
    forge(
        store.path,
        "UPDATE audit_log SET id = -1 WHERE id = 3",
        "UPDATE audit_log SET id = 3 WHERE id = 6",
        "UPDATE audit_log SET id = 6 WHERE id = -1",
    )
    assert store.audit.verify().row == 3


def test_row_added_beside_the_chain_is_found(store):
    fill(store)
    forge(
        store.path,
        "INSERT INTO audit_log SELECT 11, timestamp, actor, event, repository, strategy, old, new,"
        " details, prev_hash, hash FROM audit_log WHERE id = 10",
    )
    assert "outside the chain" in store.audit.verify().message


def test_removed_guard_is_found(store):
    raw = sqlite3.connect(store.path, isolation_level=None)
    raw.execute("DROP TRIGGER audit_log_no_delete")
    raw.close()
    assert "audit_log_no_delete" in store.audit.verify().message


def test_log_rewritten_as_a_whole_is_found_with_a_noted_head(store, tmp_path):
    fill(store)
    noted = store.audit.head()
    with Store(tmp_path / "other.db") as other:
        fill(other, 12)
        assert other.audit.verify() is None
        assert other.audit.verify(noted).row == 10
    with Store(tmp_path / "short.db") as short:
        fill(short, 3)
        assert "had 10" in short.audit.verify(noted).message
    fill(store)
    assert store.audit.verify(noted) is None
    assert store.audit.verify(AuditHead(0, "")) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE id = 1",
        "UPDATE audit_head SET count = 3",
        "DELETE FROM audit_head",
    ],
)
def test_database_refuses_to_rewrite_the_log(store, statement):
    fill(store)
    raw = sqlite3.connect(store.path, isolation_level=None)
    raw.execute("PRAGMA recursive_triggers = ON")
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)
    raw.close()
    assert store.audit.verify() is None


def test_log_longer_than_one_batch_is_read_whole(store, monkeypatch):
    from components.state.tables import chain

    monkeypatch.setattr(chain, "_BATCH", 7)
    fill(store, 30)
    seen = []
    assert store.audit.verify(progress=seen.append) is None
    assert seen == [7, 14, 21, 28, 30]


@given(
    actor=st.text(max_size=20),
    details=st.dictionaries(
        st.text(max_size=8),
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        max_size=4,
    ),
)
def test_any_words_survive_the_way_through_the_chain(tmp_path_factory, actor, details):
    with Store(tmp_path_factory.mktemp("audit") / "a.db") as store:
        row = store.audit.append(actor, "test.row", details=details)
        assert store.audit.list()[0] == row
        assert store.audit.verify() is None


def test_rows_are_listed_by_page_family_and_strategy(store):
    for event in ("job.failed", "jobless", "job.done", "jab.x"):
        store.audit.append("a", event, "RSI", repository="main")
    store.audit.append("a", "job.done", "MACD", repository="other")
    assert [r.event for r in store.audit.list(event="job.", strategy="RSI")] == [
        "job.done",
        "job.failed",
    ]
    assert [r.id for r in store.audit.list(limit=2)] == [5, 4]
    assert [r.id for r in store.audit.list(limit=2, before=4)] == [3, 2]
    assert [r.id for r in store.audit.list(newest_first=False, limit=2)] == [1, 2]
    assert [r.id for r in store.audit.list(repository="other")] == [5]


def test_row_of_a_change_that_was_undone_is_not_there(store):
    fill(store, 2)

    def change():
        with store.transaction():
            fill(store, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert store.audit.head().count == 2
    fill(store, 1)
    assert store.audit.verify() is None


def test_words_that_no_file_can_hold_do_not_break_the_chain(store):
    store.audit.append("mallory\ud800", "test.row", details={"bad": "\udfff", "nan": float("nan")})
    row = store.audit.list()[0]
    assert (row.actor, row.details) == ("mallory?", {"bad": "\udfff", "nan": None})
    assert store.audit.verify() is None
