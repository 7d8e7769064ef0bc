import os
import sqlite3
import threading
from contextlib import closing

import pytest

from components.errors import AlgoOpsError
from components.state import LOCK, DaemonLock, Store
from components.state.db.database import Database
from components.state.db.errors import (
    StateBusy,
    StateCorrupt,
    StateFull,
    StateOld,
    StateReadOnly,
    StateTooNew,
    StateUnreadable,
)
from components.state.db.evidence_migrations import migrations
from components.state.db.schema import NAMES
from components.state.db.script import execute


def test_acknowledged_means_on_disk(store):
    writer = store._db._writer.connection
    assert writer.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert writer.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_exception_undoes_the_whole_block(store):
    def change():
        with store.transaction():
            store.meta.put("a", "1")
            store.inbox.receive("k", "x", "main", {})
            raise KeyError("stop")

    with pytest.raises(KeyError):
        change()
    assert store.meta.get("a") == ""
    assert store.inbox.count() == 0


def test_inner_block_that_fails_is_undone_alone(store):
    def inner():
        with store.transaction():
            store.meta.put("inner", "1")
            raise KeyError("stop")

    with store.transaction():
        store.meta.put("outer", "1")
        with pytest.raises(KeyError):
            inner()
        assert store.meta.get("inner") == ""
        assert store.meta.get("outer") == "1"
    assert store.meta.get("outer") == "1"


def test_reader_in_another_thread_sees_only_what_is_committed(store):
    seen = []

    def read():
        seen.append(store.meta.get("a", "nothing"))

    def read_now():
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    with store.transaction():
        store.meta.put("a", "1")
        read_now()
        assert store.meta.get("a") == "1"
    read_now()
    assert seen == ["nothing", "1"]


def test_threads_that_write_at_once_lose_nothing(store):
    def write(worker):
        for number in range(25):
            store.audit.append(f"w{worker}", "test.row", details={"n": number})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.audit.head().count == 150
    assert store.audit.verify() is None


def test_write_outside_a_transaction_is_a_bug(store):
    with pytest.raises(RuntimeError, match="transaction"):
        store._db.execute("DELETE FROM meta")


def test_reading_connections_cannot_write(store):
    with store._db._reader() as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM meta")


def test_database_held_by_another_process_is_busy_and_recovers(store, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store(path, busy_s=0.05) as impatient:
        with pytest.raises(StateBusy, match="nothing was written"):
            impatient.meta.put("a", "1")
        assert impatient.meta.get("a") == ""
        other.execute("COMMIT")
        other.close()
        impatient.meta.put("a", "2")
    assert store.meta.get("a") == "2"


def test_missing_database_is_named_and_not_made(path):
    with pytest.raises(StateUnreadable, match="algoops run"):
        Store(path, create=False)
    assert not path.parent.exists()


@pytest.mark.parametrize("content", [b"this is a letter, not a database" * 200, b"x"])
def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "algoops.db"
    path.write_bytes(content)
    with pytest.raises(StateCorrupt, match="not a database"):
        Store(path)
    assert path.read_bytes() == content


def test_folder_in_place_of_the_database_is_refused(tmp_path):
    with pytest.raises(StateUnreadable):
        Store(tmp_path)


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateReadOnly, match="cannot make the folder"):
        Store(tmp_path / "file" / "state" / "algoops.db")


def test_damaged_pages_are_told(path):
    with Store(path) as store:
        for number in range(300):
            store.audit.append("a", "test.row", details={"n": "x" * 200, "m": number})
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2))
    with pytest.raises(StateCorrupt, match="damaged"), Store(path) as store:
        store.audit.verify()


def test_table_taken_away_is_told(store):
    raw = sqlite3.connect(store.path, isolation_level=None)
    raw.execute("DROP TABLE audit_head")
    raw.close()
    with pytest.raises(StateCorrupt, match="no such table"):
        store.check()


