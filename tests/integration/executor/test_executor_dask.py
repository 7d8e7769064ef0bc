"""A cluster on loopback: workers killed, stopped and refused, the scheduler killed; nothing lost."""

import asyncio
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import rpc

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import (
    LIMITS,
    SPEC,
    Cluster,
    backtest_job,
    descendants,
    eventually,
    script,
)

from components.engine.market_data import FolderData
from components.errors import TransientError
from components.executor.dask import DaskExecutor
from components.executor.local import LocalExecutor
from components.executor.sent import names_of
from components.schema.results.values import Status
from tests.worker_support import nursery

pytestmark = pytest.mark.usefixtures("forked_workers")
BUSY = "import time\nuntil = time.monotonic() + {}\nwhile time.monotonic() < until: pass\nprint('done')"
WAIT_S = 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.start_scheduler()
    for _number in range(3):
        made.add_worker()
    yield made
    assert made.close() == [0, 0, 0]


@pytest.fixture(scope="module")
def executor(cluster):
    made = DaskExecutor(SPEC, cluster.address)
    eventually(lambda: made.describe()["workers"] == 3, 60)
    yield made
    made.close()


@contextmanager
def executor_on(cluster, data):
    """Another daemon's executor, with data of its own."""
    made = DaskExecutor(replace(SPEC, data=data), cluster.address)
    try:
        yield made
    finally:
        made.close()


def on_scheduler(cluster, operation, **what):
    """What the scheduler answers."""

    async def ask():
        async with rpc(cluster.address) as scheduler:
            return await getattr(scheduler, operation)(**what)

    return asyncio.run(ask())


def three_workers(cluster, executor):
    while len([w for w in cluster.workers if w.poll() is None]) < 3:
        cluster.add_worker()
    eventually(lambda: executor.describe()["workers"] == 3, 60)


def test_jobs_run_on_the_cluster_and_say_what_they_printed(executor):
    futures = [executor.submit(script(f"print({n})")) for n in range(6)]
    assert [f.result(WAIT_S).stdout for f in futures] == [f"{n}\n" for n in range(6)]
    facts = executor.describe()
    assert facts["available"]
    assert facts["backend"] == "bubblewrap"
    assert facts["image"]
    assert facts["queued"] == 0


def test_a_failing_script_fails_and_is_not_tried_again(executor):
    result = executor.submit(script("raise SystemExit(3)")).result(WAIT_S)
    assert (result.status, result.exit_code) == (Status.FAILED, 3)


def test_cancelled_job_is_killed_and_so_is_its_guest(cluster, executor):
    future = executor.submit(script(BUSY.format(30)))
    worker = eventually(cluster.working)
    assert future.cancel()
    assert future.result(WAIT_S).status is Status.KILLED
    eventually(lambda: not descendants(worker.pid))


def test_killed_worker_mid_job_is_run_again_and_ends_once(cluster, executor):
    ended = []
    future = executor.submit(script(BUSY.format(2)))
    future.add_done_callback(ended.append)
    worker = eventually(cluster.working)
    guests = descendants(worker.pid)
    worker.kill()
    worker.wait()
    result = future.result(WAIT_S)
    assert (result.status, result.stdout) == (Status.PASSED, "done\n")
    assert ended == [future]
    eventually(lambda: not [g for g in guests if Path(f"/proc/{g}").exists()])


def test_job_that_outlives_no_worker_ends_as_our_fault(cluster, executor):
    three_workers(cluster, executor)
    future = executor.submit(script(BUSY.format(30)))
    for _death in range(3):
        worker = eventually(cluster.working)
        worker.kill()
        worker.wait()
    result = future.result(WAIT_S)
    assert result.status is Status.INFRASTRUCTURE_ERROR
    assert "several times" in result.message


def test_worker_ended_in_order_mid_job_is_no_verdict(cluster, executor):
    three_workers(cluster, executor)
    future = executor.submit(script(BUSY.format(2)))
    worker = eventually(cluster.working)
    worker.terminate()
    assert worker.wait(WAIT_S) == 0
    assert future.result(WAIT_S).status is Status.PASSED


