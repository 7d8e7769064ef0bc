"""Retention, figures, backup, the daemon's lock and the story."""

import json
import os
import sqlite3
from unittest.mock import patch

import pytest

from components.errors import UserError
from components.schema.results.values import Verdict
from components.state import DaemonLock, Lifecycle, Store
from components.state.db.errors import (
    LockHeld,
    NotFound,
    StateFault,
    StateFull,
    StateReadOnly,
    StateUnreadable,
)
from components.state.story import lifecycle_story

L = Lifecycle
DAY = 86_400


def busy_day(store):
    store.inbox.receive("d1", "push", "main", {})
    store.inbox.settle(1, "ok")
    store.inbox.receive("d2", "push", "main", {})
    store.jobs.enqueue("check", "a", "main", {})
    store.jobs.complete(store.jobs.lease("w", 60).id, "w")
    store.jobs.enqueue("check", "b", "main", {})
    for head in ("h1", "h2"):
        run = store.runs.start("main", "pr/1", head, "b", "check")
        store.runs.finish(run.id, Verdict.PASSED, '{"strategies": []}')
    store.deployments.record(
        "main", "RSI", "1.0.0", kind="deploy", commit="c", actor="a", run_id=run.id
    )
    store.intents.settle(store.intents.announce("deploy", "main", "landed", {}).id)
    store.meta.put("outcome:cli-1", "{}")
    store.meta.put("base:main", "c")
    test = store.backtests.create("RSI", {})
    store.backtests.finish(test.id, "completed", result="{}")


def test_old_work_is_removed_and_what_matters_stays(store, time):
    busy_day(store)
    store.intents.announce("deploy", "main", "under way", {})
    time.advance(10 * DAY)
    assert not any(store.prune(30).values())
    rows = store.audit.head().count
    assert store.prune(5) == {
        "jobs": 1,
        "inbox": 1,
        "intents": 1,
        "reports": 1,
        "checks": 0,
        "outcomes": 1,
        "backtests": 1,
        "turns": 0,
        "packed": 0,
        "verdicts": 0,
        "book": 0,
    }
    assert [intent.key for intent in store.intents.open()] == ["under way"]
    assert store.meta.get("outcome:cli-1") == ""
    assert store.meta.get("base:main") == "c"
    assert [event.key for event in store.inbox.pending()] == ["d2"]
    assert store.jobs.lease("w", 60).key == "b"
    assert [bool(store.runs.get(number).report) for number in (1, 2)] == [False, True]
    assert (store.audit.head().count, store.audit.verify()) == (rows, None)
    assert store.runs.get(1).verdict is Verdict.PASSED


def test_more_than_one_batch_is_removed(store, time, monkeypatch):
    from components.state.db import upkeep

    monkeypatch.setattr(upkeep, "_BATCH", 3)
    for number in range(10):
        store.inbox.receive(str(number), "push", "main", {})
        store.inbox.settle(number + 1)
    time.advance(DAY)
    assert store.prune(0.5)["inbox"] == 10


def test_retention_of_the_future_is_refused(store):
    with pytest.raises(ValueError, match="negative"):
        store.prune(-1)


def test_figures_count_what_is_there(store, life):
    busy_day(store)
    life.deploy("1.0.0")
    store.holds.hold("main", "RSI", "0.9.0", "bob", "x")
    store.intents.announce("deploy", "main", "k", {})
    figures = store.stats()
    assert figures.strategies == {"deployed": 1}
    assert figures.jobs == {"queued": 1}
    assert (figures.inbox_pending, figures.open_intents, figures.holds) == (1, 1, 1)
    assert sum(figures.landings.values()) == figures.deployments
    assert figures.landings["deploy"] == figures.deployments
    assert figures.deployments == 1
    assert figures.audit_rows == store.audit.head().count
    assert figures.database_bytes > 0
    assert figures.wal_bytes > 0