def test_database_of_a_newer_program_is_refused(path):
    Store(path).close()
    raw = sqlite3.connect(path)
    raw.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('algoops', 'm9999_future', '')"
    )
    raw.commit()
    raw.close()
    with pytest.raises(StateTooNew, match="m9999_future"):
        Store(path)


def test_our_own_bugs_are_not_dressed_up_as_faults_of_the_disk(store):
    with pytest.raises(sqlite3.OperationalError, match="syntax") as caught:
        store._db.rows("SELEKT 1")
    assert not isinstance(caught.value, AlgoOpsError)


def test_store_can_be_closed_twice(path):
    store = Store(path)
    store.meta.get("a")
    store.close()
    store.close()


def test_idle_connections_are_shared_by_threads(store):
    def read():
        for _ in range(5):
            store.meta.get("a")

    for _ in range(20):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert len(store._db._idle_readers) == 1


def test_turnstile_that_stays_shut_is_busy_and_opens_again(store, path):
    import fcntl
    import os

    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with Store(path, busy_s=0.05) as impatient:
        with pytest.raises(StateBusy, match="nothing was written"):
            impatient.meta.put("a", "1")
        os.close(folder)
        impatient.meta.put("a", "2")
    assert store.meta.get("a") == "2"


# --- checkpoints -------------------------------------------------------------------------------


def checkpoints_at(store):
    return store._db._writer.connection.execute("PRAGMA wal_autocheckpoint").fetchone()[0]


def test_only_one_of_several_processes_checkpoints_and_the_next_takes_over(path):
    first, second = Store(path), Store(path)
    second.meta.put("a", "1")
    assert (checkpoints_at(first), checkpoints_at(second)) == (1000, 0)
    first.close()
    second.meta.put("a", "2")
    assert checkpoints_at(second) == 1000
    with Store(path) as third:
        assert checkpoints_at(third) == 0
    second.close()


def test_write_ahead_log_does_not_grow_without_end(store, path):
    for number in range(40):
        with store.transaction():
            for row in range(40):
                store.meta.put(f"{number}-{row}", "x" * 4000)
    assert store.stats().wal_bytes < 3 * 1000 * 4096
    assert store.stats().database_bytes > 1000 * 4096


# --- migrations --------------------------------------------------------------------------------

