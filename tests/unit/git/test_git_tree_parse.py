"""Raw tree objects, also those that no git would write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.safe_tools.objects import Entry, WrongKind, parse_tree

MODE = st.sampled_from(["40000", "100644", "100755", "120000", "160000", "100600"])
NAME = st.binary(min_size=1, max_size=20).filter(lambda n: b"\0" not in n)
ENTRIES = st.lists(st.tuples(MODE, NAME, st.binary(min_size=20, max_size=20)), max_size=8)


def raw(entries):
    return b"".join(mode.encode() + b" " + name + b"\0" + oid for mode, name, oid in entries)


@given(ENTRIES)
def test_tree_is_read_back_entry_by_entry(entries):
    assert parse_tree(raw(entries)) == [Entry(m, n, oid.hex()) for m, n, oid in entries]


@given(ENTRIES.filter(bool), st.data())
def test_cut_tree_is_malformed_and_never_misread(entries, data):
    whole = raw(entries)
    cut = data.draw(st.integers(1, len(whole) - 1))
    try:
        found = parse_tree(whole[:cut])
    except WrongKind:
        return
    assert found == parse_tree(whole)[: len(found)]


@given(st.binary(max_size=100))
def test_any_bytes_are_a_tree_or_malformed(data):
    try:
        found = parse_tree(data)
    except WrongKind:
        return
    assert len(data) >= 23 * len(found)


@pytest.mark.parametrize(
    "data", [b"x", b"40000 a\0short", b"99999 a\0" + b"x" * 20, b"100644 \0" + b"x" * 20]
)
def test_malformed_tree_is_named(data):
    with pytest.raises(WrongKind, match="malformed"):
        parse_tree(data)


def test_old_tree_with_leading_zeros_is_read():
    assert parse_tree(b"040000 a\0" + b"x" * 20)[0].is_tree
