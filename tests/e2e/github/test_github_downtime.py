"""The daemon away and back: nothing that happened on GitHub meanwhile is lost or done twice."""

from tests.e2e.github.conftest import bad, wait_for


def test_a_daemon_that_was_down_hears_of_everything_once(make_stage):
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
