"""What people do with the sandbox: the command line, author's tests, the image, no root."""

import json
import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import docker
import pytest
from sandbox_support import HOSTILE, SMALL, raise_wall

from components.sandbox.session.author_tests import has_tests, run_author_tests
from components.schema.results.values import Outcome, Status
from tests.cli_support import as_process, in_process

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


BUBBLEWRAP = ("--backend", "bubblewrap", "--format", "json")


def test_good_file_passes_with_exit_code_zero(script):
    done = as_process("sandbox", "run", script("print('hello')"), *BUBBLEWRAP)
    result = json.loads(done.stdout)
    assert (done.returncode, result["status"], result["stdout"]) == (0, "passed", "hello\n")
    assert result["provenance"]["backend"] == "bubblewrap"


def test_time_zones_of_bars_are_known_inside_without_those_of_the_machine(script):
    text = (
        "import pandas as pd\nprint(pd.Timestamp('2024-07-01', tz='America/New_York').utcoffset())"
    )
    done = in_process("sandbox", "run", script(text), *BUBBLEWRAP)
    assert json.loads(done.stdout)["stdout"] == "-1 day, 20:00:00\n"


def test_guest_starts_without_unpacking_zones_and_compiling_single_modules(script):
    text = """
        import os, sys, six
        from datetime import datetime
        print("dateutil.zoneinfo" in sys.modules)
        print(os.path.exists(six.__cached__))
        from dateutil import tz
        print(datetime(2024, 7, 1, tzinfo=tz.gettz("Europe/Paris")), tz.tz.TZPATHS[-1])
    """
    done = in_process("sandbox", "run", script(text), *BUBBLEWRAP)
    told = json.loads(done.stdout)["stdout"].splitlines()
    assert told[:2] == ["False", str(Path(find_spec("six").cached).exists())]
    assert told[2] == "2024-07-01 00:00:00+02:00 /etc/zoneinfo"


def test_raising_file_fails_with_its_line_and_exit_code_one(script):
    done = in_process("sandbox", "run", script("x = {}\nx['price']\n"), *BUBBLEWRAP)
    result = json.loads(done.stdout)
    assert (done.returncode, result["status"]) == (1, "failed")
    assert 'File "script.py", line 2' in result["traceback"]


def test_timeout_option_ends_a_sleeper(script):
    # why: the script under test runs until it is stopped
    path = script("import time; time.sleep(1000)")  # why: the sleeper that the option ends
    done = as_process("sandbox", "run", path, "--timeout", "1", *BUBBLEWRAP)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (1, "timeout")


