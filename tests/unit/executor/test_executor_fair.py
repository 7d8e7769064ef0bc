"""Jobs that wait for a worker: urgent ones first, repositories by weight, their authors in turn."""

import threading
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from components.executor.fair import AHEAD, FairQueue
from components.ports import Turn


def filled(*turns):
    queue = FairQueue()
    for number, turn in enumerate(turns):
        queue.put((turn, number), turn)
    return queue


def taken(queue, count, seconds=1.0):
    """The turns of the next ones, each done before the next is taken."""
    for _ in range(count):
        turn, _number = queue.get()
        queue.done(turn, seconds)
        yield turn


def test_job_of_another_author_is_next_behind_a_flood():
    flood, ann = Turn("r", "flood"), Turn("r", "ann")
    queue = filled(*[flood] * 50, ann)
    assert list(taken(queue, 2)) == [flood, ann]


def test_operators_job_goes_before_all():
    queue = filled(Turn("r", "a"), Turn("s", "b"), Turn("r", "a", urgent=True))
    assert queue.get()[0].urgent


def test_worker_takes_what_suits_it_of_the_author_whose_turn_it_is_and_of_nobody_else():
    ann, ben = Turn("r", "ann"), Turn("r", "ben")
    queue = filled(ann, ann, ann, ben, ben)
    suits = {2: 0, 4: 0}
    order = [queue.get(lambda item: suits.get(item[1], 1))[1] for _ in range(5)]
    assert order == [2, 4, 0, 3, 1]


def test_job_that_suits_no_worker_is_overtaken_by_few():
    queue = filled(*[Turn("r", "ann")] * (AHEAD + 2))
    assert queue.get(lambda item: item[1] <= AHEAD)[1] == 0
    assert queue.get(lambda item: item[1] != AHEAD + 1)[1] == 1


def test_repositories_share_the_time_by_their_weights():
    heavy, light = Turn("heavy", "a", weight=3), Turn("light", "b")
    queue = filled(*[heavy] * 90, *[light] * 90)
    assert Counter(taken(queue, 80)) == {heavy: 60, light: 20}


def test_repository_of_long_jobs_gets_no_more_time_than_one_of_short_ones():
    slow, quick = Turn("slow", "a"), Turn("quick", "b")
    queue = filled(*[slow] * 50, *[quick] * 50)
    used = Counter()
    for _ in range(40):
        turn, _number = queue.get()
        seconds = 10.0 if turn is slow else 1.0
        used[turn] += seconds
        queue.done(turn, seconds)
    assert abs(used[slow] - used[quick]) <= 10


def test_repository_that_was_idle_is_owed_nothing():
    a, b = Turn("a"), Turn("b")
    queue = filled(*[a] * 20)
    assert list(taken(queue, 10)) == [a] * 10
    for number in range(10):
        queue.put((b, number), b)
    assert Counter(taken(queue, 10)) == {a: 5, b: 5}


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=30))
def test_each_author_keeps_its_own_order_and_none_is_two_jobs_ahead_of_who_waits(authors):
    queue = filled(*[Turn("r", author) for author in authors])
    left, served, last = Counter(authors), Counter(), dict.fromkeys(authors, -1)
    while len(queue):
        turn, number = queue.get()
        assert number > last[turn.author]
        last[turn.author] = number
        served[turn.author] += 1
        left[turn.author] -= 1
        assert all(max(served.values()) - served[name] <= 1 for name in +left)
        queue.done(turn, 1.0)


def test_closed_queue_wakes_who_waits_and_gives_back_what_nobody_took():
    queue, ended = FairQueue(), []
    waiting = threading.Thread(target=lambda: ended.append(queue.get()))
    waiting.start()
    assert queue.close() == []
    waiting.join(60)
    assert ended == [None]
    queue.put("late", Turn())
    assert queue.get() is None
    assert queue.close() == ["late"]
