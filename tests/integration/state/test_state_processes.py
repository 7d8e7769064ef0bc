"""The store under real processes: killed, at once, on a full, a read-only and a damaged disk."""

import json
import os
import signal

import pytest

from components.state import DaemonLock, Lifecycle, Store
from components.state.db.errors import LockHeld
from tests.state_support import Role, command, jailed, wait_for
from tests.warm_support import Command


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "algoops.db"


def lines(process, count):
    found = [process.stdout.readline().strip() for _ in range(count)]
    assert all(found), f"the process ended: {process.stderr.read()}"
    return found


def sound(store):
    assert store._db.value("PRAGMA integrity_check") == "ok"
    assert store._db.rows("PRAGMA foreign_key_check") == []
    assert store.audit.verify() is None


@pytest.mark.parametrize("count", [1, 2, 17, 150])
def test_every_acknowledged_event_survives_kill_9(path, count):
    acknowledged = []
    for life in range(3):
        process = Role("receive", path, f"life{life}")
        acknowledged += lines(process, count)
        acknowledged += process.kill()
    with Store(path) as store:
        kept = {event.key for event in store.inbox.pending(1_000_000)}
        assert set(acknowledged) <= kept
        assert len(acknowledged) >= 3 * count
        # At most one event of each life was written and not yet acknowledged.
        assert len(kept) - len(acknowledged) <= 3
        sound(store)


def test_kill_9_leaves_no_half_of_a_transaction(path):
    for life in range(5):
        process = Role("transfer", path, f"L{life}x")
        lines(process, 3 + life)
        process.kill()
    with Store(path) as store:
        sound(store)
        names = [s.name for s in store.strategies.list(limit=100_000)]
        assert len(names) >= 15
        for name in names:
            assert store.strategies.get("main", name).status is Lifecycle.DEPLOYED
            assert store.versions.deployed("main", name).tree == name
            assert store.deployments.current("main", name).commit == name
            assert store.meta.get(f"done {name}") == name
        moves = store.audit.list(event="lifecycle.moved", limit=1_000_000)
        assert len(moves) == 6 * len(names)
        assert len(store.audit.list(event="deployment.recorded", limit=1_000_000)) == len(names)


def test_processes_killed_in_turn_leave_a_sound_database_and_a_bounded_log(path):
    running = [Role("receive", path, f"first{n}") for n in range(2)]
    acknowledged = []
    for turn in range(4):
        for process in running:
            acknowledged += lines(process, 150)
        acknowledged += running.pop(0).kill()
        running.append(Role("receive", path, f"turn{turn}"))
    for process in running:
        acknowledged += process.kill()
    with Store(path) as store:
        kept = {event.key for event in store.inbox.pending(1_000_000)}
        assert set(acknowledged) <= kept
        assert store.stats().wal_bytes < 4 * 1000 * 4096
        sound(store)


def test_job_of_a_killed_worker_returns_when_its_lease_is_over(path):
    with Store(path) as store:
        number = store.jobs.enqueue("check", "pr/1", "main", {})
        process = Role("lease", path, "doomed")
        assert lines(process, 1) == [str(number)]
        process.kill()
        wait_for(lambda: store.jobs.reclaim() == 1)
        job = store.jobs.lease("next", 60)
        assert (job.id, job.attempts) == (number, 2)
        assert not store.jobs.complete(number, "doomed")
        assert store.jobs.complete(number, "next")


def test_processes_at_once_do_each_job_once_and_keep_one_chain(path):
    with Store(path) as store:
        for number in range(40):
            store.jobs.enqueue("check", str(number), f"r{number % 3}", {})
        workers = [Role("work", path, f"w{n}") for n in range(3)]
        writers = [Role("receive", path, f"p{n}", 30) for n in range(2)]
        done = [process.finish() for process in workers + writers]
        assert [process.wait(120) for process in workers + writers] == [0] * 5, done
        taken = [int(line) for text, _ in done[:3] for line in text.split()]
        assert sorted(taken) == list(range(1, 41))
        assert store.inbox.count() == 60
        assert store.audit.head().count == 40
        sound(store)


