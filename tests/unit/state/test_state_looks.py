"""Looks at the sealed bars: counted with their answer or not at all, and never given back."""

import os
import signal
import sqlite3
import threading
from dataclasses import replace

import pytest

from components.state import Store
from components.state.tables.looks import SealedLook, SealedPart

PART = SealedPart("family", "2015-01-01", "2018-12-31")


def a_look(number=0, *, agrees=True, parts=(PART,), **more):
    figures = {"apart": number}
    return SealedLook("repo", "sma", "tree", f"content{number}", parts, agrees, figures, **more)


def test_same_content_keeps_its_answer_and_costs_one_look(store):
    assert store.looks.take(a_look(1, agrees=False), 10) is False
    for again in (True, False):
        assert store.looks.take(a_look(1, agrees=again), 10) is False
    assert store.looks.answer("repo", "content1", [PART]) is False
    assert store.looks.answer("other", "content1", [PART]) is None
    assert store.looks.taken([PART]) == 1


def test_no_look_is_left_after_the_last_one_whatever_the_answers_were(store):
    assert [store.looks.take(a_look(n, agrees=n % 2 == 0), 3) for n in range(5)] == [
        *(True, False, True),
        *(None, None),
    ]
    assert store.looks.take(a_look(1), 3) is False
    assert store.looks.taken([PART]) == 3


def test_look_that_the_machine_failed_is_counted_and_answers_nothing(store):
    assert store.looks.take(a_look(1, agrees=None), 2) is None
    assert store.looks.answer("repo", "content1", [PART]) is None
    assert store.looks.take(a_look(1, agrees=True), 2) is True
    assert store.looks.taken([PART]) == 2


def test_look_counts_in_each_family_that_it_was_made_on(store):
    other = replace(PART, family="other")
    store.looks.take(a_look(1, parts=(PART, other)), 10)
    store.looks.take(a_look(2, parts=(other,)), 10)
    assert [store.looks.taken([part]) for part in (PART, other)] == [1, 2]
    assert store.looks.taken([PART, other]) == 2
    assert store.looks.take(a_look(3, parts=(PART, other)), 2) is None


def test_look_counts_until_all_bars_that_it_was_made_on_are_open(store):
    """New bars move the seal on; what is left of the old sealed bars is still known by answers."""
    store.looks.take(a_look(1, agrees=False), 1)
    later = replace(PART, sealed_from="2018-12-31", last_bar="2022-01-01")
    assert store.looks.answer("repo", "content1", [later]) is False
    assert store.looks.take(a_look(2, parts=(later,)), 1) is None
    fresh = replace(PART, sealed_from="2019-01-01", last_bar="2023-01-01")
    assert store.looks.answer("repo", "content1", [fresh]) is None
    assert store.looks.take(a_look(1, parts=(fresh,)), 1) is True
    assert store.looks.answer("repo", "content1") is True


def test_looks_are_append_only(store, path):
    store.looks.take(a_look(1), 10)
    raw = sqlite3.connect(path)
    for change in (
        "UPDATE looks SET agrees = 0",
        "DELETE FROM looks",
        "UPDATE look_parts SET last_bar = ''",
        "DELETE FROM look_parts",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(change)
    raw.close()


def test_look_is_on_record_without_its_figures(store):
    store.looks.take(a_look(77, proposal="pr/1", actor="ada"), 10)
    (row,) = store.audit.list(event="holdout.look")
    assert (row.strategy, row.new) == ("sma", "agrees")
    assert "77" not in str(row.details)
    (kept,) = store.looks.all("repo")
    assert (kept.figures, kept.proposal, kept.actor) == ({"apart": 77}, "pr/1", "ada")


def test_many_who_ask_at_once_take_no_more_looks_than_there_are(store):
    got = []

    def ask(number):
        got.append(store.looks.take(a_look(number), 5))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, got)) == ["None"] * 15 + ["True"] * 5
    assert store.looks.taken([PART]) == 5


@pytest.mark.parametrize("committed", [False, True])
def test_power_cut_leaves_the_look_with_its_answer_or_neither(path, committed):
    Store(path).close()
    child = os.fork()
    if child == 0:
        store = Store(path)
        with store.transaction():
            store.looks.take(a_look(1, agrees=False), 1)
            if not committed:
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Store(path) as store:
        assert store.looks.taken([PART]) == int(committed)
        assert store.looks.answer("repo", "content1", [PART]) is (False if committed else None)
        assert store.looks.take(a_look(1, agrees=True), 1) is (not committed)
        assert store.looks.taken([PART]) == 1
