"""Ends of all kinds: owners killed, workers killed, jobs cancelled; nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import docker
import pytest
from sandbox_support import BACKENDS, HOSTILE, SMALL, raise_wall, spec, traces

from components.errors import TransientError
from components.executor.local import LocalExecutor, _Task
from components.executor.messages import WorkerSpec
from components.ports import ScriptJob
from components.sandbox.backends import owner
from components.sandbox.backends.docker import LABEL
from components.sandbox.limits import processes
from components.schema.results.values import Status

DAEMON = Path(__file__).parents[2] / "sandbox_daemon.py"


def eventually(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)  # why: another process is at work; there is a deadline
    return value


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def containers_of(names):
    client = docker.from_env()
    try:
        found = client.api.containers(all=True, filters={"label": LABEL})
        return [c for c in found if c["Labels"][LABEL] in names]
    finally:
        client.close()


@pytest.fixture
def daemon(request):
    """A process with sandboxes, given as (process, the owners' names, all its descendants)."""
    kind, backend = request.param
    process = subprocess.Popen(
        [sys.executable, str(DAEMON), kind, backend], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "up\n"
        below = [*processes.tree(process.pid)][1:]
        assert below or backend == "docker"
        names = {str(owner._owner(pid)) for pid in (process.pid, *below)}
        yield process, names, below
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


BOTH = [(kind, backend) for kind in ("wall", "executor") for backend in BACKENDS]


@pytest.mark.parametrize("daemon", BOTH, indirect=True, ids="-".join)
def test_killed_owner_leaves_no_process_and_the_next_one_reaps_the_rest(daemon):
    process, names, below = daemon
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    eventually(lambda: not [p for p in below if running(p)])
    eventually(lambda: not [c for c in containers_of(names) if c["State"] == "running"])
    wall = raise_wall("docker")
    bubblewrap = raise_wall("bubblewrap")
    try:
        wall.reap()
        bubblewrap.reap()
    finally:
        wall.close()
        bubblewrap.close()
    assert containers_of(names) == []
    assert not [n for n in names if (owner.base() / n).exists()]
    assert not [n for n in names if _groups_named(n)]


def _groups_named(name):
    return [p for p in Path("/sys/fs/cgroup").glob(f"*/algoops/*{name}*") if p.is_dir()]


@pytest.mark.docker
def test_reaper_takes_a_container_past_its_deadline_and_leaves_the_living_alone():
    wall = raise_wall("docker")
    client = docker.from_env()
    living = wall.start(SMALL)
    labels = {LABEL: "other.1.1.1", "algoops.deadline": "1"}
    overdue = client.containers.create(wall.image, ["/x"], labels=labels)
    try:
        wall.reap()
        left = {c["Id"] for c in client.api.containers(all=True, filters={"label": LABEL})}
        assert overdue.id not in left
        assert living.handle.container in left
    finally:
        living.destroy()
        wall.close()
        client.close()


@pytest.fixture(params=BACKENDS)
def executor(request):
    before = traces()
    made = LocalExecutor(WorkerSpec(spec(request.param, warm=1), Path("examples/data")), 1)
    yield made
    made.close()
    after = traces()
    assert after.containers <= before.containers
    assert after.children <= before.children
    assert after.sockets <= before.sockets


# why: the job is there to be killed; the test does not wait for it
SLEEPS = ScriptJob(b"import time; time.sleep(1000)", SMALL.model_copy(update={"wall_s": 100.0}))


def test_executor_runs_cancels_survives_its_workers_and_closes(executor):
    assert executor.submit(ScriptJob(b"print(6 * 7)", SMALL)).result().stdout == "42\n"
    facts = executor.describe()
    assert facts["available"] is True
    assert facts["unlimited"] == []
    assert facts["image"]

    future = executor.submit(SLEEPS)
    eventually(lambda: executor.describe()["busy"] == 1)
    assert future.cancel()
    assert future.result(30).status is Status.KILLED
    assert not future.cancel()

    # why: the job must still run when the executor is closed
    slow = ScriptJob(b"import time; time.sleep(2); print('done')", SMALL)
    future = executor.submit(slow)
    worker = eventually(lambda: next((t.worker for t in list(executor._running.values())), None))
    os.kill(worker.pid, signal.SIGKILL)
    assert future.result(60).stdout == "done\n"
    assert executor.describe()["restarts"] == 1

    waiting = [executor.submit(SLEEPS) for _ in range(4)]
    eventually(lambda: executor.describe()["busy"] == 1)
    executor.close()
    assert all(f.cancelled() or f.result().status is Status.KILLED for f in waiting)
    with pytest.raises(TransientError, match="shut down"):
        executor.submit(SLEEPS)


def test_executor_without_a_wall_says_so_and_blames_nobody(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    executor = LocalExecutor(WorkerSpec(spec("docker"), Path("examples/data")), 1)
    try:
        result = executor.submit(ScriptJob(b"print(1)", SMALL)).result(60)
        assert result.status is Status.INFRASTRUCTURE_ERROR
        assert "no sandbox" in result.message
        assert executor.describe()["available"] is False
        assert "no sandbox" in executor.describe()["detail"]
    finally:
        executor.close()


def test_executor_that_got_no_process_at_first_works_once_there_is_one(monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(sys, "executable", "/nowhere/python")
        executor = LocalExecutor(WorkerSpec(spec("bubblewrap"), Path("examples/data")), 1)
        ended = executor.submit(ScriptJob(b"print(1)", SMALL)).result(60)
    try:
        assert ended.status is Status.INFRASTRUCTURE_ERROR
        assert executor.submit(ScriptJob(b"print(6 * 7)", SMALL)).result(60).stdout == "42\n"
    finally:
        executor.close()


def test_job_whose_worker_is_gone_can_be_cancelled_all_the_same():
    class Gone:
        def tell(self, _order):
            raise BrokenPipeError("it has ended")

    task = _Task(1, SLEEPS, worker=Gone())
    assert task.future.set_running_or_notify_cancel()
    assert task.future.cancel()
    assert task.cancelled.is_set()


HOSTILE_TENTH = (
    ("memory_bomb", Status.OUT_OF_MEMORY),
    ("core_dump", Status.CRASHED),
    ("oversized_frame", Status.PROTOCOL_ERROR),
    ("exit_code_three", Status.FAILED),
    ("fork_bomb", Status.PASSED),
    ("sleeps_for_ever", Status.TIMEOUT),
    ("stdout_flood", Status.PASSED),
    ("double_fork_daemon", Status.PASSED),
    ("aborts", Status.CRASHED),
    ("raises", Status.FAILED),
)


def test_hundred_jobs_with_hostile_ones_among_them_end_right_and_leave_nothing():
    before = traces()
    shared = WorkerSpec(spec("bubblewrap", warm=2, share=True), Path("examples/data"))
    executor = LocalExecutor(shared, 2)
    patient = SMALL.model_copy(update={"wall_s": 30.0})
    wanted = []
    try:
        for number in range(100):
            name, status = HOSTILE_TENTH[number // 10]
            if number % 10 == 0:
                source = (HOSTILE / f"{name}.py").read_bytes()
                hasty = patient if status is not Status.TIMEOUT else SMALL.lowered_by(wall_s=4)
                wanted.append((executor.submit(ScriptJob(source, hasty)), status))
            else:
                wanted.append((executor.submit(ScriptJob(b"print(1)", patient)), Status.PASSED))
            if number == 50:
                wanted[-1][0].result(200)
                halfway = _memory_kb()
        ends = [(future.result(200).status, status) for future, status in wanted]
    finally:
        executor.close()
    assert [e for e in ends if e[0] is not e[1]] == []
    assert _memory_kb() - halfway < 20_000
    after = traces()
    assert after.descriptors <= before.descriptors + 2
    assert after.containers <= before.containers
    assert after.children <= before.children
    assert after.sockets <= before.sockets
    assert after.groups <= before.groups


def _memory_kb():
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in x)
    return int(line.split()[1])