def test_process_that_writes_without_pause_does_not_starve_the_others(path):
    with Store(path, busy_s=5.0) as store:
        busy = [Role("receive", path, f"busy{n}") for n in range(3)]
        try:
            for process in busy:
                lines(process, 5)
            for number in range(20):
                assert store.inbox.receive(f"mine-{number}", "push", "main", {})
        finally:
            for process in busy:
                process.kill()


def test_processes_that_start_at_once_make_one_database(path):
    path.parent.mkdir()
    processes = [Role("receive", path, f"p{n}", 3) for n in range(4)]
    done = [process.finish() for process in processes]
    assert [process.wait(120) for process in processes] == [0] * 4, done
    with Store(path) as store:
        assert store.inbox.count() == 12
        sound(store)


@pytest.mark.parametrize("threads", [1, 4])
def test_full_disk_is_told_and_loses_nothing_acknowledged(tmp_path, threads):
    disk = tmp_path / "disk"
    disk.mkdir()
    argv = command(f"fill{threads}", disk / "a.db")
    done = jailed("--size", "2000000", "--tmpfs", str(disk), argv=argv)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["errors"]) == threads
    assert all("free disk space" in error for error in told["errors"])
    assert told["acknowledged"] > 50
    assert told["lost"] == []
    assert told["readable"] == told["acknowledged"]
    assert "no room" in told["refused_backup"]
    assert told["went_on"] is True
    assert told["kept"] == told["acknowledged"] + 1
    assert (told["problem"], told["sound"]) == (None, "ok")
    assert [name for name in told["left"] if not name.startswith("a.db")] == []


def test_read_only_disk_is_told(path):
    Store(path).close()
    before = path.read_bytes()
    done = jailed(argv=command("try", path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("StateReadOnly", "StateUnreadable"))
    assert str(path) in done.stdout
    assert path.read_bytes() == before


def test_read_only_file_is_told(path):
    Store(path).close()
    folder = str(path.parent)
    done = jailed(
        "--bind", folder, folder, "--ro-bind", str(path), str(path), argv=command("try", path)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("StateReadOnly")
    assert "write access" in done.stdout


FEW = """
import resource, sys
from pathlib import Path
from components.errors import TransientError
from components.state import Store

store = Store(Path(sys.argv[1]))
store.meta.put("a", "kept")
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
try:
    store.meta.get("a")
except TransientError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
print(store.meta.get("a"))
"""


def test_too_few_descriptors_are_a_reason_to_try_again(path):
    done = Command(path, code=FEW).finish()
    assert done.returncode == 0, done.stderr
    told, kept = done.stdout.splitlines()
    assert "the system failed" in told
    assert kept == "kept"


def test_second_daemon_is_refused_by_name_until_the_first_is_gone(tmp_path):
    path = tmp_path / "algoops.lock"
    first = Role("lock", path)
    child = int(lines(first, 1)[0])
    try:
        with pytest.raises(LockHeld, match=f"process {first.pid} on "):
            DaemonLock(path).acquire()
        os.kill(first.pid, signal.SIGKILL)
        first.wait(30)
        # Its child lives on and must not keep the lock.
        os.kill(child, 0)
        with DaemonLock(path), pytest.raises(LockHeld, match=f"process {os.getpid()} on "):
            DaemonLock(path).acquire()
    finally:
        os.kill(child, signal.SIGKILL)
        first.stdout.close()
        first.stderr.close()


def test_backup_taken_while_a_process_writes_is_whole(path, tmp_path):
    with Store(path) as store:
        process = Role("transfer", path, "x")
        try:
            lines(process, 5)
            for number in range(3):
                target = tmp_path / f"copy{number}.db"
                store.backup(target)
                lines(process, 2)
                with Store(target, create=False) as copy:
                    sound(copy)
                    count = copy.strategies.count()
                    assert count >= 5
                    assert count == len(copy.deployments.list(limit=100_000))
        finally:
            process.kill()


def test_command_line_verifies_while_the_daemon_writes(path, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("state: {dir: state}\n")
    process = Role("transfer", path, "x")
    try:
        lines(process, 3)
        done = Command("audit", "verify", "--config", config).finish()
        assert done.returncode == 0, done.stderr
        assert "none changed, removed or moved" in done.stdout
    finally:
        process.kill()
