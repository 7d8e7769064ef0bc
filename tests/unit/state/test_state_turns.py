"""Whose turn it is: nobody waits behind another one's flood, whatever names it is pushed under."""

import tempfile
from itertools import islice
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from components.state import Store
from components.state.tables.turns import SANDBOX, InLine, TurnBounds, Turns, in_order, next_job

NAMES = st.sampled_from("abc")
ASKED = st.lists(
    st.tuples(st.sampled_from("rs"), NAMES, st.sampled_from((-1, 0, 5)), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def fill(store, asked, first="k"):
    """Puts jobs into the sandbox's queue, as the first stage of a check does."""
    for number, (repository, author, priority, work) in enumerate(asked):
        job = store.jobs.enqueue(
            "group", f"{first}{number}", repository, {}, priority, author=author
        )
        with store.transaction():
            store._db.execute("UPDATE jobs SET work = ? WHERE id = ?", (work, job))


def served(store, **more):
    """The jobs in the order in which one worker does them, each before the next is taken."""
    while job := store.jobs.lease("w", 60, **more):
        store.jobs.complete(job.id, "w")
        yield job


def push(store, author, key, repository="main"):
    return store.jobs.enqueue("check", key, repository, {}, author=author)


@given(ASKED)
def test_what_is_foretold_is_what_happens(asked):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s.db") as store:
        fill(store, asked)
        foretold = in_order(store.jobs.waiting(SANDBOX), store.jobs.turns(SANDBOX), 100)
        assert [job.id for job in foretold] == [job.id for job in served(store)]


@given(ASKED, st.integers(0, 11))
def test_restart_at_any_moment_changes_no_turn(asked, after):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        with Store(path) as store:
            fill(store, asked)
            foretold = [j.id for j in in_order(store.jobs.waiting(SANDBOX), Turns(), 100)]
            order = [job.id for job in islice(served(store), after)]
        with Store(path) as store:
            store.jobs.reclaim(everything=True)
            order += [job.id for job in served(store) if job.id not in order]
        assert order == foretold


@given(st.lists(st.tuples(NAMES, st.booleans(), st.integers(0, 9)), max_size=40))
def test_each_other_author_is_served_once_at_most_while_a_job_waits(steps):
    """Whatever is pushed meanwhile, under old or fresh names, of whatever size."""
    waiting, turns, victim, number, before = [], Turns(), "victim", 1, []
    waiting.append(InLine(1, "r", victim, work=5))
    for name, fresh, work in steps:
        number += 1
        author = f"{name}{number}" if fresh else name
        waiting.append(InLine(number, "r", author, work=work, arrived=turns.clock))
        taken = next_job(waiting, turns)
        job = next(one for one in waiting if one.id == taken)
        waiting.remove(job)
        clock = turns.clock + 1
        turns = Turns(clock, {**turns.served, job.lane: clock})
        if job.author == victim:
            return
        before.append(job.author)
    assert len(before) == len(set(before))
    assert len(before) <= 1  # the victim was first, and nobody came before it


@given(
    st.lists(st.tuples(st.sampled_from("rs"), NAMES), max_size=20),
    st.dictionaries(st.tuples(st.sampled_from("rs"), NAMES), st.integers(0, 4)),
)
def test_bounds_of_authors_and_repositories_hold(lanes, busy):
    waiting = [InLine(n, r, a) for n, (r, a) in enumerate(lanes, 1)]
    bounds = TurnBounds(author=2, repository=3)
    taken = next_job(waiting, Turns(busy=busy), bounds)
    free = {
        w.id
        for w in waiting
        if busy.get(w.lane, 0) < 2 and sum(n for (r, _), n in busy.items() if r == w.repository) < 3
    }
    assert taken in free if free else taken is None


def test_author_who_pushes_once_is_next_behind_two_hundred_of_another(store):
    for number in range(200):
        push(store, "flood", f"f{number}")
    first = store.jobs.lease("w1", 60)
    push(store, "ann", "one")
    assert first.author == "flood"
    assert store.jobs.lease("w2", 60).author == "ann"


def test_fresh_name_for_each_commit_does_not_overtake_who_waits(store):
    push(store, "ann", "before")
    store.jobs.complete(store.jobs.lease("w", 60).id, "w")
    push(store, "ann", "one")
    for number in range(200):
        push(store, f"fresh-{number}", f"f{number}")
    assert store.jobs.lease("w", 60).key == "one"


def test_fresh_names_in_one_repository_keep_nobody_waiting_in_another(store):
    for number in range(200):
        push(store, f"fresh-{number}", f"f{number}", "noisy")
    push(store, "ann", "one", "quiet")
    store.jobs.lease("w1", 60)
    assert store.jobs.lease("w2", 60).key == "one"


def test_next_stage_keeps_the_jobs_number_and_its_place_in_time(store):
    number = push(store, "ann", "one")
    job = store.jobs.lease("w", 60)
    assert store.jobs.advance(job.id, "w", SANDBOX, 700)
    assert not store.jobs.complete(job.id, "w")
    again = store.jobs.lease("w", 60, queues=(SANDBOX,))
    assert (again.id, again.work, again.attempts) == (number, 700, 1)
    assert (again.arrived, again.enqueued_at) == (job.arrived, job.enqueued_at)


def test_push_while_the_next_stage_waits_begins_with_the_first_one_again(store):
    push(store, "ann", "one")
    store.jobs.advance(store.jobs.lease("w", 60).id, "w", SANDBOX, 700)
    push(store, "", "one")
    assert store.jobs.lease("w", 60, queues=(SANDBOX,)) is None
    job = store.jobs.lease("w", 60)
    assert (job.queue, job.author, job.work) == ("static", "ann", 0)


def test_push_during_the_first_stage_takes_the_place_of_the_second(store):
    push(store, "ann", "one")
    job = store.jobs.lease("w", 60)
    newer = push(store, "ann", "one")
    assert store.jobs.advance(job.id, "w", SANDBOX, 700)
    assert store.jobs.get(job.id).status == "cancelled"
    assert [found.id for found in served(store)] == [newer]


def test_lost_lease_advances_nothing(store):
    push(store, "ann", "one")
    job = store.jobs.lease("w", 60)
    assert not store.jobs.advance(job.id, "other", SANDBOX, 1)
    assert store.jobs.get(job.id).queue == "static"


def test_large_and_background_work_has_its_turn_after_an_hour(store, time):
    fill(store, [("r", "a", -1, 0), ("r", "b", 0, 900)])
    time.advance(3600)
    fill(store, [("r", "b", 0, 1)], "later")
    order = in_order(store.jobs.waiting(SANDBOX), store.jobs.turns(SANDBOX), 9)
    assert [(job.author, job.work) for job in order] == [("a", 0), ("b", 900), ("b", 1)]


def test_place_and_estimate_follow_from_what_the_last_jobs_took(store, time):
    fill(store, [("r", "b", 0, 100), ("r", "c", 0, 100)])
    job = store.jobs.lease("w", 60)
    assert store.jobs.standing(job, SANDBOX, 100).seconds is None
    time.advance(10)
    store.jobs.complete(job.id, "w")
    own = store.jobs.get(store.jobs.enqueue("check", "one", "r", {}, author="ann"))
    found = store.jobs.standing(own, SANDBOX, 200)
    assert (found.place, found.of) == (2, 2)
    assert round(found.seconds) == 30  # 0.1 s a bar: 100 before it, and its own 200


def test_turns_of_those_who_stand_behind_everybody_anyway_are_forgotten(store):
    for number in range(50):
        push(store, f"fresh-{number}", f"f{number}")
        store.jobs.complete(store.jobs.lease("w", 60).id, "w")
    push(store, "ann", "one")
    assert store.prune(30)["turns"] == 49
    assert store.jobs.turns("static").clock == 50