# --- backup ------------------------------------------------------------------------------------


def test_backup_opens_as_a_whole_database(store, life, tmp_path):
    life.deploy("1.0.0")
    target = tmp_path / "copy.db"
    assert store.backup(target) == target.stat().st_size
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["copy.db"]
    with Store(target, create=False) as copy:
        assert copy.strategies.get("main", "RSI").deployed_version == "1.0.0"
        assert copy.audit.verify(store.audit.head()) is None


def test_copies_of_killed_backups_are_removed_and_those_of_living_ones_stay(store, tmp_path):
    killed, living = tmp_path / ".copy.db.4194305.partial", tmp_path / ".copy.db.1.partial"
    other = tmp_path / ".copy.db.x.partial"
    for file in (killed, living, other):
        file.touch()
    store.backup(tmp_path / "copy.db")
    assert [file.exists() for file in (killed, living, other)] == [False, True, True]


def test_backup_that_finds_no_room_leaves_nothing(store, tmp_path):
    """A file that may not grow is as a disk that is full."""
    import resource

    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises((StateFault, StateFull)):
            store.backup(tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before
    assert store.backup(tmp_path / "copy.db") > 50_000


def test_backup_does_not_overwrite_unless_told(store, tmp_path):
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(UserError, match="exists"):
        store.backup(target)
    assert target.read_text() == "precious"
    store.backup(target, overwrite=True)
    Store(target, create=False).close()


def test_backup_onto_the_live_database_is_refused_even_when_forced(store, tmp_path):
    (tmp_path / "link.db").symlink_to(store.path)
    for target in (store.path, tmp_path / "link.db"):
        with pytest.raises(UserError, match="itself"):
            store.backup(target, overwrite=True)


def test_backup_into_nowhere_is_refused(store, tmp_path):
    with pytest.raises(StateUnreadable, match="no folder"):
        store.backup(tmp_path / "nowhere" / "copy.db")


def test_backup_is_taken_while_others_write(store, tmp_path):
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO meta VALUES ('half', 'done', '')")
    store.backup(tmp_path / "copy.db")
    other.execute("ROLLBACK")
    other.close()
    with Store(tmp_path / "copy.db") as copy:
        assert copy.meta.get("half") == ""


# --- lock --------------------------------------------------------------------------------------


def test_lock_names_its_holder_and_ends_with_it(tmp_path, time):
    path = tmp_path / "state" / "algoops.lock"
    with DaemonLock(path, time=time) as lock:
        with pytest.raises(
            LockHeld, match=rf"process {os.getpid()} on .* since 2026-01-31T09:00:00.000Z"
        ):
            DaemonLock(path).acquire()
        lock.release()
        lock.release()
        with DaemonLock(path):
            pass


def test_lock_without_words_still_holds(tmp_path):
    path = tmp_path / "algoops.lock"
    with DaemonLock(path):
        path.write_text("garbage")
        with pytest.raises(LockHeld, match="it is starting"):
            DaemonLock(path).acquire()


def test_words_without_a_lock_hold_nobody_back(tmp_path):
    path = tmp_path / "algoops.lock"
    path.write_text(json.dumps({"pid": 1, "host": "gone", "since": "yesterday"}))
    with DaemonLock(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_lock_in_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateReadOnly):
        DaemonLock(tmp_path / "file" / "algoops.lock").acquire()


# --- story -------------------------------------------------------------------------------------


def test_story_reads_as_it_happened(store, life, time):
    life.propose("1.0.0")
    life.move(L.VALIDATING, L.FAILED, reason="schema: `name` is missing.")
    time.advance(3600)
    life.deploy("1.0.0", tree="a")
    store.deployments.record(
        "main", "RSI", "1.0.0", kind="deploy", commit="c" * 40, actor="x", tag="RSI/v1.0.0"
    )
    life.deploy("1.1.0", "pr/2", tree="b")
    life.move(L.ROLLED_BACK, actor="bob", reason="drawdown")
    life.move(L.DEPLOYED, actor="bob", version="1.0.0", reason="rollback")
    store.holds.hold("main", "RSI", "1.1.0", "bob", "drawdown")
    with pytest.raises(UserError):
        life.move(L.DEPLOYED, version="1.1.0", actor="eve")
    store.strategies.record_error("main", "RSI", "no sandbox", actor="algoops")
    told = lifecycle_story(store, "main", "RSI")
    assert told[0] == "2026-01-31 09:00:00 UTC: Alice proposed version 1.0.0 in pr/1: pushed."
    assert told[3] == "2026-01-31 09:00:00 UTC: Version 1.0.0 failed: schema: `name` is missing."
    assert "2026-01-31 10:00:00 UTC: Alice pushed a fix of version 1.0.0 in pr/1: pushed." in told
    assert any(
        line.endswith("Version 1.0.0 landed as commit cccccccccccc, tagged RSI/v1.0.0.")
        for line in told
    )
    assert any("Version 1.0.0 was superseded: 1.1.0 takes its place." in line for line in told)
    assert any("Bob rolled version 1.1.0 back: drawdown." in line for line in told)
    assert any("Bob deployed version 1.0.0 again: rollback." in line for line in told)
    assert any("Bob put version 1.1.0 on hold: drawdown." in line for line in told)
    assert any(
        "Eve wanted version 1.1.0 to be deployed, which was refused" in line for line in told
    )
    assert any("the checks broke, which says nothing" in line.lower() for line in told)
    assert told[-3:] == [
        "Now version 1.0.0 is deployed.",
        "Version 1.1.0 is held by bob: drawdown.",
        "So far: proposed 2 times, tested 2 times, fixed once, failed 2 times.",
    ]


def test_story_of_one_deployed_and_one_failing(store, life):
    life.deploy("1.0.0")
    life.propose("1.1.0", "pr/2")
    life.move(L.VALIDATING, L.FAILED, proposal="pr/2")
    told = lifecycle_story(store, "main", "RSI")
    assert "Now version 1.0.0 is deployed, and version 1.1.0 in pr/2 is failed." in told


def test_story_does_not_claim_checks_for_what_was_live_before(store, life):
    life.propose("1.0.0")
    life.move(L.VALIDATING, L.READY, reason="live already: found at the first start")
    told = "\n".join(lifecycle_story(store, "main", "RSI"))
    assert "Version 1.0.0 was live before it was checked here." in told
    assert "passed all checks" not in told


def test_story_of_a_version_not_read_yet_says_so_plainly(store, life):
    life.propose("")
    told = lifecycle_story(store, "main", "RSI")
    assert any("a new version" in line for line in told)
    assert not any("could not be read" in line for line in told)


def test_story_holds_no_line_breaks_or_terminal_commands_from_outside(store, life):
    life.propose("1.0.0")
    life.move(L.VALIDATING, L.FAILED, reason="a\nb\x1b[31m\u202ec")
    told = lifecycle_story(store, "main", "RSI")
    assert all(line.isprintable() for line in told)


def test_story_of_nobody_is_refused(store):
    with pytest.raises(NotFound):
        lifecycle_story(store, "main", "Ghost")


def test_story_of_an_archived_strategy_says_so(store, life):
    life.propose("1.0.0")
    store.strategies.withdraw("main", "pr/1", actor="alice", reason="closed")
    told = lifecycle_story(store, "main", "RSI")
    assert "Now nothing is deployed; its last version, 1.0.0, is archived." in told


def test_a_lock_on_a_full_disk_is_said_and_not_kept(tmp_path):
    lock = DaemonLock(tmp_path / "algoops.lock")
    full = OSError(28, "No space left on device")
    with patch("os.pwrite", side_effect=full), pytest.raises(StateReadOnly, match="No space left"):
        lock.acquire()
    with lock:
        pass
