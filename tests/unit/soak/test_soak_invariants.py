"""The soak's checker bites: each rule finds the one thing that was broken by hand."""

from dataclasses import replace

import pytest

from components.schema.results.values import CheckName, Verdict
from components.state import Lifecycle
from components.state.tables.records import HeldVersion, Intent
from tests.soak import invariants
from tests.soak.content import Kind
from tests.soak.facts import Commit, Event, Judged, Life, Move, Posted
from tests.unit.soak.conftest import (
    HEAD,
    LANDED,
    NEWER,
    OPEN,
    ROOT,
    TREE,
    WHOLE,
    a_deployment,
    a_job,
    a_run,
    a_version,
    spoil,
)


def rules(facts):
    return {rule for rule, _ in invariants.broken(facts)}


def test_sound_world_breaks_no_rule(sound):
    assert invariants.broken(sound) == []


def landed(**changes):
    commit = Commit(LANDED, (ROOT, HEAD), WHOLE, {"alpha": TREE}, f"Deploy\n\nTested-tree: {WHOLE}")
    return replace(commit, **changes)


FIRST = Commit(ROOT, (), "8" * 40, {})

GIT = {
    "damaged object": ({"fsck": "error in tree"}, {"repository_is_whole"}),
    "lock of a dead process": ({"locks": ("refs/heads/main.lock",)}, {"repository_is_whole"}),
    "pushed commit gone": ({"missing": (HEAD,)}, {"no_pushed_commit_is_lost"}),
    "landing lost": (
        {"history": (FIRST,), "merged": frozenset({ROOT})},
        {
            "landings_are_on_the_base",
            "side_effects_are_settled",
            "deployed_is_what_the_base_holds",
            "orders_were_answered_truly",
        },
    ),
    "unrecorded commit on the base": (
        {"history": (Commit("f" * 40, (LANDED,), WHOLE, {"alpha": TREE}), landed(), FIRST)},
        {"base_holds_only_landings"},
    ),
    "landing with another tree than recorded": (
        {"history": (landed(trees={"alpha": NEWER}), FIRST)},
        {"landed_is_what_was_tested", "deployed_is_what_the_base_holds"},
    ),
    "landing with a stowaway": (
        {"history": (landed(trees={"alpha": TREE, "stowaway": NEWER}), FIRST)},
        {"landing_changes_only_what_it_records", "deployed_is_what_the_base_holds"},
    ),
    "message that names another tree": (
        {"history": (landed(message=f"Deploy\n\nTested-tree: {NEWER}"), FIRST)},
        {"message_names_the_tested_tree"},
    ),
    "merge of a commit that nobody pushed": (
        {"history": (landed(parents=(ROOT, "e" * 40)), FIRST)},
        {"merges_bring_pushed_heads"},
    ),
    "tag elsewhere": ({"tags": {"alpha/v1.0.0": ROOT}}, {"tags_mark_their_landing"}),
    "tag missing": ({"tags": {}}, {"tags_mark_their_landing"}),
    "tag that nobody recorded": (
        {"tags": {"alpha/v1.0.0": LANDED, "beta/v1.0.0": ROOT}},
        {"tags_mark_their_landing"},
    ),
    "open head that nobody checked": (
        {"open": {"branch/three": NEWER}},
        {"every_open_head_is_judged", "one_report_for_each_proposal"},
    ),
}

