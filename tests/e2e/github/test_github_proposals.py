"""Pull requests on GitHub, end to end: pushed, checked, reported, superseded, closed."""

from tests.e2e.github.conftest import ENDLESS, bad, wait_for
from tests.fakes.github.hooks import send


def test_a_refused_pull_request_is_told_where_and_what_to_do(stage):
    pull = stage.propose("told", bad("told"))
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("failure", "failed")
    assert f"/blob/{pull.head_sha}/strategies/told/strategy.py#L1" in stage.report(pull)
    assert "**Next:** fix what is marked" in stage.report(pull)
    (last, *_) = [m for m in reversed(stage.repo.marks) if m.sha == pull.head_sha]
    assert (last.context, last.state) == ("algoops", "failure")
    assert last.description.startswith("told failed code")


def test_a_pull_request_without_strategies_is_neutral_and_green(stage):
    pull = stage.propose("docs", {"README.md": b"changed\n"})
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("success", "neutral")


def test_a_fix_edits_the_one_report(stage):
    pull = stage.propose("fix", bad("fixed"))
    stage.reported(pull)
    stage.push("fix", dict.fromkeys(bad("fixed")))
    assert stage.reported(pull)[0] == "success"
    stage.quiet()
    assert "Nothing to check" in stage.report(pull)


def test_a_fork_is_checked_like_any_other(stage):
    fork = stage.github.repo("eve/strategies", {"x": b"1"}, eve="admin")
    fork.git.copy_objects(stage.git, "refs/heads/main", "refs/heads/main")
    stage.github.branch(fork, "evil", bad("forked"), "eve")
    pull = stage.github.state.open_pull(stage.repo, "evil", "eve", head_repo=fork)
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("failure", "failed")


def test_a_conflict_is_reported_with_its_paths(stage):
    pull = stage.propose("conflict", bad("torn"))
    stage.reported(pull)
    stage.push("main", {**bad("torn", "other"), "strategies/torn/strategy.py": b"x = 1\n"})
    stage.push("conflict", {"strategies/torn/strategy.py": b"y = 2\n"})
    state, report = stage.reported(pull)
    assert (state, report.merge_tree) == ("failure", "")
    assert "strategies/torn/strategy.py" in stage.report(pull)


def test_a_moved_base_that_changes_the_merge_result_makes_a_new_report(stage):
    pull = stage.propose(
        "moved", {"strategies/both/strategy.py": bad("both")["strategies/both/strategy.py"]}
    )
    stage.reported(pull)
    stage.quiet()
    first = stage.report(pull)
    definition = "strategies/both/strategy.yaml"
    base = stage.push("main", {definition: bad("both")[definition]})
    wait_for(lambda: stage.report(pull) != first, "a new report")
    stage.quiet()
    assert base in stage.report(pull)


def test_a_deleted_branch_closes_its_pull_request_and_nothing_is_left_running(stage):
    pull = stage.propose("gone", bad("gone"))
    stage.reported(pull)
    stage.github.state.push(stage.repo, "refs/heads/gone", None, "ann")
    stage.quiet()
    assert pull.state == "closed"
    assert {r.status for r in stage.runs(pull)} == {"finished"}
    found = stage.store.strategies.get("team", "gone")
    assert found.status == "archived"


def test_a_draft_and_its_labels_make_no_second_run_of_the_same_head(stage):
    pull = stage.propose("draft", bad("drafted"), draft=True)
    stage.quiet()
    stage.github.state.label(stage.repo, pull, "wip", "ann")
    stage.github.state.ready(stage.repo, pull, "ann")
    stage.reported(pull)
    stage.quiet()
    assert len([r for r in stage.runs(pull) if r.status == "finished"]) == 1


def test_a_thousand_replays_in_any_order_make_one_run(stage):
    pull = stage.propose("replayed", bad("replayed"))
    stage.reported(pull)
    stage.quiet()
    (hook,) = stage.repo.hooks
    mine = hook.deliveries[-3:]
    for turn in range(334):
        for delivery in reversed(mine):
            assert send(hook, delivery) in {202, 503}, turn
    stage.quiet()
    assert len(stage.runs(pull)) == 1
    assert len(stage.comments(pull)) == 1


def test_an_old_head_that_arrives_late_is_not_checked(stage):
    (hook,) = stage.repo.hooks
    stage.github.deliverer.paused = True
    before = len(hook.deliveries)
    pull = stage.propose("late", bad("late"))
    old = pull.head_sha
    stage.push("late", bad("late", "newer"))
    stage.github.deliverer.paused = False
    for delivery in reversed(hook.deliveries[before:]):
        send(hook, delivery)
    stage.reported(pull)
    stage.quiet()
    assert {r.head for r in stage.runs(pull)} == {pull.head_sha}
    assert stage.repo.status_of(old) == {}


def test_a_renamed_strategy_is_another_one(stage):
    pull = stage.propose("rename", bad("before"))
    stage.reported(pull)
    stage.push("rename", {**dict.fromkeys(bad("before")), **bad("after")})
    _, report = stage.reported(pull)
    assert [s.name for s in report.strategies] == ["after"]


def test_a_force_push_while_a_run_is_going_supersedes_it(stage):
    pull = stage.propose("forced", ENDLESS)
    old = pull.head_sha
    wait_for(lambda: stage.repo.status_of(old).get("algoops") == "pending", "the slow run")
    stage.push("forced", bad("quick"), start=stage.git.tip("refs/heads/main"))
    assert stage.reported(pull)[0] == "failure"
    wait_for(lambda: stage.repo.status_of(old)["algoops"] != "pending", "the old status settled")
    stage.quiet()
    statuses = {r.head: r.status for r in stage.runs(pull)}
    assert statuses == {old: "superseded", pull.head_sha: "finished"}
    assert "quick" in stage.report(pull)
