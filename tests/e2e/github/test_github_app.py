"""The daemon as a GitHub App: check runs with the lines at fault; its one hook for all."""

import pytest

from tests.e2e.github.conftest import bad, wait_for
from tests.github_support import APP, app_settings
from tests.port_support import free_port


@pytest.fixture
def make_app(make_stage, tmp_path):
    """A stage whose daemon speaks as an App."""

    def make(**more):
        settings, public = app_settings(tmp_path)
        stage = make_stage(**settings, **more)
        stage.github.app(APP, public)
        return stage

    return make


def test_as_an_app_the_verdict_is_a_check_run_with_lines(make_app):
    stage = make_app()
    stage.start()
    pull = stage.propose("feature", bad())

    def completed():
        runs = list(stage.repo.check_runs.values())
        return [r for r in runs if r["name"] == "algoops" and r["status"] == "completed"]

    (run,) = wait_for(completed, "the check run")
    assert run["conclusion"] == "failure"
    assert run["head_sha"] == pull.head_sha
    assert {note["path"] for note in run["annotations"]} == {"strategies/alpha/strategy.py"}
    assert stage.repo.marks == []
    assert stage.comments(pull, by="app77[bot]")
    stage.quiet()
    before = len(stage.github.asked())
    again = stage.propose("another", bad("beta"))
    stage.reported(again)
    stage.quiet()
    calls = [f"{r.verb} {r.path}" for r in stage.github.asked()[before:]]
    assert len(calls) <= 7, calls  # three of them for the suggested fix
    assert list(stage.repo.status_of(again.head_sha)) == ["algoops"]
    again_for_a_fork(stage)


def test_what_an_app_missed_while_down_is_sent_again_and_heard_once(make_app):
    stage = make_app(port=free_port())
    stage.start()
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    stage.daemon.stop()
    newer = stage.push("feature", bad(note="changed while down"))
    stage.github.deliverer.wait()
    assert not stage.nothing_missed()
    stage.start()
    wait_for(stage.nothing_missed, "the missed deliveries")
    assert stage.reported(pull, newer)[0] == "failure"
    stage.quiet()
    assert len([r for r in stage.runs(pull) if r.head == newer]) == 1


def again_for_a_fork(stage):
    """GitHub names no pull request in a check run of a fork's commit: its head has to do."""
    fork = stage.github.repo("eve/strategies", {"x": b"1"}, eve="admin")
    fork.git.copy_objects(stage.git, "refs/heads/main", "refs/heads/main")
    stage.github.branch(fork, "evil", bad("forked"), "eve")
    pull = stage.github.state.open_pull(stage.repo, "evil", "eve", head_repo=fork)
    stage.reported(pull)
    stage.quiet()
    run = {"id": 1, "head_sha": pull.head_sha, "pull_requests": []}
    facts = {"action": "rerequested", "check_run": run}
    stage.github.deliverer.notice(stage.repo, "check_run", facts, "ann")
    wait_for(lambda: len(stage.runs(pull)) == 2, "the second run")
    stage.quiet()
    assert {r.head for r in stage.runs(pull)} == {pull.head_sha}
