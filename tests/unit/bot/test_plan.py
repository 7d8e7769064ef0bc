from dataclasses import replace

import pytest

from bot.core.decisions import (
    Candidate,
    DeployFacts,
    Land,
    ProposalPolicy,
    Refuse,
    RollbackTo,
    RunFirst,
    Snapshot,
    StrategyChange,
    plan_deploy,
    plan_rollback,
    plan_run,
)
from components.ports import Proposal
from components.schema.results.report import (
    Change,
    CheckResult,
    LandingList,
    LandingPath,
    LandingStrategy,
)
from components.schema.results.values import CheckName, Outcome, Verdict

HEAD, BASE = "a" * 40, "b" * 40
PROPOSAL = Proposal(id="branch/x", ref="x", head=HEAD)
CHANGE = StrategyChange("sma", "1" * 40, "2" * 40)
SNAPSHOT = Snapshot(PROPOSAL, BASE, HEAD, "c" * 40, (), (CHANGE,))
GOOD = Candidate("sma", "1.0.0", "2" * 40, "key", Verdict.PASSED)
FACTS = DeployFacts(SNAPSHOT, HEAD, "", (GOOD,))


def test_changed_strategies_are_checked_and_deleted_ones_archived():
    gone = StrategyChange("old", "3" * 40, None)
    plan = plan_run(replace(SNAPSHOT, changes=(CHANGE, gone)), ProposalPolicy(), asked=False)
    assert plan.checks == (CHANGE,)
    assert plan.archived == ("old",)


def test_conflicting_proposal_is_a_finding_that_names_the_files():
    snapshot = replace(SNAPSHOT, merge_tree="", conflicts=("strategies/sma/strategy.py",))
    plan = plan_run(snapshot, ProposalPolicy(), asked=False)
    assert plan.findings[0].rule == "merge-conflict"
    assert "strategies/sma/strategy.py" in plan.findings[0].message
    noted = plan_run(replace(snapshot, unmerged="a reason"), ProposalPolicy(), asked=False)
    assert noted.findings == plan.findings  # the reason is for what names no file
    assert plan.checks == ()


@pytest.mark.parametrize(
    ("proposal", "policy"),
    [
        (replace(PROPOSAL, draft=True), ProposalPolicy(check_drafts=False)),
        (replace(PROPOSAL, fork=True), ProposalPolicy(check_forks=False)),
    ],
)
def test_draft_or_fork_waits_until_a_maintainer_asks(proposal, policy):
    snapshot = replace(SNAPSHOT, proposal=proposal)
    assert plan_run(snapshot, policy, asked=False).wait
    assert plan_run(snapshot, policy, asked=True).checks == (CHANGE,)


def test_approved_label_lets_a_fork_be_checked():
    proposal = replace(PROPOSAL, fork=True, labels=frozenset({"algoops-approved"}))
    snapshot = replace(SNAPSHOT, proposal=proposal)
    assert plan_run(snapshot, ProposalPolicy(check_forks=False), asked=False).checks


def test_reported_and_passed_proposal_lands():
    assert plan_deploy(FACTS) == Land()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"wanted_sha": "f" * 12}, "stale"),
        ({"reported_head": "f" * 40}, "stale"),
        ({"reported_head": ""}, "not_reported"),
        ({"snapshot": replace(SNAPSHOT, merge_tree="", conflicts=("x",))}, "conflict"),
        ({"candidates": (replace(GOOD, held="broke in March"),)}, "held"),
        ({"candidates": (replace(GOOD, released_tree="9" * 40),)}, "version_taken"),
        ({"candidates": (replace(GOOD, verdict=Verdict.FAILED),)}, "not_ready"),
        ({"candidates": (), "snapshot": replace(SNAPSHOT, changes=())}, "nothing"),
    ],
)
def test_deploy_is_refused_with_its_reason(change, code):
    decision = plan_deploy(replace(FACTS, **change))
    assert isinstance(decision, Refuse)
    assert decision.code == code


LANDS = LandingList(strategies=(LandingStrategy(name="sma", change=Change.MODIFIED),), digest="1")
MORE = LandingList(also=(LandingPath(path="ci.yml", change=Change.ADDED),), digest="2")
LOOSER = CheckResult(name=CheckName.POLICY_CHANGE, outcome=Outcome.FAILED, summary="changes rules")


@pytest.mark.parametrize(
    ("shown", "code", "words"),
    [(LANDS, "unseen", "ci.yml (added)"), (None, "unseen", "does not list"), (MORE, "", "")],
)
def test_what_the_report_did_not_list_does_not_land(shown, code, words):
    facts = replace(FACTS, snapshot=replace(SNAPSHOT, lands=MORE), shown=shown)
    decision = plan_deploy(facts)
    assert getattr(decision, "code", "") == code
    assert words in getattr(decision, "reason", "")


