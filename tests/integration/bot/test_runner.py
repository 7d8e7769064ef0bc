"""The runner's threads outlive what goes wrong around a job: a full disk, an event of another day."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.event_json import to_payload
from bot.core.events import BaseMoved, CommandIssued, Deploy
from bot.daemon import runner as running
from bot.daemon.commands import run_command
from bot.daemon.intake import receive
from bot.daemon.runner import Runner, Seat
from bot.landing.context import Running
from bot.landing.outcomes import read
from components.errors import TransientError
from components.state.tables.records import Job
from tests.state_support import wait_for


@pytest.fixture
def runner(world):
    made = Runner(world, (Seat(),) * 1)
    yield made
    made.stop()


def test_job_whose_end_cannot_be_written_does_not_end_its_worker(world, runner, monkeypatch):
    jobs = world.store.jobs
    complete, failed = jobs.complete, threading.Event()

    def full_once(*words):
        if failed.is_set():
            return complete(*words)
        failed.set()
        raise TransientError("no room to write")

    monkeypatch.setattr(jobs, "complete", full_once)
    jobs.enqueue("tick", "demo", "demo", {})
    runner.start()
    wait_for(failed.is_set)
    other = jobs.enqueue("base", "demo", "demo", {})
    wait_for(lambda: jobs.get(other).status == "done")


@pytest.fixture
def slow(world, monkeypatch):
    """Several workers, and a job that goes on until it is told; how often each was begun."""
    begun, end = [], threading.Event()

    def work(_world, job):
        begun.append(job.id)
        assert end.wait(60)

    monkeypatch.setitem(running.HANDLERS, "tick", work)
    made = Runner(world, (Seat(),) * 3)
    yield made, begun, end
    end.set()
    made.stop()


def looks(world, monkeypatch):
    """Counts how often the dispatcher has looked for lost jobs."""
    reclaim, seen = world.store.jobs.reclaim, []

    def counted(**words):
        lost = reclaim(**words)
        seen.append(lost)
        return lost

    monkeypatch.setattr(world.store.jobs, "reclaim", counted)
    return seen


def test_clock_set_forward_an_hour_gives_no_running_job_to_a_second_worker(
    world, slow, monkeypatch
):
    runner, begun, end = slow
    job = world.store.jobs.enqueue("tick", "demo", "demo", {})
    runner.start()
    wait_for(lambda: begun)
    late = timedelta(hours=1)
    monkeypatch.setattr(world.store._db, "time", lambda: datetime.now(UTC) + late)
    seen = looks(world, monkeypatch)
    wait_for(lambda: len(seen) > 4)
    assert (begun, sum(seen)) == ([job], 0)
    end.set()
    wait_for(lambda: world.store.jobs.get(job).status == "done")
    assert world.store.jobs.get(job).attempts == 1


def test_disk_that_is_full_for_longer_than_the_lease_gives_no_job_to_a_second_worker(
    world, slow, monkeypatch
):
    runner, begun, end = slow
    missed = []

    def no_room(*_words):
        missed.append(1)
        raise TransientError("no room to write")

    monkeypatch.setattr(running, "LEASE_S", 0.1)
    monkeypatch.setattr(running, "BEAT_S", 0.05)
    monkeypatch.setattr(world.store.jobs, "heartbeat", no_room)
    job = world.store.jobs.enqueue("tick", "demo", "demo", {})
    runner.start()
    wait_for(lambda: begun)
    seen = looks(world, monkeypatch)
    wait_for(lambda: len(missed) > 4 and len(seen) > 4)
    assert (begun, sum(seen)) == ([job], 0)
    end.set()
    wait_for(lambda: world.store.jobs.get(job).status == "done")


def test_lasting_trouble_is_said_once_a_minute_and_every_new_one_at_once(runner, monkeypatch):
    said = []
    monkeypatch.setattr(running, "IDLE_S", 0.0)
    monkeypatch.setattr(running.log, "warning", lambda _what, why: said.append(why))
    for why in ("no room", "no room", "in use", "no room", "in use"):
        runner._trouble("a job cannot be taken", TransientError(why))
    assert said == ["no room", "in use"]
    monkeypatch.setattr("bot.core.troubles.SAY_AGAIN_S", 0.0)
    runner._trouble("a job cannot be taken", TransientError("no room"))
    assert said == ["no room", "in use", "no room"]


def test_event_that_nobody_understands_is_put_aside_and_the_next_one_is_heard(world, runner):
    world.store.inbox.receive("old", "NotOfThisVersion", "demo", {"odd": 1})
    world.store.inbox.receive("short", "BaseMoved", "demo", {})
    runner.start()
    receive(world, BaseMoved("demo", "f" * 40), "new")
    wait_for(lambda: world.store.inbox.result("new") is not None)
    assert world.store.inbox.result("old") == "not understood"
    assert world.store.inbox.result("short") == "not understood"


def test_command_that_meets_a_bug_is_answered_when_nobody_tries_again(world, monkeypatch):
    def broken(*_words):
        raise KeyError("a bug")

    monkeypatch.setattr("bot.daemon.commands.deploy", broken)
    event = CommandIssued("demo", "branch/x", "ada", Deploy(name="alpha"), source="api")
    payload = to_payload(event)
    for attempt in range(1, 4):
        job = Job(7, "command", "c1", "demo", payload, "leased", 0, attempt, 3, "", "")
        if attempt < 3:
            with pytest.raises(KeyError):
                run_command(world, job)
            assert read(world.store, "c1") is None
        else:
            run_command(world, job)
    outcome = read(world.store, "c1")
    assert (outcome.ok, outcome.code) == (False, "unavailable")
    assert "bug" in outcome.message


def test_both_runs_of_a_proposal_are_stopped_and_each_ends_by_itself():
    running = Running()
    check, deploy = running.begin("r", "p", "aaa"), running.begin("r", "p", "aaa")
    running.end("r", "p", deploy)
    assert not running.stop("r", "p", unless_head="aaa")
    assert running.stop("r", "p")
    assert check.is_set()
    assert not deploy.is_set()
    again = running.begin("r", "p", "bbb")
    running.stop_all()
    assert again.is_set()
    running.end("r", "p", check)
    running.end("r", "p", again)
    assert not running.stop("r", "p")
