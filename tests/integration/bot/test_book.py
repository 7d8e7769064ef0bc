"""The book of what is deployed: what it does to verdicts and deploys, and where it is shown."""

from dataclasses import replace

import numpy as np
import pytest

from bot.core.orders import DeployOrder
from bot.deploy.deploys import deploy
from bot.landing.book import book_of
from components.schema.policies.risk import Gate
from components.schema.results.report import CheckResult, Report
from components.schema.results.values import CheckName, Outcome, Verdict
from components.state.tables.book import KeptReturns
from components.state.tables.tries import Returns
from tests.deploy_support import push as push_example
from tests.deploy_support import reported
from tests.integration.bot.test_tries import check, push


@pytest.fixture
def gated(world):
    """The world with a gate on the book."""
    policies = world.bench.policies
    gate = Gate(id="no-clone", metric="correlation_with_book", op="<=", value=0.95)
    risk = policies.risk.model_copy(update={"gates": (*policies.risk.gates, gate)})
    return replace(world, bench=replace(world.bench, policies=replace(policies, risk=risk)))


def test_a_clone_of_what_is_deployed_is_refused_and_a_new_version_is_not(stage, gated):
    push(stage, "one", "alpha")
    first = check(gated, "one").strategies[0]
    assert first.verdict is Verdict.PASSED
    assert first.book.why == "nothing else is deployed"
    assert deploy(gated, gated.repository("demo"), DeployOrder("branch/one", "ada")).ok
    push(stage, "copy", "beta")
    clone = check(gated, "copy").strategies[0]
    assert clone.verdict is Verdict.FAILED
    assert clone.book.correlation_with_book == pytest.approx(1)
    (broken,) = (g for g in clone.gates if g.id == "no-clone")
    assert not broken.passed
    assert "with alpha" in broken.message
    push(stage, "newer", "alpha", version="1.1.0")
    assert check(gated, "newer").strategies[0].verdict is Verdict.PASSED


def test_two_clones_that_wait_for_a_deploy_do_not_both_land(stage, gated):
    for branch, name in (("one", "alpha"), ("two", "beta")):
        push(stage, branch, name)
        assert check(gated, branch).strategies[0].verdict is Verdict.PASSED
    watched = gated.repository("demo")
    assert deploy(gated, watched, DeployOrder("branch/one", "ada")).ok
    refused = deploy(gated, watched, DeployOrder("branch/two", "ada"))
    assert not refused.ok
    assert "what passed does not hold by now" in refused.message
    assert "with alpha" in refused.message
    assert [one.name for one in gated.store.deployments.live("demo")] == ["alpha"]


def test_two_clones_in_one_proposal_do_not_land_together(stage, gated):
    push_example(stage, "both", "alpha", "beta")
    reported(gated, "both")
    run = gated.store.runs.latest("demo", "branch/both", finished=True)
    walk = np.random.default_rng(1).normal(0, 0.01, 1000).astype("<f4").tobytes()
    kept = [KeptReturns("SPX", "1d", Returns("f", 604_800, 1500, walk))]
    passed = CheckResult(name=CheckName.POLICY, outcome=Outcome.PASSED, summary="")
    for one in Report.model_validate_json(run.report).strategies:
        gated.store.book.keep("demo", one.name, one.tree, kept)
        known = one.model_copy(update={"checks": (passed,)})
        gated.store.verdicts.put(
            one.content_key, one.name, one.version, one.verdict, known.model_dump_json()
        )
    refused = deploy(gated, gated.repository("demo"), DeployOrder("branch/both", "ada"))
    assert not refused.ok
    assert "beta: correlation_with_book 1, needs <= 0.95 (with alpha)" in refused.message


def test_returns_that_got_lost_are_computed_again_at_the_next_check(stage, gated):
    push(stage, "one", "alpha")
    check(gated, "one")
    tree = check(gated, "one", number=2, asked=True).strategies[0].tree
    kept = gated.store.book.of("demo", "alpha", tree)
    assert [k.symbol for k in kept] == ["SPX"]
    gated.store.book.keep("demo", "alpha", tree, ())
    push(stage, "again", "alpha")
    report = check(gated, "again", number=3)
    assert not report.strategies[0].reused
    assert gated.store.book.of("demo", "alpha", tree) == kept


def test_the_book_of_a_repository_leaves_out_what_has_no_returns_and_says_so(world):
    for name in ("alpha", "beta"):
        world.store.deployments.record(
            "demo", name, "1.0.0", kind="deploy", commit=name, actor="ada", tree=f"t-{name}"
        )
    found = book_of(world.store, "demo")
    assert (found.names, len(found.missing)) == ((), 2)
    long = KeptReturns("SPX", "1mo", Returns("f", 604_800, 1500, b"\0" * 4000))
    world.store.book.keep("demo", "alpha", "t-alpha", [long])
    assert "longer than a week" in book_of(world.store, "demo").missing[0].why