FILL = {
    "m0001_queue": """
        INSERT INTO deliveries (key, kind, repository, payload, received_at)
            VALUES ('d1', 'push', 'main', '{}', '2026-01-01T00:00:00.000Z');
        INSERT INTO jobs (kind, key, repository, payload, priority, max_attempts, not_before,
                          enqueued_at)
            VALUES ('check', 'pr/1', 'main', '{}', 0, 3, '', '2026-01-01T00:00:00.000Z');
        INSERT INTO intents (kind, repository, key, details, announced_at)
            VALUES ('deploy', 'main', 'k', '{}', '2026-01-01T00:00:00.000Z');
    """,
    "m0002_runs": """
        INSERT INTO runs (repository, proposal, head, base, kind, attempt, started_at)
            VALUES ('main', 'pr/1', 'h', 'b', 'check', '', '2026-01-01T00:00:00.000Z');
        INSERT INTO run_checks (run_id, strategy, name, outcome, summary, duration_s, recorded_at)
            VALUES (1, 'RSI', 'code', 'failed', 's', 1.0, '2026-01-01T00:00:00.000Z');
        INSERT INTO verdicts (content_key, name, version, verdict, report, recorded_at)
            VALUES ('k', 'RSI', '1.0.0', 'passed', '{}', '');
        INSERT INTO backtests (strategy, status, request, created_at)
            VALUES ('RSI', 'queued', '{}', '2026-01-01T00:00:00.000Z');
    """,
    "m0003_lifecycle": """
        INSERT INTO strategies (repository, name, status, created_at, updated_at)
            VALUES ('main', 'RSI', 'queued', '', '');
        INSERT INTO versions (strategy_id, version, proposal, lifecycle, created_at, updated_at,
                              moved)
            VALUES (1, '1.0.0', 'pr/1', 'queued', '', '', 1);
        INSERT INTO holds (repository, name, version, actor, reason, held_at)
            VALUES ('main', 'RSI', '0.9.0', 'bob', 'why', '');
        INSERT INTO deployments (repository, name, version, kind, "commit", base_before, tree,
                                 content_key, tag, proposal, run_id, actor, reason, deployed_at)
            VALUES ('main', 'RSI', '0.8.0', 'deploy', 'c', 'b', 't', 'k', '', 'pr/0', 1, 'bob',
                    '', '2026-01-01T00:00:00.000Z');
    """,
    "m0004_audit": "INSERT INTO comments VALUES ('main', 'pr/1', 'c', '');",
    "m0005_why_runs_stopped": "UPDATE runs SET why = 'superseded by a newer commit';",
    "m0006_held_content": "UPDATE holds SET content = 'c';",
    "m0007_turns": "SELECT 1;",
    "m0008_tries": "SELECT 1;",
    "m0009_families": "SELECT 1;",
    "m0010_book": """
        INSERT INTO verdicts (content_key, name, version, verdict, report, recorded_at)
            VALUES ('f', 'RSI', '1.1.0', 'passed', '{"results": [{"metrics": null},
            {"metrics": {"return_pct": 3.5, "sharpe": 0.5, "trades": 7}}],
            "luck": [{"dsr": 0.9, "tries": 4}, {"dsr": 0.7, "tries": 3}]}', '');
        INSERT INTO verdicts (content_key, name, version, verdict, report, recorded_at)
            VALUES ('g', 'RSI', '1.2.0', 'passed', 'not JSON', '');
    """,
    "m0011_figures": "SELECT 1;",
    "m0012_packed_verdicts": "SELECT 1;",
    "m0013_base_set_back": "SELECT 1;",
    "m0014_forward": "SELECT 1;",
    "m0015_looks": "SELECT 1;",
    "m0016_stages": "SELECT 1;",
    "m0017_since_deploy": "SELECT 1;",
    "m0018_bodies": """
        INSERT INTO tracks (deployment, repository, name, version, symbol, interval, start,
                            made_of, reason, began_at)
            VALUES (1, 'main', 'RSI', '0.8.0', 'SPX', '1d', '', '', 'deployed', '');
        INSERT INTO forward (track, bar, time, content_key, data, prices, first_seen, orders,
                             orders_sha256, position, equity, engine, image, made_of, counts,
                             published)
            VALUES (1, 1, '2026-01-01', 'k', 'd', '{}', '', '[]', 's', 0, 1, '1', 'i', '', 1, 1);
    """,
    "m0019_fills": """
        INSERT INTO standing (repository, name, symbol, interval, deployment, version, number,
                              track, reason, late_at, seen, integrity, told, updated_at)
            VALUES ('main', 'RSI', 'SPX', '1d', 1, '0.8.0', 1, 1, '', '', '', '', '', '');
    """,
    "m0020_portfolio_orders": """
        INSERT INTO tracks (deployment, repository, name, version, symbol, interval, start,
                            made_of, reason, began_at, symbols)
            VALUES (1, 'main', 'Pair', '1.0.0', 'two', '1d', '', '', 'deployed', '', '["SPX"]');
    """,
    "m0021_shown_versions": "SELECT 1;",
    "m0022_asked": "SELECT 1;",
}


@pytest.mark.parametrize("step", range(1, len(NAMES)))
def test_database_filled_at_an_older_version_is_brought_up_to_date(path, step):
    import sqlite_utils

    path.parent.mkdir()
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before=NAMES[step])
    for name in NAMES[:step]:
        db.conn.executescript(FILL[name])
    before = {table: list(db[table].rows) for table in db.table_names() if table[0] != "_"}
    db.close()
    with Store(path, upgrade=True) as store:
        store.check()
        assert [event.key for event in store.inbox.pending()] == ["d1"]
        assert store.jobs.lease("w", 60).key == "pr/1"
        assert store.audit.verify() is None
    db = sqlite_utils.Database(path)
    for table, rows in before.items():
        if table not in {"jobs", "served", "meta"}:
            now = zip(db[table].rows, rows, strict=True)
            assert [{key: row[key] for key in old} for row, old in now] == rows
    assert not list(db.query("PRAGMA foreign_key_check"))
    assert not migrations.pending(db)
    db.close()