@pytest.mark.parametrize(
    ("outcome", "why", "code"),
    [
        (Outcome.FAILED, "an admin has to", "policy_change"),
        (Outcome.FAILED, "", ""),
        (Outcome.PASSED, "an admin has to", ""),
        (Outcome.ERROR, "", "policy_change"),
    ],
)
def test_changed_policies_land_only_when_they_are_accepted(outcome, why, code):
    change = LOOSER.model_copy(update={"outcome": outcome})
    decision = plan_deploy(replace(FACTS, policy_change=change, not_accepted=why))
    assert getattr(decision, "code", "") == code


def test_refusal_says_which_hold_it_is():
    held = replace(GOOD, version="1.2.0", held="lost money", held_as=("sma", "1.1.0"))
    decision = plan_deploy(replace(FACTS, candidates=(held,)))
    assert "sma 1.2.0 is the content of sma 1.1.0, which is held (lost money)" in decision.reason
    own = replace(GOOD, held="lost money", held_as=(GOOD.name, GOOD.version))
    reason = plan_deploy(replace(FACTS, candidates=(own,))).reason
    assert f"{GOOD.name} {GOOD.version} is held (lost money)" in reason
    assert f"`unhold {GOOD.name} {GOOD.version}`" in reason


def test_unknown_content_after_the_base_moved_is_run_first():
    facts = replace(FACTS, candidates=(replace(GOOD, verdict=None),))
    assert plan_deploy(facts) == RunFirst(("sma",))


def test_one_failed_strategy_of_two_stops_the_whole_landing():
    other = replace(GOOD, name="rsi", verdict=Verdict.FAILED)
    decision = plan_deploy(replace(FACTS, candidates=(GOOD, other)))
    assert isinstance(decision, Refuse)
    assert "rsi" in decision.reason


def test_same_content_of_a_released_version_may_land_again():
    assert (
        plan_deploy(replace(FACTS, candidates=(replace(GOOD, released_tree=GOOD.tree),))) == Land()
    )


RELEASES = {"1.0.0": "t1", "1.1.0": "t2", "1.2.0": "t3"}
HISTORY = ("1.0.0", "1.1.0", "1.2.0")


def test_rollback_without_a_version_goes_to_the_one_before():
    assert plan_rollback(("1.2.0", "t3"), "", RELEASES, HISTORY, ()) == RollbackTo("1.1.0", "t2")


def test_rollback_skips_a_held_version():
    assert plan_rollback(("1.2.0", "t3"), "", RELEASES, HISTORY, {"1.1.0"}) == RollbackTo(
        "1.0.0", "t1"
    )


@pytest.mark.parametrize(
    ("live", "wanted", "history", "held", "code"),
    [
        (None, "", (), (), "not_deployed"),
        (("1.2.0", "t3"), "9.9.9", HISTORY, (), "unknown_version"),
        (("1.0.0", "t1"), "", ("1.0.0",), (), "no_previous"),
        (("1.2.0", "t3"), "1.2.0", HISTORY, (), "already_live"),
        (("1.2.0", "t3"), "1.0.0", HISTORY, {"1.0.0"}, "held"),
    ],
)
def test_rollback_that_cannot_be_says_why(live, wanted, history, held, code):
    decision = plan_rollback(live, wanted, RELEASES, history, held)
    assert isinstance(decision, Refuse)
    assert decision.code == code


def test_rollback_to_an_unknown_version_names_those_there_are():
    refused = plan_rollback(("1.2.0", "t3"), "9.9.9", RELEASES, HISTORY, ())
    assert refused.reason.endswith("known: 1.0.0, 1.1.0, 1.2.0")
    assert plan_rollback(("1", "t"), "9", {}, (), ()).reason.endswith("known: none")


def test_strategy_that_the_proposal_does_not_change_is_not_deployed_by_its_name():
    refused = plan_deploy(replace(FACTS, named="somebody_elses"))
    assert isinstance(refused, Refuse)
    assert refused.code == "not_in_proposal"
    assert CHANGE.name in refused.reason
    assert plan_deploy(replace(FACTS, named=CHANGE.name)) == Land()


def test_removed_strategy_is_deployed_by_its_name():
    gone = StrategyChange("old", "3" * 40, None)
    snapshot = replace(SNAPSHOT, changes=(CHANGE, gone))
    assert plan_deploy(replace(FACTS, snapshot=snapshot, named="old")) == Land()


def test_unrelated_history_is_said_and_not_called_a_conflict_in_a_dot():
    snapshot = replace(
        SNAPSHOT, merge_tree="", conflicts=(".",), unmerged="the proposal shares no history"
    )
    plan = plan_run(snapshot, ProposalPolicy(), asked=False)
    assert plan.findings[0].message == (
        "does not merge with the base: the proposal shares no history"
    )
