"""Values asked for at a backtest are held to what the definition declares."""

import pytest

from components.errors import UserError
from components.schema.definition.models import StrategyDefinition
from components.schema.definition.overrides import overridden, read_value

DEFINITION = StrategyDefinition(
    name="T",
    description="",
    parameters={
        "n": {"default": 5, "min": 1, "max": 9},
        "low": {"default": 5, "min": 1},
        "high": {"default": 5, "max": 9},
        "kind": {"default": "a", "choices": ["a", "b"]},
        "x": 0.5,
        "flag": True,
    },
)


def test_nothing_asked_is_the_defaults():
    assert overridden(DEFINITION, {}) == {
        "n": 5, "low": 5, "high": 5, "kind": "a", "x": 0.5, "flag": True,
    }  # fmt: skip


def test_whole_number_stays_whole_for_a_count():
    values = overridden(DEFINITION, {"n": 7.0, "x": 2, "kind": "b", "flag": False})
    assert (values["n"], type(values["n"])) == (7, int)
    assert (values["x"], values["kind"], values["flag"]) == (2, "b", False)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("nn", 5, "did you mean `n`"),
        ("n", 10, "allowed: 1 to 9"),
        ("n", 0, "allowed: 1 to 9"),
        ("low", 0, "allowed: 1 or more"),
        ("high", 10, "allowed: up to 9"),
        ("kind", "c", "allowed: a, b"),
        ("n", "5", "is a number"),
        ("flag", 1, "is a flag"),
        ("x", True, "is a number"),
        ("n", float("nan"), "allowed: 1 to 9"),
    ],
)
def test_value_that_is_not_allowed_is_refused_with_what_is(name, value, says):
    with pytest.raises(UserError) as caught:
        overridden(DEFINITION, {name: value})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10), ("1e1", 10.0), ("10.0", 10.0), ("2.5e-1", 0.25), ("0x10", 16), ("1_0", "1_0"),
        ("yes", "yes"), ("true", True), ('"10"', "10"), ("", None), ("[1]", None), ("a: b", None),
        ("1e400", None), ("-1e999", None),
        ("\t1", None), ("!!python/name:os.system", None),
    ],
)  # fmt: skip
def test_value_on_a_command_line_means_what_it_means_in_a_definition(text, value):
    assert read_value(text) == value
    assert type(read_value(text)) is type(value)