DATABASE = {
    "torn database": ({"problems": ("row 7 is missing",)}, {"database_is_sound"}),
    "event never settled": (
        {"events": (Event("tick", "Tick", settled=False),)},
        {"every_event_has_one_outcome"},
    ),
    "command without an outcome": ({"outcomes": frozenset()}, {"every_event_has_one_outcome"}),
    "command lost with its job": (
        {"jobs": (a_job(status="failed"),)},
        {"every_event_has_one_outcome", "no_job_is_left"},
    ),
    "command carried out twice": (
        {"jobs": (a_job(), a_job())},
        {"every_event_has_one_outcome"},
    ),
    "job that still waits": (
        {"jobs": (a_job(), a_job("check", "branch/two", "queued"))},
        {"no_job_is_left"},
    ),
    "run that never ended": (
        {
            "runs": (
                replace(a_run(1, "one", HEAD), status="running", verdict=None, report=""),
                a_run(2, "two", OPEN, base=LANDED),
            )
        },
        {"every_run_is_over"},
    ),
    "head that was checked twice": (
        {"runs": (a_run(1, "two", OPEN), a_run(2, "two", OPEN))},
        {"no_head_is_checked_twice"},
    ),
    "open head whose run broke": (
        {"runs": (a_run(2, "two", OPEN, Verdict.ERROR),)},
        {"every_open_head_is_judged", "one_report_for_each_proposal", "last_status_is_final"},
    ),
    "run that was not published": ({"published": {}}, {"every_open_head_is_judged"}),
    "landing that no run passed": ({"judged": ()}, {"landed_is_what_was_tested"}),
    "landing without a verdict": (
        {"verdicts": {}},
        {"landed_is_what_was_tested", "one_content_has_one_verdict"},
    ),
    "content judged now so, now so": (
        {
            "judged": (
                Judged(1, "alpha", "1.0.0", TREE, "key", Verdict.PASSED, None),
                Judged(2, "alpha", "1.0.0", TREE, "key", Verdict.FAILED, CheckName.POLICY),
            )
        },
        {"one_content_has_one_verdict"},
    ),
    "author blamed for a killed sandbox": (
        {
            "judged": (
                Judged(1, "alpha", "1.0.0", TREE, "key", Verdict.PASSED, None),
                Judged(2, "alpha", "1.0.0", TREE, "", Verdict.FAILED, CheckName.SANDBOX_TEST),
            )
        },
        {"nobody_is_blamed_for_our_faults"},
    ),
    "move that the table does not have": (
        {"moves": (Move("alpha", "failed", "deployed", "1.0.0"),)},
        {"lifecycle_moves_are_legal"},
    ),
    "version that began deployed": (
        {"moves": (Move("alpha", "", "deployed", "1.0.0"),)},
        {"lifecycle_moves_are_legal"},
    ),
    "landing still announced": (
        {"intents": (Intent(1, "deploy", "demo", LANDED, {}, "1"),)},
        {"side_effects_are_settled"},
    ),
    "landing abandoned although it is there": (
        {"intents": (Intent(1, "deploy", "demo", LANDED, {}, "1", "2", "abandoned"),)},
        {"side_effects_are_settled"},
    ),
    "deployed version that the base does not hold": (
        {"versions": (replace(a_version(), tree=NEWER),)},
        {"deployed_is_what_the_base_holds"},
    ),
    "folder on the base that nobody knows": (
        {"versions": (replace(a_version(), lifecycle=Lifecycle.ARCHIVED),)},
        {"deployed_is_what_the_base_holds"},
    ),
    "landing of a held version": (
        {
            "holds": (
                HeldVersion(1, "demo", "alpha", "1.0.0", "ada", "", "2026-01-01T00:00:01.000Z"),
            )
        },
        {"no_landing_while_held"},
    ),
    "landing that is on record twice": (
        {"deployments": (a_deployment(), replace(a_deployment(), id=2, name="beta"))},
        {"landed_is_what_was_tested", "tags_mark_their_landing"},
    ),
}

FORGE = {
    "no report": ({"reports": {}}, {"one_report_for_each_proposal"}),
    "two reports": (
        {"reports": {"branch/two": (Posted(OPEN, "2", "passed"), Posted(OPEN, "2", "passed"))}},
        {"one_report_for_each_proposal"},
    ),
    "report of an older head": (
        {"reports": {"branch/two": (Posted(HEAD, "1", "passed"),)}},
        {"one_report_for_each_proposal"},
    ),
    "no note": ({"notes": frozenset()}, {"one_report_for_each_proposal"}),
    "commit that waits for ever": (
        {"statuses": {OPEN: {"algoops": "success"}, HEAD: {"algoops": "pending"}}},
        {"last_status_is_final"},
    ),
    "status against the verdict": (
        {"statuses": {OPEN: {"algoops": "failure"}}},
        {"last_status_is_final"},
    ),
}