def test_verdicts_that_were_there_get_their_figures(tmp_path):
    import sqlite_utils

    path = tmp_path / "algoops.db"
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before="m0011_figures")
    for name in NAMES[: NAMES.index("m0011_figures")]:
        db.conn.executescript(FILL[name])
    db.close()
    with Store(path, upgrade=True) as store:
        read = [store.verdicts.get(key) for key in ("f", "g")]
    for moved in (0, 5):  # rows of an older version are moved out of the table later
        with closing(sqlite3.connect(path)) as found:
            rows = found.execute("SELECT * FROM figures").fetchall()
        assert rows == [("f", 3.5, 0.5, None, 7, 4, 0.7)]
        with Store(path) as store:
            assert (store.verdicts.pack() > 0) is (moved == 0)
            assert [store.verdicts.get(key) for key in ("f", "g")] == read


def test_script_of_a_migration_is_done_whole_with_triggers_and_without_a_last_semicolon():
    import sqlite_utils

    db = sqlite_utils.Database(memory=True)
    execute(
        db,
        """
        CREATE TABLE a (x TEXT); -- a trigger's body has semicolons; texts too
        CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = x || ';'; END;
        INSERT INTO a VALUES ('1;2')
        """,
    )
    assert [row["x"] for row in db["a"].rows] == ["1;2;"]


def test_migration_that_stops_in_a_statement_is_refused():
    import sqlite_utils

    with pytest.raises(sqlite3.OperationalError):
        execute(sqlite_utils.Database(memory=True), "CREATE TABLE a (x TEXT); CREATE TABLE b (")


def older(path):
    """A database as the version before this one left it, with a row."""
    import sqlite_utils

    path.parent.mkdir()
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before=NAMES[-1])
    db.conn.executescript(FILL[NAMES[0]])
    db.enable_wal()
    db.close()
    return path.read_bytes()


def test_older_database_is_left_as_it_is_by_whoever_only_looks(path):
    before = older(path)
    with pytest.raises(StateOld, match="needs an upgrade"):
        Store(path)
    assert path.read_bytes() == before
    assert [f.name for f in path.parent.glob("*.db")] == [path.name]


def test_who_looks_while_another_process_upgrades_is_told_to_wait_for_it(path):
    older(path)
    with (
        DaemonLock(path.with_name(LOCK)),
        pytest.raises(StateOld, match=rf"process {os.getpid()} .* works on it: wait where"),
    ):
        Store(path, look=True)


def test_upgrade_keeps_a_copy_that_the_older_version_can_open(path):
    import sqlite_utils

    older(path)
    Store(path, upgrade=True).close()
    (copy,) = path.parent.glob("*-before-*.db")
    db = sqlite_utils.Database(copy)
    assert [m.name for m in migrations.pending(db)] == [NAMES[-1]]
    assert db["deliveries"].count == 1
    db.close()


def test_upgrade_without_room_for_the_copy_changes_nothing(path, monkeypatch):
    before = older(path)

    def full(*_):
        raise StateFull("no room")

    monkeypatch.setattr("components.state.db.backup.copy", full)
    with pytest.raises(StateFull):
        Store(path, upgrade=True)
    assert path.read_bytes() == before


