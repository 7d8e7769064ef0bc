"""What a job says reaches the daemon while it runs: from a process here, and from a cluster."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import SPEC, Cluster, backtest_job, eventually, script

from components.executor.dask import DaskExecutor
from components.executor.local import LocalExecutor
from components.schema.results.values import Status

pytestmark = pytest.mark.usefixtures("forked_workers")
WAIT_S = 240
LONG = "import time\nprint('begun')\nwhile True: time.sleep(0.01)"  # why: the guest waits, not the test


@pytest.fixture(scope="module", params=["local", "dask"])
def executor(request, tmp_path_factory):
    if request.param == "local":
        made = LocalExecutor(SPEC, 1)
        yield made
        made.close()
        return
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.start_scheduler()
    cluster.add_worker()
    made = DaskExecutor(SPEC, cluster.address)
    eventually(lambda: made.describe()["workers"] == 1, 60)
    yield made
    made.close()
    assert cluster.close() == [0]


def texts(heard, source):
    return [said.text for said in heard if said.source == source]


def test_output_is_heard_while_the_job_still_runs(executor):
    heard = []
    future = executor.submit(script(LONG), heard.append)
    eventually(lambda: "begun" in texts(heard, "stdout"))
    assert not future.done()
    assert texts(heard, "worker") == ["script begins in bubblewrap"]
    future.cancel()
    assert future.result(WAIT_S).status is Status.KILLED


def test_progress_of_a_long_backtest_is_heard(executor):
    heard = []
    job = backtest_job()
    slow = (
        b"import time\n"
        + job.files["strategy.py"].replace(
            b"def next(self)",
            # why: the strategy under test is slow, so that its progress can be heard
            b"def next(self):\n        time.sleep(0.001)\n        self.on()\n\n    def on(self)",  # why: a strategy slow enough to be heard
        )
    )
    job = replace(job, files={"strategy.py": slow})
    result = executor.submit(job, heard.append).result(WAIT_S)
    assert result.status is Status.PASSED, result.message
    assert any("answers of the guest" in text for text in texts(heard, "progress"))


def test_what_is_said_is_never_the_result(executor):
    heard = []
    forged = "print('status: passed')\nimport sys\nprint('\\x1b[2J', file=sys.stderr)\nsys.exit(3)"
    result = executor.submit(script(forged), heard.append).result(WAIT_S)
    assert (result.status, result.exit_code) == (Status.FAILED, 3)
    assert all(said.text.isprintable() for said in heard)


def test_flood_is_bounded_and_the_job_ends_all_the_same(executor):
    heard = []
    result = executor.submit(script("for n in range(20_000): print(n)"), heard.append)
    assert result.result(WAIT_S).status is Status.PASSED
    assert len(heard) < 500


def test_listener_that_breaks_costs_nobody_a_result(executor):
    def broken(_said):
        raise RuntimeError("no")

    assert executor.submit(script("print(1)"), broken).result(WAIT_S).status is Status.PASSED
    assert executor.submit(script("print(2)")).result(WAIT_S).stdout == "2\n"
