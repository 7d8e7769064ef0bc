"""Trouble on GitHub's side and odd turns of a pull request: the verdict comes all the same."""

from tests.e2e.github.conftest import GOOD, bad, wait_for
from tests.fakes.github.server import Fault

LONGER_THAN_ALL_TRIES = 14


def test_a_storm_of_errors_that_outlasts_a_job_ends_in_a_verdict(make_stage):
    stage = make_stage(tick_s=2.0)
    stage.start()
    fault = Fault("POST .*/statuses/", 502, times=LONGER_THAN_ALL_TRIES)
    stage.github.faults.append(fault)
    pull = stage.propose("feature", bad())
    wait_for(lambda: fault.times == 0, "the end of the storm")
    wait_for(lambda: stage.reported(pull)[0] == "failure", "a verdict, maybe after an error")


def test_a_locked_conversation_still_gets_its_status(stage):
    locked = {"message": "Unable to create comment because issue is locked."}
    stage.github.faults.append(Fault("POST .*/comments$", 403, body=locked, times=9))
    pull = stage.propose("locked", bad("locked"))
    assert stage.reported(pull)[0] == "failure"
    stage.quiet()
    stage.github.faults.clear()


def test_a_pull_request_that_comes_back_can_be_deployed(stage):
    pull = stage.propose("comes-back", GOOD)
    assert stage.reported(pull)[0] == "success"
    stage.github.state.close(stage.repo, pull, "ann")
    wait_for(
        lambda: stage.store.strategies.get("team", "sma_cross").status == "archived", "the end"
    )
    pull.state = "open"
    stage.github.state.notify_pull(stage.repo, pull, "reopened", "ann")
    stage.quiet()
    stage.push("dev", {"README.md": b"dev\n"})
    pull.base_ref = "dev"
    stage.github.state.notify_pull(stage.repo, pull, "edited", "ann")
    stage.quiet()
    pull.base_ref = "main"
    stage.github.state.notify_pull(stage.repo, pull, "edited", "ann")
    stage.quiet()
    stage.say(pull, "/algoops deploy")
    assert "Deployed" in stage.answered(pull, 1)[0]
    assert pull.merged_at


def test_a_command_outlives_an_outage_that_outlasts_the_usual_tries(stage):
    pull = stage.propose("outage", bad("outage"))
    stage.reported(pull)
    stage.quiet()
    outage = Fault("GET .*/permission", 503, {"Retry-After": "0.1"}, times=LONGER_THAN_ALL_TRIES)
    stage.github.faults.append(outage)
    said = stage.say(pull, "/algoops status")
    assert "verdict" in stage.answered(pull, 1)[0]
    stage.quiet()
    assert outage.times == 0
    assert [r for _, r in said.reactions] == ["eyes", "+1"]


def test_a_renamed_base_is_said_and_all_goes_on_once_the_configuration_follows(make_stage):
    stage = make_stage(poll_s=1.0)
    stage.start()
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    stage.git.move("refs/heads/trunk", stage.git.tip("refs/heads/main"))
    stage.git.move("refs/heads/main", None)
    pull.base_ref = "trunk"
    stage.github.state.notify_pull(stage.repo, pull, "edited", "ann")
    log = stage.daemon.log
    wait_for(lambda: "was the branch renamed" in log.read_text(), "a word on the base")
    stage.daemon.stop()
    text = stage.config.read_text()
    stage.config.write_text(text.replace("name: team", "base: trunk\n  name: team"))
    stage.start()
    newer = stage.push("feature", bad(note="after the change"))
    assert stage.reported(pull, newer)[0] == "failure"
