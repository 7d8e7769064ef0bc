"""The daemon on a cluster: workers and the scheduler are killed under a run; its verdict is right."""

import pytest

from components.schema.results.values import Verdict
from tests.e2e.conftest import DEMO, wait_for
from tests.executor_support import Cluster

STRATEGY = """from backtesting import Strategy


class Busy(Strategy):
    def init(self):
        self.fast = self.I(lambda c: c.s.rolling(5).mean(), self.data.Close)

    def next(self):
        for _ in range(5_000):
            pass
        if not self.position and self.data.Close[-1] > self.fast[-1]:
            self.buy()
"""
DEFINITION = """name: busy
description: takes its time
symbol: SPX
interval: 1d
period: 5y
version: 1.0.{}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.start_scheduler()
    for _number in range(3):
        made.add_worker()
    yield made
    made.close()


@pytest.fixture
def world(whole_world):
    """With all the bars that the cluster's workers have."""
    return whole_world


@pytest.fixture
def daemon(world, cluster, monkeypatch):
    monkeypatch.setenv("ALGOOPS_EXECUTOR__KIND", "dask")
    monkeypatch.setenv("ALGOOPS_EXECUTOR__ADDRESS", cluster.address)
    world.start()
    return world


def push(world, number):
    def write(_author):
        world.write("strategies/busy/strategy.yaml", DEFINITION.format(number))
        world.write("strategies/busy/strategy.py", STRATEGY)

    return world.push(f"busy-{number}", write)


def ends_once(world, number, head):
    """The report of the one run that this head had."""
    report = world.report_of(f"busy-{number}", head)
    world.settled()
    runs = world.store.runs.list(repository=DEMO, proposal=f"branch/busy-{number}", limit=10)
    assert [(run.head, run.status) for run in runs] == [(head, "finished")]
    return report


def test_worker_killed_under_a_run_ends_it_once_with_the_right_verdict(daemon, cluster):
    calm = ends_once(daemon, 1, push(daemon, 1))
    head = push(daemon, 2)
    worker = wait_for(cluster.working, "a worker at work")
    worker.kill()
    worker.wait()
    report = ends_once(daemon, 2, head)
    assert report.verdict is calm.verdict is not Verdict.ERROR
    assert report.strategies[0].results[0].trades == calm.strategies[0].results[0].trades


def test_scheduler_lost_under_a_run_makes_it_wait_for_the_next_one(daemon, cluster):
    head = push(daemon, 3)
    wait_for(cluster.working, "a worker at work")
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    wait_for(lambda: not cluster.working(), "the workers to let go")
    assert daemon.store.runs.latest(DEMO, "branch/busy-3", head=head, finished=True) is None
    cluster.start_scheduler()
    report = ends_once(daemon, 3, head)
    assert report.verdict is not Verdict.ERROR
    assert report.strategies[0].results[0].trades
