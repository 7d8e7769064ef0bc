"""What happens in a soak is a function of its seed, and every kind of thing does happen."""

from itertools import islice

import pytest

from components.schema.results.values import CheckName, Verdict
from tests.soak.actions import WEIGHTS, actions
from tests.soak.content import Content, Kind, files, possible


def first(seed, count=2_000):
    return list(islice(actions(seed), count))


def test_same_seed_gives_the_same_actions():
    assert first(7) == first(7)


def test_other_seed_gives_other_actions():
    assert first(7) != first(8)


def test_every_kind_of_action_and_content_comes():
    found = first(1)
    assert {type(action) for action in found} == set(WEIGHTS)
    contents = {c.kind for a in found for c in getattr(a, "contents", ())}
    assert contents == set(Kind)


def test_no_push_names_a_strategy_twice():
    for action in first(3):
        names = [c.name for c in getattr(action, "contents", ())]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", Kind)
def test_contents_differ_by_variant_alone(kind):
    one, two = (files(Content(kind, "alpha", "1.2.0", variant)) for variant in (1, 2))
    assert one != two
    assert "name: alpha" in one["strategy.yaml"]
    assert 'version: "1.2.0"' in one["strategy.yaml"]


def test_sound_strategy_may_fail_at_a_gate_only():
    assert possible(Kind.SOUND, Verdict.FAILED, CheckName.POLICY)
    assert not possible(Kind.SOUND, Verdict.FAILED, CheckName.SANDBOX_TEST)
    assert not possible(Kind.ENDLESS, Verdict.PASSED, None)
    assert possible(Kind.ENDLESS, Verdict.ERROR, None)
