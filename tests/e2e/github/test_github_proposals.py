"""Pull requests on GitHub, end to end: pushed, checked, reported, superseded, closed."""

from tests.e2e.github.conftest import GOOD, bad, wait_for


def test_a_refused_pull_request_is_told_where_and_what_to_do(stage):
    pull = stage.propose("feature", bad())
    state, report = stage.reported(pull)
    assert state == "failure"
    assert report.verdict == "failed"
    comment = stage.report(pull)
    assert "alpha" in comment
    assert f"/blob/{pull.head_sha}/strategies/alpha/strategy.py#L1" in comment
    assert stage.repo.status_of(pull.head_sha)["algoops/code"] == "failure"


def test_a_pull_request_without_strategies_is_neutral_and_green(stage):
    pull = stage.propose("docs", {"README.md": b"changed\n"})
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("success", "neutral")


def test_a_fix_edits_the_one_report(stage):
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.push("feature", dict.fromkeys(bad()))
    state, _ = stage.reported(pull)
    assert state == "success"
    stage.quiet()
    assert "Nothing to check" in stage.report(pull)


def test_a_run_with_one_strategy_takes_four_calls_and_one_for_each_red_check(stage):
    stage.reported(stage.propose("first", bad("alpha")))
    stage.quiet()
    before = len(stage.github.asked())
    pull = stage.propose("feature", bad("beta"))
    stage.reported(pull)
    stage.quiet()
    calls = [f"{r.verb} {r.path}" for r in stage.github.asked()[before:]]
    red = [c for c in stage.repo.status_of(pull.head_sha) if c.startswith("algoops/")]
    assert len(calls) <= 4 + len(red), calls


def test_a_fork_is_checked_like_any_other(stage):
    fork = stage.github.repo("eve/strategies", {"x": b"1"}, eve="admin")
    fork.git.copy_objects(stage.git, "refs/heads/main", "refs/heads/main")
    stage.github.branch(fork, "evil", bad(), "eve")
    pull = stage.github.state.open_pull(stage.repo, "evil", "eve", head_repo=fork)
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("failure", "failed")


def test_a_conflict_is_reported_with_its_paths(stage):
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.push("main", {**bad(note="other"), "strategies/alpha/strategy.py": b"x = 1\n"})
    stage.push("feature", {"strategies/alpha/strategy.py": b"y = 2\n"})
    state, report = stage.reported(pull)
    assert state == "failure"
    assert report.merge_tree == ""
    assert "strategies/alpha/strategy.py" in stage.report(pull)


def test_a_moved_base_is_looked_at_again(stage):
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    before = stage.report(pull)
    base = stage.push("main", bad("alpha", "as the base has it"))
    wait_for(
        lambda: base[:12] in stage.report(pull) or stage.report(pull) != before, "a new report"
    )


def test_a_closed_pull_request_is_left_alone(stage):
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.github.state.push(stage.repo, "refs/heads/feature", None, "ann")
    stage.quiet()
    assert pull.state == "closed"
    strategy = stage.store.strategies.get("team", "alpha")
    assert strategy is None or strategy.lifecycle != "ready"


def test_a_draft_and_its_labels_make_no_second_run_of_the_same_head(stage):
    pull = stage.propose("feature", bad(), draft=True)
    stage.quiet()
    stage.github.state.label(stage.repo, pull, "wip", "ann")
    stage.github.state.ready(stage.repo, pull, "ann")
    stage.reported(pull)
    stage.quiet()
    assert len([r for r in stage.runs(pull) if r.status == "finished"]) == 1


def test_a_thousand_replays_in_any_order_make_one_run(stage):
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    (hook,) = stage.repo.hooks
    from tests.fakes.github.hooks import send

    for turn in range(334):
        for delivery in reversed(hook.deliveries[:3]):
            assert send(hook, delivery) in {202, 503}, turn
    stage.quiet()
    assert len(stage.runs(pull)) == 1
    assert len(stage.comments(pull)) == 1


def test_an_old_head_that_arrives_late_is_not_checked(stage):
    stage.github.deliverer.paused = True
    pull = stage.propose("feature", bad())
    old = pull.head_sha
    stage.push("feature", bad(note="newer"))
    stage.github.deliverer.paused = False
    from tests.fakes.github.hooks import send

    (hook,) = stage.repo.hooks
    for delivery in reversed(hook.deliveries):
        send(hook, delivery)
    stage.reported(pull)
    stage.quiet()
    assert {r.head for r in stage.runs(pull)} == {pull.head_sha}
    assert stage.repo.status_of(old) == {}


def test_a_force_push_while_a_run_is_going_supersedes_it(stage):
    slow = dict(GOOD)
    slow["strategies/sma_cross/strategy.py"] = (
        b"from backtesting import Strategy\n\n\nclass SmaCross(Strategy):\n"
        b"    def init(self):\n        pass\n\n    def next(self):\n"
        b"        while True:\n            pass\n"
    )
    pull = stage.propose("feature", slow)
    old = pull.head_sha
    wait_for(lambda: stage.repo.status_of(old).get("algoops") == "pending", "the slow run")
    stage.push("feature", bad(), start=stage.git.tip("refs/heads/main"))
    state, _ = stage.reported(pull)
    assert state == "failure"
    wait_for(lambda: stage.repo.status_of(old)["algoops"] != "pending", "the old status settled")
    stage.quiet()
    assert {r.head: r.status for r in stage.runs(pull)} == {
        old: "superseded",
        pull.head_sha: "finished",
    }
    assert "alpha" in stage.report(pull)


def test_a_daemon_that_was_down_hears_of_everything(make_stage):
    stage = make_stage(poll_s=1.0)
    stage.start()
    first = stage.propose("one", bad("alpha"))
    stage.reported(first)
    stage.quiet()
    stage.daemon.stop()
    second = stage.propose("two", bad("beta"))
    stage.push("one", bad("alpha", "changed while down"))
    said = stage.say(first, "/algoops status")
    stage.github.deliverer.wait()
    stage.start()
    assert stage.reported(second)[0] == "failure"
    assert stage.reported(first)[0] == "failure"
    assert "verdict" in stage.answered(first, 1)[0]
    stage.quiet()
    assert len(stage.answers(first)) == 1
    assert ("bot", "eyes") in said.reactions


def test_a_daemon_killed_in_a_run_finishes_it_after_its_return(make_stage):
    stage = make_stage()
    stage.start()
    pull = stage.propose("feature", bad())
    wait_for(lambda: stage.repo.status_of(pull.head_sha), "the run")
    stage.daemon.kill()
    stage.start()
    assert stage.reported(pull)[0] == "failure"
    stage.quiet()
    assert len(stage.comments(pull)) == 1
