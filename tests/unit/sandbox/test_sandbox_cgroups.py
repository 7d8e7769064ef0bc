import pytest

from components.sandbox.limits import cgroups
from components.sandbox.limits.cgroups import Cgroup, Counters
from components.schema.results.values import Limits

LIMITS = Limits(memory_mb=100, cpus=0.5, pids=7)


@pytest.fixture
def unified(tmp_path):
    """A version-2 hierarchy as plain files: what the kernel would do on mkdir, done ahead."""
    root = tmp_path / "cgroup"
    group = root / "algoops" / "guest-1"
    group.mkdir(parents=True)
    for name, text in {
        "cgroup.procs": "",
        "memory.max": "max",
        "memory.swap.max": "max",
        "pids.max": "max",
        "cpu.max": "max",
        "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
        "memory.peak": str(50 * 1024 * 1024),
        "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n",
    }.items():
        (group / name).write_text(text)
    return Cgroup(folders=dict.fromkeys(cgroups.V2_CONTROLLERS, group), unified=True)


def test_version_two_limits_are_written_as_the_kernel_wants_them(unified):
    unified.limit(LIMITS)
    folder = unified.folders["memory"]
    assert (folder / "memory.max").read_text() == str(100 * 1024 * 1024)
    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "pids.max").read_text() == "7"
    assert (folder / "cpu.max").read_text() == "50000 100000"


def test_version_two_counters_are_read(unified):
    assert unified.counters() == Counters(cpu_s=2.5, max_memory_mb=50.0, oom_kills=1)


def test_kill_by_a_machine_without_memory_is_not_the_groups_own(unified):
    events = unified.folders["memory"] / "memory.events"
    events.write_text("low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n")
    assert unified.counters().oom_kills == 0


def test_group_that_is_gone_counts_nothing(tmp_path):
    gone = Cgroup(folders={"memory": tmp_path / "gone", "cpuacct": tmp_path / "gone"})
    assert gone.counters() == Counters()


def test_no_group_counts_nothing():
    assert Cgroup().counters() == Counters()


def test_machine_without_control_groups_gives_none(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("proc /proc proc rw 0 0\n")
    assert not cgroups.make("guest-1", LIMITS, mounts).folders


def test_read_only_hierarchy_gives_none(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("cgroup /proc/sys cgroup ro,memory 0 0\n")
    assert not cgroups.make("guest-1", LIMITS, mounts).folders


def test_group_of_a_process_is_found_in_version_two(tmp_path):
    (tmp_path / "cgroup" / "system" / "c1").mkdir(parents=True)
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cgroup").write_text("0::/system/c1\n")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"cgroup2 {tmp_path}/cgroup cgroup2 rw 0 0\n")
    found = cgroups.of(7, mounts, tmp_path / "proc")
    assert found.unified
    assert found.folders["memory"] == tmp_path / "cgroup" / "system" / "c1"
