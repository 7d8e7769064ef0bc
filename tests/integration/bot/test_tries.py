"""What is counted as a try, and what the count does to verdicts, deploys and what is live."""

import numpy as np
import pytest

from bot.core.orders import DeployOrder
from bot.core.requests import BacktestRequest
from bot.daemon.backtests import request_to, run_backtest_job
from bot.demo.stage import EXAMPLES
from bot.deploy.deploys import deploy
from bot.deploy.recheck import recheck
from bot.landing.tries import StoreCounter
from bot.proposals.check import check_proposal
from components.schema.results.report import Report
from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.tables.records import Job
from components.state.tables.tries import Of, Returns, Try
from tests.deploy_support import push as push_example

OF = Of("demo", "alpha", "SPX", "1d")


def push(stage, branch, name, version="1.0.0"):
    """The example on one symbol: its checks take half as long."""
    text = (EXAMPLES / "strategies" / "sma_cross" / "strategy.yaml").read_text()
    text = text.replace("[SPX, IXIC]", "[SPX]")
    text = text.replace("name: sma_cross", f"name: {name}")
    text = text.replace("version: 1.0.0", f"version: {version}")
    push_example(stage, branch, name, extra={"strategy.yaml": text})


def check(world, branch, number=1, **payload):
    proposal = f"branch/{branch}"
    job = Job(
        number, "check", proposal, "demo", {"proposal": proposal, **payload}, "leased", 0, 1, 3,
        "", "",
    )  # fmt: skip
    check_proposal(world, job)
    run = world.store.runs.latest("demo", proposal, finished=True)
    return Report.model_validate_json(run.report)


def counted(world, of=OF):
    return world.store.tries.family(of, "data").tries


def others_try(world, count):
    """As if so many strangers had tried their luck on the same data."""
    random = np.random.default_rng(count)
    with world.store.transaction():
        for number in range(count):
            name = f"{count}-{number}"
            series = random.standard_normal(1043).astype("<f4").tobytes()
            kept = Returns(name, 604_800, 1500, series)
            world.store.tries.record(Try(OF, "sweep", name, name, kept, {}, {}, 0.1))


@pytest.fixture
def ready(stage, world):
    """A strategy that has passed as the only try."""
    push(stage, "one", "alpha")
    report = check(world, "one")
    assert report.verdict is Verdict.PASSED
    assert counted(world) == 1
    return report


def test_the_same_strategy_is_one_try_under_whatever_name_version_or_branch(stage, world, ready):
    push(stage, "again", "alpha")
    push(stage, "renamed", "beta")
    push(stage, "newer", "alpha", version="1.1.0")
    for branch in ("again", "renamed", "newer"):
        report = check(world, branch)
        assert report.strategies[0].luck[0].tries == 1
    push(stage, "one", "alpha", version="2.0.0")  # a force-push over what was there
    push(stage, "one", "alpha")
    check(world, "one", number=2, force=True)
    assert counted(world) == 1
    assert world.store.tries.verify() is None


def test_a_report_says_how_much_is_luck_before_and_after_others_tried(stage, world, ready):
    alone = ready.strategies[0].luck[0]
    assert alone.line.startswith("Luck: at least 1 try on SPX 1d since 20")
    assert alone.dsr == alone.psr
    others_try(world, 40)
    push(stage, "again", "alpha")
    crowd = check(world, "again").strategies[0].luck[0]
    assert crowd.tries == 41
    assert 35 < crowd.independent <= 41
    assert crowd.dsr < alone.dsr
    assert crowd.psr == alone.psr
    assert f"{crowd.best_by_luck:.2f}; this one {crowd.sharpe:.2f}" in crowd.line


def test_a_ready_proposal_that_luck_explains_by_now_says_so_and_is_not_landed(stage, world, ready):
    others_try(world, 300)
    order = DeployOrder("branch/one", "ada")
    outcome = deploy(world, world.repository("demo"), order)
    assert (outcome.ok, outcome.code) == (False, "luck")
    assert "at least 301 tries on SPX 1d" in outcome.message
    waiting = world.store.jobs.lease("test", 60)
    assert (waiting.kind, waiting.key) == ("check", "branch/one")
    report = check(world, "one", number=5)
    assert report.verdict is Verdict.FAILED
    assert report.strategies[0].reused
    assert "luck alone explains it" in report.strategies[0].checks[-1].findings[0].message
    version = world.store.versions.open("demo", "alpha", proposal="branch/one")
    assert version.lifecycle is Lifecycle.FAILED


def test_later_tries_of_others_never_fail_what_is_live(stage, world, ready):
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    others_try(world, 300)
    recheck(world, Job(9, "recheck", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
    run = world.store.runs.latest("demo", "base/main", finished=True)
    report = Report.model_validate_json(run.report)
    assert report.verdict is Verdict.PASSED
    assert report.strategies[0].luck[0].tries == 1
    assert counted(world) == 301


def test_backtests_over_http_count_and_a_custom_range_is_another_try(stage, world, ready):
    for number, start in enumerate(("", "2010-01-01", "2010-01-01")):
        request = BacktestRequest("alpha", "ada", ref="one", start=start, symbols=("SPX",))
        made = world.store.backtests.create("alpha", request_to(request))
        payload = {"backtest": made.id}
        run_backtest_job(
            world, Job(number, "backtest", "x", "demo", payload, "leased", 0, 1, 3, "", "")
        )
        assert world.store.backtests.get(made.id).status == "completed"
    assert counted(world) == 2


def test_a_verdict_that_another_repository_made_is_made_again_where_it_was_not_counted(
    stage, world, ready
):
    elsewhere = StoreCounter(world.store, "elsewhere", "push")
    result = ready.strategies[0].results[0]
    of = Of("elsewhere", "alpha", "SPX", "1d")
    assert counted(world, of) == 0
    assert not elsewhere.knows(_job(world, ready), result)
    assert StoreCounter(world.store, "demo", "push").knows(_job(world, ready), result)


def _job(world, report):
    from bot.checks.jobs import backtest_of
    from bot.checks.run import read_subject
    from bot.checks.subject import prepare
    from bot.core.decisions import StrategyChange

    strategy = report.strategies[0]
    change = StrategyChange(strategy.name, None, strategy.tree)
    subject = read_subject(world.repository("demo").where, change)
    prepared = prepare(subject, world.bench)
    return backtest_of("alpha", subject.files, "", prepared.tasks[0], world.bench)