def test_worker_cut_off_mid_job_loses_it_and_its_late_result_counts_for_nothing(cluster, executor):
    three_workers(cluster, executor)
    ended, heard = [], []
    future = executor.submit(script(BUSY.format(1)), heard.append)
    future.add_done_callback(ended.append)
    worker = eventually(cluster.working)
    guests = descendants(worker.pid)
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        others = [executor.submit(script(f"print({n})")) for n in range(6)]
        assert [f.result(WAIT_S).stdout for f in others] == [f"{n}\n" for n in range(6)]
        result = future.result(WAIT_S)
        assert (result.status, result.stdout) == (Status.PASSED, "done\n")
        said = len(heard)
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    eventually(lambda: executor.describe()["workers"] == 3)
    eventually(lambda: not [g for g in guests if Path(f"/proc/{g}").exists()])
    assert ended == [future]
    assert future.result() is result
    assert len(heard) == said
    assert executor.submit(script("print('well')")).result(WAIT_S).stdout == "well\n"


def test_slow_worker_holds_up_nobody_but_its_own_job(cluster, executor):
    three_workers(cluster, executor)
    long = LIMITS.model_copy(update={"wall_s": 3.0 * WAIT_S})
    # why: the job has to outlast all that is asked of the other workers
    asleep = script(f"import time; time.sleep({2 * WAIT_S})")
    slow = executor.submit(replace(asleep, limits=long))
    eventually(cluster.working)
    others = [executor.submit(script(f"print({n})")) for n in range(12)]
    assert [f.result(WAIT_S).stdout for f in others] == [f"{n}\n" for n in range(12)]
    assert not slow.done()
    slow.cancel()
    assert slow.result(WAIT_S).status is Status.KILLED


def test_job_on_a_slow_worker_ends_by_its_own_limit(cluster, executor):
    three_workers(cluster, executor)
    short = LIMITS.model_copy(update={"cpu_s": 1.0})
    job = replace(script("while True: pass"), limits=short)
    assert executor.submit(job).result(WAIT_S).status is Status.TIMEOUT


def test_worker_with_other_contents_is_not_believed(cluster, executor, monkeypatch):
    monkeypatch.setattr(executor._sandbox, "image", "another")
    result = executor.submit(script("print(1)")).result(WAIT_S)
    assert result.status is Status.INFRASTRUCTURE_ERROR
    assert "the daemon's is another" in result.message


def test_killed_scheduler_queues_jobs_until_there_is_one_again(cluster, executor, capfd, caplog):
    three_workers(cluster, executor)
    running = executor.submit(script(BUSY.format(2)))
    eventually(cluster.working)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    eventually(lambda: not executor.describe()["available"])
    queued = [executor.submit(script(f"print({n})")) for n in range(3)]
    assert executor.describe()["queued"] == 4
    eventually(lambda: not cluster.working())
    assert not any(f.done() for f in (running, *queued))
    cluster.start_scheduler()
    assert running.result(WAIT_S).stdout == "done\n"
    assert [f.result(WAIT_S).stdout for f in queued] == ["0\n", "1\n", "2\n"]
    told = capfd.readouterr()
    assert "Traceback" not in told.out + told.err + caplog.text


def test_closed_executor_kills_what_runs_and_takes_no_more(cluster, executor):
    three_workers(cluster, executor)
    other = DaskExecutor(replace(SPEC, data=SPEC.data), cluster.address)
    future = other.submit(script(BUSY.format(30)))
    eventually(cluster.working)
    other.close()
    other.close()
    assert future.result(0).status is Status.KILLED
    eventually(lambda: not cluster.working())
    with pytest.raises(TransientError, match="shut down"):
        other.submit(script("print(1)"))


def test_killed_daemon_leaves_no_guest_on_the_workers(cluster):
    code = (
        "from tests.executor_support import SPEC, script\n"
        "from components.executor.dask import DaskExecutor\n"
        "job = script('while True: pass')\n"
        f"DaskExecutor(SPEC, {cluster.address!r}).submit(job).result()\n"
    )
    daemon = nursery().start([], sys.__stdout__, sys.__stderr__, code)
    try:
        eventually(cluster.working)
    finally:
        daemon.kill()
    eventually(lambda: not cluster.working())


