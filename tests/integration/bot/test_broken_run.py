"""What breaks under a check ends its run as an error, with a cause, after a bounded number of tries."""

import pytest

from bot.checks import strategy
from bot.config.settings import load
from bot.daemon.health import health
from bot.daemon.runner import Runner, Seat
from bot.proposals import check
from bot.server.health import overall
from components.engine.market_data import FolderData
from components.schema.results.values import Verdict
from components.state import Lifecycle
from tests.deploy_support import push
from tests.state_support import wait_for

BUG = AttributeError("'DataFrame' object has no attribute 'dtype'")


def pushed(stage, world):
    """A proposal whose check job waits; its job's number."""
    push(stage, "one", "alpha")
    return world.store.jobs.enqueue("check", "branch/one", "demo", {"proposal": "branch/one"})


@pytest.fixture
def runner(world, monkeypatch):
    monkeypatch.setattr("bot.daemon.runner.FIRST_RETRY_S", 0.01)
    made = Runner(world, (Seat(),) * 1)
    yield made
    made.stop()


def ended(world, runner, job):
    runner.start()
    wait_for(lambda: world.store.jobs.get(job).status in {"done", "failed"})
    return world.store.runs.latest("demo", "branch/one")


def broken(*_words, **_more):
    raise BUG


def test_bug_under_one_strategy_ends_its_run_as_an_error_with_the_cause(
    stage, world, runner, monkeypatch
):
    said = []
    monkeypatch.setattr(strategy, "run_stages", broken)
    monkeypatch.setattr(strategy.log, "error", lambda what, **_facts: said.append(what))
    run = ended(world, runner, pushed(stage, world))
    assert (run.status, run.verdict) == ("finished", Verdict.ERROR)
    assert "this is a bug of AlgoOps: AttributeError: 'DataFrame' object has no" in run.report
    assert world.store.strategies.get("demo", "alpha").status is Lifecycle.QUEUED
    state = health(world, load(stage.config, env={}))
    assert overall(state) == "degraded"
    assert "AttributeError" in state["jobs"].detail
    assert said == ["a check broke"]


def test_bug_around_a_run_ends_it_as_an_error_after_the_last_try_and_is_logged_once(
    stage, world, runner, monkeypatch
):
    said = []
    monkeypatch.setattr(check, "run_checks", broken)
    monkeypatch.setattr("bot.daemon.runner.log.bind", lambda **_facts: Recorder(said))
    job = pushed(stage, world)
    run = ended(world, runner, job)
    assert (run.status, run.verdict) == ("finished", Verdict.ERROR)
    assert world.store.jobs.get(job).attempts == 3
    assert said == ["job broke"]
    assert world.store.strategies.get("demo", "alpha").status is Lifecycle.QUEUED


class Recorder:
    def __init__(self, said):
        self.exception = said.append
        self.info = self.warning = lambda *_words, **_facts: None


def test_data_file_with_doubled_columns_ends_the_run_with_the_files_name(
    stage, world, runner, tmp_path, monkeypatch
):
    bars = "Date,Open,High,Low,Close,Volume,close\n" + "".join(
        f"2015-01-{day:02},10,11,9,10,100,10\n" for day in range(1, 29)
    )
    for symbol in ("SPX", "IXIC"):
        (tmp_path / f"{symbol}_1d.csv").write_text(bars)
    object.__setattr__(world.bench, "data", FolderData(tmp_path))
    run = ended(world, runner, pushed(stage, world))
    assert (run.status, run.verdict) == ("finished", Verdict.ERROR)
    assert "_1d.csv has more than one column Close" in run.report
    assert overall(health(world, load(stage.config, env={}))) == "degraded"
