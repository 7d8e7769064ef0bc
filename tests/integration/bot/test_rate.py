"""The rate of checks: whoever has had enough of them waits, is told once a push, and loses none."""

import json
from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.core.events import ProposalChanged
from bot.daemon.intake import dispatch, receive
from bot.daemon.runner import HANDLERS
from bot.proposals.ask import LATER, ask_check
from bot.proposals.rate import waits_for_rate
from components.state import Store
from tests.deploy_support import push
from tests.unit.state.conftest import StoppedClock

CHECK = HANDLERS["check"]
ROBOT = "mia@agents.invalid"


class Limited:
    """A daemon where an agent has two checks an hour and has had them."""

    def __init__(self, world, folder):
        rules = Authors(checks_an_hour={AuthorKind.AGENT: 2})
        self.watched = replace(world.repository("demo"), authors=rules)
        self.clock = StoppedClock()
        self.store = Store(folder / "rate.db", self.clock)
        self.world = replace(world, watched={"demo": self.watched}, store=self.store)
        self.statuses = self.watched.forge._files._root / "+statuses"
        self.pushes = 0
        for number in (1, 2):
            self.push(f"r{number}")
            job = self.lease()
            assert not waits_for_rate(self.world, self.watched, job)
            self.store.runs.start("demo", job.key, "c" * 40, "b" * 40, "check")
            self.store.jobs.complete(job.id, "w")

    def push(self, branch, author=ROBOT):
        self.pushes += 1
        event = ProposalChanged("demo", f"branch/{branch}", "", author)
        receive(self.world, event, f"push-{self.pushes}")
        dispatch(self.world)

    def lease(self):
        return self.store.jobs.lease("w", 60, kinds=["check"])

    def said(self, head):
        file = self.statuses / f"{head}.json"
        return json.loads(file.read_text())["algoops"]["description"] if file.exists() else ""


@pytest.fixture
def limited(world, tmp_path):
    made = Limited(world, tmp_path)
    yield made
    made.store.close()


def test_third_check_within_an_hour_waits_says_until_when_and_then_begins(stage, limited):
    head = push(stage, "r3", "one")
    limited.clock.advance(600)
    limited.push("r3")
    CHECK(limited.world, limited.lease())
    assert limited.said(head) == (
        f"waits until 10:00 UTC: {ROBOT} has had 2 checks within an hour, which is the limit"
    )
    assert limited.store.runs.list(repository="demo", proposal="branch/r3") == []
    assert limited.lease() is None
    limited.clock.advance(3_000)
    job = limited.lease()
    assert (job.key, job.attempts) == ("branch/r3", 1)
    assert not waits_for_rate(limited.world, limited.watched, job)


def test_clock_that_looks_again_tells_nothing_twice_and_a_push_is_told_again(stage, limited):
    first = push(stage, "r3", "one")
    limited.push("r3")
    CHECK(limited.world, limited.lease())
    (limited.statuses / f"{first}.json").unlink()
    for _ in range(5):
        ask_check(limited.world, "demo", "branch/r3", ROBOT, LATER)
        CHECK(limited.world, limited.lease())
    assert limited.said(first) == ""
    second = push(stage, "r3", "one", extra={"notes.py": "N = 1\n"})
    limited.push("r3")
    CHECK(limited.world, limited.lease())
    assert "which is the limit" in limited.said(second)


def test_other_authors_and_what_a_person_asks_for_do_not_wait(limited):
    limited.push("theirs", "ann@example.invalid")
    job = limited.lease()
    assert not waits_for_rate(limited.world, limited.watched, job)
    limited.store.jobs.complete(job.id, "w")
    limited.push("theirs", "bob@agents.invalid")
    job = limited.lease()
    assert not waits_for_rate(limited.world, limited.watched, job)
    limited.store.jobs.complete(job.id, "w")
    ask_check(limited.world, "demo", "branch/gone", ROBOT, asked=True)
    CHECK(limited.world, limited.lease())  # it looked: the branch is gone
    assert limited.store.jobs.waiting_for("check", "branch/gone", "demo") is None


def test_flood_of_two_hundred_agents_costs_a_person_no_turn_and_ends_within_the_hour(limited):
    for number in range(200):
        limited.push(f"flood{number}", f"a{number}@agents.invalid")
    limited.push("agents/eve/one", "ann@example.invalid")  # the branch says whose it is
    limited.push("theirs", "ann@example.invalid")
    assert limited.lease().key == "branch/theirs"
    limited.clock.advance(3_600)
    limited.push("later", "ann@example.invalid")
    assert limited.lease().key.startswith("branch/flood")


def test_flood_of_two_hundred_costs_a_person_no_more_than_one_turn(limited):
    for number in range(200):
        limited.push(f"flood{number}")
    limited.push("theirs", "ann@example.invalid")
    turns = 0
    while (job := limited.lease()).key != "branch/theirs":
        CHECK(limited.world, job)
        turns += 1
    assert turns <= 1