def test_backtest_on_the_cluster_equals_the_local_one(cluster, executor):
    job = replace(backtest_job(), label="here")
    local = LocalExecutor(SPEC, 1)
    try:
        here = local.submit(job).result(WAIT_S)
    finally:
        local.close()
    there = executor.submit(job).result(WAIT_S)
    assert there.status is Status.PASSED
    assert there.metrics == here.metrics
    assert there.trades == here.trades
    assert there.provenance == here.provenance


def test_words_that_no_worker_of_ours_would_say_are_passed_over(cluster, executor):
    three_workers(cluster, executor)
    heard = []
    future = executor.submit(script("print('begun')\nwhile True: pass"), heard.append)

    def printed():
        return [said.text for said in heard if said.source == "stdout"]

    eventually(printed)
    key = next(iter(executor._listeners))
    for odd in (None, 7, [], [key], [key, "verdict", "passed", "w"], [key, "stdout", 1, "w"]):
        executor._overhear((0.0, odd))
    executor._overhear((0.0, ["another", "stdout", "not ours", "w"]))
    assert printed() == ["begun"]
    future.cancel()
    assert future.result(WAIT_S).status is Status.KILLED
    eventually(lambda: not executor._listeners)
    executor._overhear((0.0, [key, "stdout", "late", "w"]))
    assert printed() == ["begun"]


def test_bars_that_change_between_two_jobs_are_sent_anew(cluster, executor, tmp_path):
    three_workers(cluster, executor)
    lines = (SPEC.data / "SPX_1d.csv").read_text().splitlines(keepends=True)
    with executor_on(cluster, tmp_path) as other:
        for count in (len(lines), len(lines) - 1):
            part = tmp_path / ".part"
            part.write_text("".join(lines[:count]))
            part.replace(tmp_path / "SPX_1d.csv")
            ours = FolderData(tmp_path).data_hash("SPX", "1d", None, None)
            assert other.submit(backtest_job()).result(WAIT_S).provenance.data_hash == ours
    theirs = executor.submit(backtest_job()).result(WAIT_S)
    assert theirs.provenance.data_hash == FolderData(SPEC.data).data_hash("SPX", "1d", None, None)


def test_symbol_that_the_daemon_has_not_fails_as_it_would_on_this_machine(executor):
    job = replace(backtest_job(), symbol="NONE")
    local = LocalExecutor(SPEC, 1)
    try:
        here = local.submit(job).result(WAIT_S)
    finally:
        local.close()
    there = executor.submit(job).result(WAIT_S)
    assert (there.status, there.message) == (here.status, here.message)
    assert there.status is Status.FAILED


def test_worker_that_comes_late_is_sent_the_bars_too(cluster, executor):
    three_workers(cluster, executor)
    assert executor.submit(backtest_job()).result(WAIT_S).status is Status.PASSED
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    cluster.add_worker()
    assert executor.submit(backtest_job()).result(WAIT_S).status is Status.PASSED
    three_workers(cluster, executor)


def test_bars_that_were_cut_off_on_their_way_are_noticed_and_sent_again(cluster, executor):
    three_workers(cluster, executor)
    with executor_on(cluster, SPEC.data) as other:
        wanted = other._files.wanted(replace(backtest_job(), symbol="IXIC"))
        (digest,) = names_of(wanted)
        content = other._files.read(digest)
        on_scheduler(cluster, "algoops_put", digest=digest, content=content[:-1])
        result = other.submit(replace(backtest_job(), symbol="IXIC")).result(WAIT_S)
    assert result.status is Status.PASSED
    assert on_scheduler(cluster, "algoops_fetch", digests=[digest]) == {digest: content}


def test_two_daemons_on_one_cluster_share_the_bars_and_get_their_own_results(cluster, executor):
    three_workers(cluster, executor)
    with executor_on(cluster, SPEC.data) as other:
        futures = [
            which.submit(replace(backtest_job(), seed=seed))
            for seed in range(2)
            for which in (executor, other)
        ]
        results = [future.result(WAIT_S) for future in futures]
    assert {result.status for result in results} == {Status.PASSED}
    assert len({result.provenance.data_hash for result in results}) == 1