def test_holds_set_with_a_v_hold_what_they_were_meant_to_after_an_upgrade(path):
    import sqlite_utils

    path.parent.mkdir()
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before="m0006_held_content")
    held = "INSERT INTO holds (repository, name, version, actor, reason, held_at) VALUES "
    for version in ("v1.0.0", "v1.1.0", "1.1.0"):
        db.conn.execute(f"{held} ('main', 'RSI', '{version}', 'bob', 'why', '2026-01-01')")
    db.conn.commit()
    db.close()
    with Store(path, upgrade=True) as store:
        assert store.holds.active("main", "RSI", "1.0.0").reason == "why"
        assert {h.version for h in store.holds.list("main")} == {"1.0.0", "1.1.0"}
        store.holds.unhold("main", "RSI", "1.1.0", "ada", "mended")
        assert store.holds.active("main", "RSI", "1.1.0") is None


def test_migration_that_breaks_changes_nothing(path, monkeypatch):
    from sqlite_utils import Migrations

    from components.state.db import evidence_migrations as module
    from components.state.db import schema

    Store(path).close()
    broken = Migrations("algoops")
    for migration in migrations._migrations:
        broken(name=migration.name)(migration.fn)

    @broken()
    def m9000_breaks(db):
        db.execute("CREATE TABLE half (a)")
        db.execute("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setattr(module, "migrations", broken)
    monkeypatch.setattr(schema, "NAMES", (*NAMES, "m9000_breaks"))
    with pytest.raises(StateCorrupt, match="nowhere"):
        Store(path, upgrade=True)
    monkeypatch.undo()
    with Store(path) as store:
        store.check()
        assert store._db.value("SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0


def test_opening_an_up_to_date_database_needs_no_write(path):
    Store(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    Database(path, busy_s=0.05).close()
    other.close()


def test_names_of_the_migrations_are_written_down(path):
    assert tuple(m.name for m in migrations._migrations) == NAMES


def test_start_with_nothing_to_migrate_does_not_load_pandas(path):
    import subprocess
    import sys

    Store(path).close()
    code = (
        "import sys, pathlib; from components.state import Store;"
        " Store(pathlib.Path(sys.argv[1])).check(); print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_backup_that_is_looked_at_stays_as_it_is_to_the_last_byte(path, tmp_path):
    copy = tmp_path / "copy.db"
    with Store(path) as store:
        store.audit.append("ada", "noted")
        store.backup(copy)
    before = copy.read_bytes()
    with Store(copy, look=True) as store:
        assert store.audit.verify() is None
        with pytest.raises(StateReadOnly):
            store.audit.append("eve", "never")
    assert copy.read_bytes() == before
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.db"]


def test_a_copy_in_wal_mode_that_is_looked_at_stays_as_it_is_with_nothing_beside_it(path):
    with Store(path) as store:
        store.audit.append("ada", "noted")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert before[0][18:20] == b"\x02\x02", "WAL mode"
    with Store(path, look=True) as store:
        assert store.audit.verify() is None
        with pytest.raises(StateReadOnly):
            store.audit.append("eve", "never")
        assert list(path.parent.iterdir()) == [path]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(path.parent.iterdir()) == [path]


def test_a_look_at_a_database_that_a_daemon_begins_to_write_says_so(path):
    Store(path).close()
    with Store(path, look=True) as looker:
        assert looker.audit.head().count == 0
        with Store(path) as daemon:
            daemon.audit.append("ada", "noted")
            with pytest.raises(StateBusy, match="while it was looked at"):
                looker.audit.head()
    with Store(path, look=True) as looker:
        assert looker.audit.head().count == 1


def test_looking_makes_no_database(path):
    with pytest.raises(StateUnreadable, match="no database"):
        Store(path, look=True)
    assert not path.parent.exists()


def test_an_older_copy_that_is_refused_stays_as_it_is(path):
    import sqlite_utils

    path.parent.mkdir()
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before="m0005_why_runs_stopped")
    db.close()
    before = path.read_bytes()
    for how in ({"look": True}, {"create": False}, {}):
        with pytest.raises(StateOld, match="needs an upgrade"):
            Store(path, **how)
    assert path.read_bytes() == before


def test_looking_sees_what_a_running_daemon_has_just_written(path):
    with Store(path) as daemon:
        daemon.audit.append("ada", "noted")
        with Store(path, look=True) as store:
            assert store.audit.head() == daemon.audit.head()
