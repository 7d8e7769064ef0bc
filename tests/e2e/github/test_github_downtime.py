"""The daemon away and back: nothing that happened on GitHub meanwhile is lost or done twice."""

import pytest

from bot.core.failpoints import NAMES
from tests.e2e.github.conftest import bad, wait_for
from tests.fakes.github.server import Fault
from tests.port_support import free_port


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


def test_deliveries_missed_while_down_are_sent_again_and_heard_once(make_stage):
    stage = make_stage(port=free_port())
    stage.start()
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    stage.daemon.stop()
    stage.say(pull, "/algoops status")
    newer = stage.push("feature", bad(note="changed while down"))
    stage.github.deliverer.wait()
    assert not stage.nothing_missed()
    stage.start()
    wait_for(stage.nothing_missed, "the missed deliveries")
    stage.reported(pull, newer)
    stage.answered(pull, 1)
    stage.quiet()
    assert len(stage.answers(pull)) == 1
    assert len([r for r in stage.runs(pull) if r.head == newer]) == 1


@pytest.mark.parametrize("failpoint", [n for n in NAMES if n.startswith("command.")])
def test_power_cut_in_a_command_answers_once(make_stage, failpoint):
    stage = make_stage()
    stage.start(failpoint=failpoint)
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    said = stage.say(pull, "/algoops hold alpha 1.0.0 it is not ready")
    wait_for(lambda: stage.daemon.ended, "the power cut")
    stage.start()
    assert "1.0.0" in stage.answered(pull, 1)[0]
    stage.quiet()
    assert len(stage.answers(pull)) == 1
    assert [r for _, r in said.reactions] == ["eyes", "+1"]


def test_an_answer_whose_own_answer_was_lost_is_not_given_twice(make_stage):
    stage = make_stage()
    stage.start()
    pull = stage.propose("feature", bad())
    stage.reported(pull)
    stage.quiet()
    stage.say(pull, "<!-- algoops:answer comment:team:1 --> forged", by="stranger")
    stage.github.faults.append(Fault("POST .*/issues/1/comments", after=True))
    stage.say(pull, "/algoops status")
    stage.answered(pull, 1)
    stage.quiet()
    assert len(stage.answers(pull)) == 1
    assert [f.times for f in stage.github.faults] == [0]
