"""The machine runs out of descriptors or processes: no author is blamed, nothing is kept."""

from pathlib import Path
from pickle import UnpicklingError

import pytest
from sandbox_support import SMALL, spec

from components.executor.local import LocalExecutor
from components.executor.local_process import Process
from components.executor.messages import WorkerSpec
from components.ports import ScriptJob
from components.schema.results.values import Status
from tests.warm_support import Command

FEW = """
import gc, os, resource, sys
from pathlib import Path
from tests.executor_support import eventually
from tests.sandbox_support import SMALL, raise_wall
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.ports import ScriptJob

WARM = int(sys.argv[1])
JOB, DATA = ScriptJob(b"print(6 * 7)", SMALL), FolderData(Path("examples/data"))
_, MOST = resource.getrlimit(resource.RLIMIT_NOFILE)
wall = raise_wall("bubblewrap", warm=WARM)


def settled():
    eventually(lambda: wall.warm() == WARM)
    wall._enders.submit(int).result()
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def with_few(limit):
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, MOST))
    try:
        return run_job(JOB, wall, DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (MOST, MOST))


assert run_job(JOB, wall, DATA).stdout == "42\\n"
for limit in range(3, 24):
    before = settled()
    result = with_few(limit)
    print(result.status.value, result.message)
    if WARM or limit == 23:  # else nothing but descriptors is kept from one job to the next
        assert run_job(JOB, wall, DATA).stdout == "42\\n"
    assert settled() == before, (limit, before)
wall.close()
"""


@pytest.mark.parametrize("warm", [0, 1])
def test_too_few_descriptors_at_any_step_of_a_job_blame_nobody_and_leak_none(warm):
    done = Command(warm, code=FEW).finish()
    assert done.returncode == 0, done.stderr
    ends = done.stdout.splitlines()
    assert {end.partition(" ")[0] for end in ends} == {"infrastructure_error", "passed"}
    assert "bug" not in done.stdout
    assert ends[-1].strip() == "passed"


def test_answer_that_cannot_be_read_costs_a_worker_and_not_its_seat(monkeypatch):
    hear, odd = Process.hear, [True]

    def unreadable_once(process, *timeout_s):
        answer = hear(process, *timeout_s)
        if odd and process.hired:
            odd.clear()
            raise UnpicklingError("pickle data was truncated")
        process.hired = True
        return answer

    monkeypatch.setattr(Process, "hired", False, raising=False)
    monkeypatch.setattr(Process, "hear", unreadable_once)
    executor = LocalExecutor(WorkerSpec(spec("bubblewrap"), Path("examples/data")), 1)
    try:
        result = executor.submit(ScriptJob(b"print(6 * 7)", SMALL)).result(60)
        assert (result.status, result.stdout) == (Status.PASSED, "42\n")
        assert executor.describe()["restarts"] == 1
    finally:
        executor.close()