MACHINE = {
    "process left": ({"processes": ("7 bwrap",)}, {"nothing_is_left_behind"}),
    "container left": ({"containers": ("abc",)}, {"nothing_is_left_behind"}),
    "control group left": ({"cgroups": ("/sys/fs/cgroup/x",)}, {"nothing_is_left_behind"}),
    "worktree left": ({"worktrees": ("worktree /x",)}, {"nothing_is_left_behind"}),
    "socket left": ({"files": ("1/s",)}, {"nothing_is_left_behind"}),
    "bug in the log": ({"bugs": ("job broke",)}, {"no_bug_came_to_light"}),
    "too much memory": ({"lives": (Life(60, 300, 380, 500, 30, 30),)}, {"daemon_does_not_grow"}),
    "memory that grows": ({"lives": (Life(60, 120, 350, 350, 30, 30),)}, {"daemon_does_not_grow"}),
    "files that stay open": (
        {"lives": (Life(60, 120, 120, 120, 30, 99),)},
        {"daemon_does_not_grow"},
    ),
}

TOLD = {
    "surprise": ({"surprises": ["a second daemon ran"]}, {"nothing_surprised"}),
    "command that broke": (
        {"orders": [("deploy alpha", 2, "this is a bug")]},
        {"orders_were_answered_truly"},
    ),
    "promise of a commit that is not there": (
        {"orders": [("deploy alpha", 0, "Deployed as `dddddddddddd`, tagged.")]},
        {"orders_were_answered_truly"},
    ),
    "spoilt strategy that passed": (
        {"kinds": {TREE: Kind.DANGEROUS}},
        {"nobody_is_blamed_for_our_faults"},
    ),
}

BROKEN = [
    pytest.param(part, changes, expected, id=what)
    for part, table in (
        ("git", GIT),
        ("database", DATABASE),
        ("forge", FORGE),
        ("machine", MACHINE),
        ("told", TOLD),
    )
    for what, (changes, expected) in table.items()
]


@pytest.mark.parametrize(("part", "changes", "expected"), BROKEN)
def test_world_broken_in_one_place_is_found(sound, part, changes, expected):
    assert rules(spoil(sound, part, **changes)) == expected


def test_every_rule_was_seen_to_bite():
    bitten = set().union(*(parameter.values[2] for parameter in BROKEN))
    assert bitten == {rule.__name__ for rule in invariants.RULES}


def test_hold_that_was_lifted_before_the_landing_is_no_fault(sound):
    lifted = HeldVersion(
        1,
        "demo",
        "alpha",
        "1.0.0",
        "ada",
        "",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:01.000Z",
    )
    assert rules(spoil(sound, "database", holds=(lifted,))) == set()


def test_run_that_broke_may_be_followed_by_another(sound):
    runs = (a_run(1, "two", OPEN, Verdict.ERROR), a_run(2, "two", OPEN))
    assert rules(spoil(sound, "database", runs=runs)) == set()


def test_head_whose_checks_were_stopped_needs_no_verdict(sound):
    world = spoil(sound, "git", open={"branch/three": NEWER})
    assert rules(spoil(world, "database", cancelled={"branch/three": NEWER})) == set()


def test_head_that_was_pushed_back_is_checked_again(sound):
    other = replace(a_run(2, "two", HEAD), status="superseded", verdict=None, report="")
    runs = (a_run(1, "two", OPEN), other, a_run(3, "two", OPEN))
    world = spoil(sound, "database", runs=runs, published={"branch/two": "3"})
    posted = {"branch/two": (Posted(OPEN, "3", "passed"),)}
    assert rules(spoil(world, "forge", reports=posted)) == set()
