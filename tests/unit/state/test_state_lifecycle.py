import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.state import lifecycle
from components.state.lifecycle import IN_PROPOSAL, TRANSITIONS, Lifecycle

L = Lifecycle

WRITTEN_DOWN = [
    (L.DISCOVERED, L.QUEUED),
    (L.QUEUED, L.VALIDATING),
    (L.VALIDATING, L.TESTING),
    (L.VALIDATING, L.FAILED),
    (L.TESTING, L.READY),
    (L.TESTING, L.FAILED),
    (L.FAILED, L.FIXING),
    (L.FIXING, L.QUEUED),
    (L.READY, L.DEPLOYED),
    (L.DEPLOYED, L.SUPERSEDED),
    (L.DEPLOYED, L.ROLLED_BACK),
    (L.SUPERSEDED, L.DEPLOYED),
    (L.ROLLED_BACK, L.DEPLOYED),
    *((state, L.ARCHIVED) for state in L if state is not L.ARCHIVED),
]


@pytest.mark.parametrize(("old", "new"), WRITTEN_DOWN)
def test_move_of_the_design_is_legal(old, new):
    assert lifecycle.legal(old, new, was_deployed=old not in IN_PROPOSAL)


@pytest.mark.parametrize("old", [s for s in L if s not in {L.READY, L.SUPERSEDED, L.ROLLED_BACK}])
def test_version_that_never_was_ready_cannot_be_deployed(old):
    assert not lifecycle.legal(old, L.DEPLOYED, was_deployed=False)


def test_every_state_has_a_row_and_a_way_out():
    assert set(TRANSITIONS) == set(L)
    assert all(TRANSITIONS.values())


def test_archived_version_starts_anew_unless_it_was_deployed():
    assert lifecycle.legal(L.ARCHIVED, L.DISCOVERED, was_deployed=False)
    assert not lifecycle.legal(L.ARCHIVED, L.DISCOVERED, was_deployed=True)
    assert lifecycle.legal(L.ARCHIVED, L.DEPLOYED, was_deployed=True)
    assert not lifecycle.legal(L.ARCHIVED, L.DEPLOYED, was_deployed=False)


@pytest.mark.parametrize("old", [None, *sorted(IN_PROPOSAL), L.ARCHIVED])
def test_push_reaches_the_queue_by_legal_moves_from_any_open_state(old):
    states = lifecycle.to_queue(old)
    way = [old, *states] if old else list(states)
    assert way[-1] is L.QUEUED
    assert all(lifecycle.legal(a, b, was_deployed=False) for a, b in pairwise(way))


@given(st.lists(st.sampled_from(list(L)), max_size=30))
def test_no_walk_deploys_what_was_not_ready_just_before(walk):
    state, ready, deployed_once = L.DISCOVERED, False, False
    for wanted in walk:
        if not lifecycle.legal(state, wanted, was_deployed=deployed_once):
            continue
        if wanted is L.DEPLOYED:
            assert deployed_once or (ready and state is L.READY)
            deployed_once = True
        ready = wanted is L.READY
        state = wanted


@pytest.mark.parametrize("old", list(L))
def test_hint_says_what_can_be_done(old):
    for new in L:
        assert lifecycle.hint(old, new)


def test_table_in_the_documentation_is_the_one_in_the_code():
    pages = [
        p.read_text(encoding="utf-8") for p in (Path(__file__).parents[3] / "docs").rglob("*.md")
    ]
    tables = [p for p in pages if "| state | what it means | may become |" in p]
    assert tables, "the lifecycle's table is in the documentation"
    for page in tables:
        for state, allowed in TRANSITIONS.items():
            row = re.search(rf"^\| {state} \|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
            assert row, f"{state} is missing"
            words = set(re.findall(r"[a-z_]+", row[1])) & set(L)
            assert words == set(allowed), state
