"""Each file in tests/data/hostile, exactly as it is, behind both walls."""

import pytest
from sandbox_support import BACKENDS, HOSTILE, SMALL, run_hostile

from components.schema.results.values import Status

PASSED, FAILED, TIMEOUT = Status.PASSED, Status.FAILED, Status.TIMEOUT
MEMORY, CRASHED, PROTOCOL = Status.OUT_OF_MEMORY, Status.CRASHED, Status.PROTOCOL_ERROR

OUTCOMES = {
    "aborts": CRASHED,
    "abstract_sockets": PASSED,
    "atexit_runs_for_ever": TIMEOUT,
    "becomes_root": PASSED,
    "both_streams_flood": TIMEOUT,
    "busy_children": TIMEOUT,
    "busy_in_c": TIMEOUT,
    "busy_loop": TIMEOUT,
    "closes_every_descriptor": PASSED,
    "closes_its_streams": PASSED,
    "core_dump": CRASHED,
    "daemon_holds_the_pipes": PASSED,
    "deep_recursion": FAILED,
    "descriptor_flood": PASSED,
    "deep_folders": PASSED,
    "descriptors_in_flight": PASSED,
    "disk_fill": PASSED,
    "double_fork_daemon": PASSED,
    "empty_frames_flood": TIMEOUT,
    "endless_exception_text": TIMEOUT,
    "endless_line": TIMEOUT,
    "environment": PASSED,
    "executes": PASSED,
    "exit_code_three": FAILED,
    "exit_tricks": FAILED,
    "exits_with_words": FAILED,
    "exits_zero_early": PASSED,
    "files_of_the_host": PASSED,
    "forges_a_fault": FAILED,
    "fork_bomb": PASSED,
    "fork_bomb_recursive": TIMEOUT,
    "hostile_exception": FAILED,
    "huge_exception": FAILED,
    "hunts_for_the_control_line": PASSED,
    "ignores_sigterm": TIMEOUT,
    "kills_its_parent": PASSED,
    "leaves_something": PASSED,
    "limits_its_parent": PASSED,
    "memory_bomb": MEMORY,
    "memory_bomb_in_a_child": MEMORY,
    "memory_bomb_in_numpy": MEMORY,
    "memory_by_many_children": MEMORY,
    "network": PASSED,
    "not_python": FAILED,
    "odd_output": PASSED,
    "one_huge_file": FAILED,
    "oversized_frame": PROTOCOL,
    "pipe_memory": PASSED,
    "privileged_calls": PASSED,
    "proc_of_others": PASSED,
    "raises": FAILED,
    "raises_its_limits": PASSED,
    "segfault_by_recursion": MEMORY,
    "setuid_file": PASSED,
    "shm_fill": PASSED,
    "sleeps_for_ever": TIMEOUT,
    "sparse_file": FAILED,
    "stderr_flood": PASSED,
    "stdout_flood": PASSED,
    "stops_itself": FAILED,
    "stops_its_parent": PASSED,
    "surrogate_exception": FAILED,
    "symlinks": PASSED,
    "thread_bomb": PASSED,
    "thread_never_ends": TIMEOUT,
    "tiocsti": PASSED,
    "writes_everywhere": PASSED,
    "writes_to_every_descriptor": PROTOCOL,
}
BY_WALL = {
    "inode_fill": {PASSED, MEMORY, TIMEOUT},
    "x32_call": {PASSED, CRASHED},
    "drips_bytes": {TIMEOUT, Status.INFRASTRUCTURE_ERROR},
}
"""Where the walls differ: Docker bounds inodes by number, bubblewrap by memory (or time, on a slow machine); libseccomp
kills on a foreign call number where our own filter refuses it. And where the machine has a say: who wakes up twenty
times a second waits for a processor on a busy one, so that its limit says nothing."""


ONE_GUEST = {
    *("deep_recursion", "endless_exception_text", "exit_tricks", "exits_with_words"),
    *("exits_zero_early", "hostile_exception", "huge_exception", "not_python", "raises"),
    "surrogate_exception",
}
"""What meets the guest's own Python alone, which is the same behind both walls: one wall shows it."""


def test_every_hostile_file_has_an_expected_outcome():
    assert {p.stem for p in HOSTILE.glob("*.py")} == {*OUTCOMES, *BY_WALL}
    assert set(OUTCOMES) > ONE_GUEST


@pytest.mark.parametrize("name", sorted({*OUTCOMES, *BY_WALL} - ONE_GUEST))
def test_hostile_file_ends_as_expected_and_escapes_nothing(wall, name):
    ends_as_expected(wall, name)


@pytest.mark.parametrize("wall", BACKENDS[:1], indirect=True)
@pytest.mark.parametrize("name", sorted(ONE_GUEST))
def test_file_that_meets_python_alone_ends_as_expected_and_escapes_nothing(wall, name):
    ends_as_expected(wall, name)


def ends_as_expected(wall, name):
    result = run_hostile(wall, name, _limits(name))
    allowed = BY_WALL.get(name) or {OUTCOMES[name]}
    assert result.status in allowed, result
    assert "ESCAPED" not in result.stdout + result.stderr
    assert len(result.stdout) <= SMALL.output_kb * 1024
    assert result.provenance.backend == wall.backend


SLEEPERS = {"atexit_runs_for_ever", "ignores_sigterm", "sleeps_for_ever", "thread_never_ends"}
"""What waits: the wall-clock limit ends it, and need not be long. What works has CPU time."""

ENDLESS = {name for name, outcome in OUTCOMES.items() if outcome is TIMEOUT} - SLEEPERS
"""What works until its CPU time is over: a short one shows the same."""


def _limits(name):
    wall_s = 2.0 if name in {*SLEEPERS, "drips_bytes"} else 200.0
    cpu_s = 1.0 if name in ENDLESS else SMALL.cpu_s
    return SMALL.model_copy(update={"wall_s": wall_s, "cpu_s": cpu_s})


def test_flood_of_output_is_capped_and_said_to_be_cut(wall):
    result = run_hostile(wall, "stdout_flood")
    assert result.truncated
    assert result.stdout.endswith("the end\n")


def test_traceback_shows_the_authors_lines_only(wall):
    result = run_hostile(wall, "raises")
    assert "script.py" in result.traceback
    assert "line 5, in inner" in result.traceback
    assert "/opt" not in result.traceback
    assert "guest" not in result.traceback
    assert result.message.startswith("ValueError: cannot reshape")


def test_memory_bomb_is_measured_by_the_kernel(wall):
    result = run_hostile(wall, "memory_bomb")
    assert result.resource_usage.max_memory_mb == pytest.approx(SMALL.memory_mb, rel=0.05)


def test_what_one_job_left_is_gone_for_the_next(wall):
    first = run_hostile(wall, "leaves_something")
    second = run_hostile(wall, "leaves_something")
    assert first.stdout == second.stdout
