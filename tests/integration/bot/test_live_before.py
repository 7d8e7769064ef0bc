"""What was live before the bot came: its figures are shown once it was checked."""

import pytest

from bot.deploy.drift import base_moved
from bot.deploy.recheck import recheck
from bot.report.markdown import summary
from bot.report.values import metrics_of
from bot.server.reading import sparks as sparks_of
from components.schema.results.report import Report
from components.schema.results.values import Verdict
from components.state.tables.records import Job
from tests.stage_support import new_stage


@pytest.fixture
def world(tmp_path, world_on):
    return world_on(new_stage(tmp_path / "stage", ("sma_cross",)).config)


def test_figures_of_what_was_live_at_the_first_start_are_shown(world):
    store = world.store
    base_moved(world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
    (strategy,) = store.strategies.list("demo")
    sparks = sparks_of()
    assert (strategy.figures.sharpe, sparks.of(store, "")) == (None, None)
    job = store.jobs.lease("worker", 60.0, ["recheck"])
    recheck(world, job)
    (run,) = store.runs.list(repository="demo")
    report = Report.model_validate_json(store.runs.get(run.id).report)
    assert report.verdict is Verdict.PASSED
    assert report.summary == f"{strategy.name} {report.strategies[0].version} passed all checks."
    (shown,) = store.strategies.list("demo")
    assert shown.figures.sharpe == metrics_of(report.strategies[0]).sharpe
    assert sparks.of(store, shown.figures.content_key) is not None


def test_summary_of_a_proposal_says_what_may_be_done():
    assert summary(Verdict.PASSED, ()).endswith("may be deployed.")
