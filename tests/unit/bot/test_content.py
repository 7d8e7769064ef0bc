from dataclasses import replace

import pytest

from bot.checks.content import Content, content_key

CONTENT = Content(
    strategy="sma",
    tree="t",
    base_tree="b",
    policy_hash="p",
    engine="e",
    image="i",
    causality="streamed",
    data={"SPX_1d": "h"},
)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "x"},
        {"tree": "x"},
        {"base_tree": "x"},
        {"policy_hash": "x"},
        {"engine": "x"},
        {"image": "x"},
        {"causality": "audited"},
        {"data": {"SPX_1d": "x"}},
        {"data": {"IXIC_1d": "h"}},
    ],
)
def test_whatever_a_verdict_depends_on_changes_its_key(change):
    assert content_key(replace(CONTENT, **change)) != content_key(CONTENT)


def test_order_of_data_sets_does_not_matter():
    one = replace(CONTENT, data={"a": "1", "b": "2"})
    other = replace(CONTENT, data={"b": "2", "a": "1"})
    assert content_key(one) == content_key(other)