def test_no_sandbox_is_an_error_and_the_file_does_not_run(script, tmp_path, monkeypatch):
    path = script(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    done = in_process("sandbox", "run", path, "--backend", "docker", "--format", "json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == "infrastructure_error"
    assert "no sandbox" in json.loads(done.stdout)["message"]
    assert not (tmp_path / "ran").exists()


def test_secrets_of_the_environment_stay_outside(monkeypatch):
    path = str(HOSTILE / "environment.py")
    monkeypatch.setenv("ALGOOPS_API_TOKEN", "CANARY-secret")
    done = in_process("sandbox", "run", path, *BUBBLEWRAP)
    assert json.loads(done.stdout)["stdout"].endswith("no secrets\n")
    assert b"CANARY" not in done.stdout


STRATEGY = b"def double(x):\n    return 2 * x\n"
# why: the skip is an author's, which the report must show as such
TESTS = b"""
import pytest
from strategy import double

def test_doubles():
    assert double(2) == 4

def test_is_wrong():
    print("shown")
    assert double(2) == 5, "four is not five"

@pytest.mark.skip(reason="later")  # why: an author's skipped test, which has to be told as such
def test_skipped():
    pass

@pytest.mark.parametrize("n", [1, 2])
def test_each(n):
    assert double(n)
"""


def test_authors_tests_are_told_one_by_one(wall):
    files = {"strategy.py": STRATEGY, "test_strategy.py": TESTS}
    result = run_author_tests(files, wall, SMALL)
    found = {test.name: test.outcome for test in result.tests}
    assert found == {
        "test_strategy.py::test_doubles": Outcome.PASSED,
        "test_strategy.py::test_is_wrong": Outcome.FAILED,
        "test_strategy.py::test_skipped": Outcome.SKIPPED,
        "test_strategy.py::test_each[1]": Outcome.PASSED,
        "test_strategy.py::test_each[2]": Outcome.PASSED,
    }, result
    assert result.status is Status.FAILED
    assert result.message == "1 of 5 of the author's tests failed"
    assert "four is not five" in next(t.message for t in result.tests if "wrong" in t.name)


def test_authors_tests_that_pass_pass(wall):
    files = {"strategy.py": STRATEGY, "test_s.py": TESTS.replace(b"== 5", b"== 4")}
    assert run_author_tests(files, wall, SMALL).status is Status.PASSED


def test_test_file_that_cannot_be_imported_is_a_failed_test(wall):
    result = run_author_tests({"test_s.py": b"import nowhere\n"}, wall, SMALL)
    assert result.status is Status.FAILED
    assert [t.outcome for t in result.tests] == [Outcome.FAILED]


@pytest.mark.parametrize(
    # why: the last trick is to outlast the time limit
    "trick",
    [b"import os; os._exit(0)", b"import sys; sys.exit(0)", b"import time; time.sleep(99)"],
)
def test_test_that_leaves_early_does_not_pass(wall, trick):
    text = b"def test_x():\n    " + trick + b"\n\ndef test_bad():\n    assert False\n"
    result = run_author_tests({"test_s.py": text}, wall, SMALL.lowered_by(wall_s=4))
    assert result.status is not Status.PASSED


def test_folder_with_tests_is_told_from_one_without():
    assert has_tests({"test_a.py": b""})
    assert has_tests({"deep/a_test.py": b""})
    assert not has_tests({"strategy.py": b"", "test_data.csv": b"", "testing.py": b""})


IMAGE = """
from dataclasses import replace
from components.sandbox.image import build, inventory
LARGE = {inventory.STDLIB, *(f"{inventory.SITE}/{name}" for name in ("numpy", "pandas", "pygments"))}
whole = inventory.take()
print(whole.digest)
few = replace(whole, pieces=tuple(p for p in whole.pieces if p.target not in LARGE))
inventory.take = lambda: few
build.main()
"""
"""Compiling all of the large ones takes ten times as long; what they are is in the digest."""


def test_same_inputs_make_the_same_image_whatever_the_hash_seed(tmp_path):
    builds = [
        subprocess.Popen(
            [sys.executable, "-c", IMAGE, str(tmp_path / seed)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    told = {build.communicate()[0] for build in builds}
    assert len(told) == 1
    assert b"\nsha256:" in told.pop()


@pytest.mark.docker
def test_image_is_small_and_has_neither_pip_nor_shell():
    wall = raise_wall("docker")
    wall.close()
    client = docker.from_env()
    try:
        assert client.images.get(wall.image).attrs["Size"] < 400 * 1000 * 1000
    finally:
        client.close()


LOOK = """
import os
names = {name for _, folders, files in os.walk("/opt") for name in (*folders, *files)}
print(sorted(names & {"pip", "ensurepip", "gcc", "cc", "sh", "bash", "bokeh", "docker"}))
"""


def test_inside_there_is_no_pip_compiler_or_shell(wall, tmp_path):
    from sandbox_support import run_text

    found = run_text(wall, LOOK).stdout.strip()
    assert found in {"[]", "['ensurepip']"}  # bubblewrap masks that folder, its name stays


ORDINARY = """
import sys
forced, *sys.path[:0] = sys.argv[1:]
from sandbox_support import SMALL, run_hostile
from components.sandbox.backends import bubblewrap
from components.sandbox.limits import cgroups
if forced == "forced":
    bubblewrap._as_root = lambda: False
    cgroups.make = lambda *_: cgroups.Cgroup()
wall = bubblewrap.BubblewrapSandbox(SMALL)
print(*wall.unlimited)
names = ["becomes_root", "privileged_calls", "files_of_the_host"]
for name in names if "pids" in wall.unlimited else [*names, "fork_bomb"]:
    result = run_hostile(wall, name)
    print(name, result.status.value, "ESCAPED" in result.stdout)
print(run_hostile(wall, "memory_bomb").status.value)
wall.close()
"""
NOBODY_IS = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def ordinary(python, who, forced):
    packages = next(p for p in sys.path if p.endswith("site-packages"))
    return subprocess.run(
        [python, "-B", "-c", ORDINARY, forced, str(ROOT), str(ROOT / "tests"), packages],
        capture_output=True,
        text=True,
        cwd="/",
        env={"HOME": "/tmp", "PATH": "/usr/bin:/bin"},
        timeout=200,
        check=False,
        **who,
    )


def test_without_root_and_control_groups_the_wall_holds_and_says_what_it_cannot_limit():
    done = ordinary(sys.executable, {}, "forced")
    unlimited, *lines, memory = done.stdout.splitlines() or [done.stderr]
    assert set(unlimited.split()) >= {"memory", "cpus"}
    assert {tuple(line.split()[1:]) for line in lines} == {("passed", "False")}, lines
    assert memory == "failed"


def test_nobody_gets_the_same_wall_where_nobody_can_read_the_code():
    """With the system's own interpreter, where it is of the version that our packages are for."""
    python = f"/usr/bin/python3.{sys.version_info.minor}"
    who = NOBODY_IS if os.geteuid() == 0 else {}
    probe = [python, "-c", f"import os; os.listdir({str(ROOT)!r})"]
    readable = Path(python).exists() and subprocess.run(probe, check=False, **who).returncode == 0
    done = ordinary(*((python, who, "") if readable else (sys.executable, {}, "forced")))
    _unlimited, *lines, memory = done.stdout.splitlines() or [done.stderr]
    assert {tuple(line.split()[1:]) for line in lines} == {("passed", "False")}, lines
    assert memory in {"failed", "out_of_memory"}


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_setup_without_engine_and_without_root_says_so(required, code):
    done = subprocess.run(
        [str(ROOT / "tests" / "setup-docker")],
        capture_output=True,
        text=True,
        cwd="/",
        env={
            "PATH": "/usr/bin:/bin",
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
            "REQUIRE_DOCKER": required,
        },
        check=False,
        **(NOBODY_IS if os.geteuid() == 0 else {}),
    )
    assert done.returncode == code
    assert "no Docker engine" in done.stderr


def test_setup_with_an_engine_does_nothing():
    done = subprocess.run([str(ROOT / "tests" / "setup-docker")], capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
