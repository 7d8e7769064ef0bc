"""A deploy through a merge queue, with webhooks alone: groups are judged, the end is told once."""

import pytest

from tests.e2e.github.conftest import bad, wait_for
from tests.fakes.github.queue import dequeue, run_queue


def in_queue(stage):
    """A removal that was deployed by comment and has entered the queue."""
    pull = stage.propose("remove", dict.fromkeys(bad("alpha")))
    stage.reported(pull)
    stage.say(pull, "/algoops deploy")
    wait_for(lambda: pull.number in stage.repo.queue, "its place in the queue")
    return pull


@pytest.fixture
def stage(make_stage):
    made = make_stage()
    made.push("main", bad("alpha"))
    made.repo.rules, made.repo.required = ["merge_queue"], ["algoops"]
    return made


@pytest.mark.parametrize("failpoint", ["", "deploy.announced"])
def test_deploy_through_a_queue_is_told_and_recorded_once(stage, failpoint):
    stage.start(failpoint=failpoint)
    if failpoint:
        pull = stage.propose("remove", dict.fromkeys(bad("alpha")))
        stage.reported(pull)
        stage.say(pull, "/algoops deploy")
        wait_for(lambda: stage.daemon.ended, "the power cut")
        stage.start()
        wait_for(lambda: pull.number in stage.repo.queue, "its place in the queue")
    else:
        pull = in_queue(stage)
    assert "in the merge queue" in stage.answered(pull, 1)[0]
    group = stage.repo.groups[pull.number]
    wait_for(lambda: stage.repo.status_of(group).get("algoops") == "success", "the group's status")
    run_queue(stage.github.state, stage.repo)
    answers = stage.answered(pull, 2)
    assert "Removed: `alpha" in answers[1]
    stage.quiet()
    assert len(stage.answers(pull)) == 2
    (row,) = stage.store.deployments.list(repository="team", name="alpha", limit=1)
    assert (row.kind, row.actor, row.commit) == ("removal", "ann", pull.merge_commit)
    assert stage.store.intents.open() == []


def test_deploy_that_a_person_takes_out_of_the_queue_is_told_at_once(stage):
    stage.start()
    pull = in_queue(stage)
    stage.answered(pull, 1)
    dequeue(stage.github.state, stage.repo, pull, "ann")
    assert "taken out of the merge queue" in stage.answered(pull, 2)[1]
    assert pull.state == "open"
