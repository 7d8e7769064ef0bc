"""The table of TA-Lib's functions is what TA-Lib says, and looks into no future."""

import json

import numpy as np
import pytest
import talib
from talib import abstract

from components.schema.rule_language import make_table
from components.schema.rule_language.functions import averages, functions

SAMPLE = make_table.document()


def test_shipped_table_is_what_the_installed_talib_says():
    assert json.loads(make_table.TABLE.read_text(encoding="utf-8")) == SAMPLE


def test_table_has_every_function_with_its_parameters_and_outputs():
    assert set(functions()) == set(talib.get_functions())
    for name, function in functions().items():
        info = abstract.Function(name).info
        assert list(function.parameters) == list(info["parameters"])
        assert list(function.outputs) == info["output_names"]
        assert {p.name: p.default for p in function.parameters.values()} == info["parameters"]


def test_averages_are_talibs():
    assert averages()["EMA"] == talib.MA_Type.EMA
    assert averages()["T3"] == talib.MA_Type.T3


@pytest.mark.parametrize(
    ("name", "output", "row"),
    [
        ("MACD", "signal", 1),
        ("MACD", "macdsignal", 1),
        ("MACD", "hist", 2),
        ("BBANDS", "upper", 0),
        ("BBANDS", "lower", 2),
        ("STOCH", "k", 0),
        ("STOCH", "slowd", 1),
        ("STOCHF", "k", 0),
        ("AROON", "up", 1),
        ("HT_SINE", "leadsine", 1),
        ("MINMAX", "max", 1),
    ],
)
def test_outputs_have_short_names(name, output, row):
    assert functions()[name].output_aliases[output] == row


def test_no_two_outputs_of_a_function_share_a_name():
    for function in functions().values():
        assert len(set(function.output_aliases.values())) == len(function.outputs)


def walk(count: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    close = 100 * np.exp(rng.normal(0, 0.02, count).cumsum())
    opens = close * np.exp(rng.normal(0, 0.005, count))
    return {
        "close": close,
        "open": opens,
        "high": np.maximum(close, opens) * 1.004,
        "low": np.minimum(close, opens) * 0.996,
        "volume": rng.integers(100, 10_000, count).astype(float),
        "periods": rng.integers(2, 20, count).astype(float),
    }


@pytest.mark.parametrize("name", sorted(functions()))
def test_function_gives_the_same_values_on_every_prefix(name):
    data = walk()
    reals = iter(("close", "low"))
    inputs = [next(reals) if i == "real" else i for i in functions()[name].inputs]
    compute = getattr(talib, name)
    whole = np.atleast_2d(compute(*[data[i] for i in inputs]))
    for end in (150, 233, 301, 399):
        part = np.atleast_2d(compute(*[data[i][:end].copy() for i in inputs]))
        np.testing.assert_array_equal(part, whole[:, :end])


@pytest.mark.parametrize("name", sorted(n for n, f in functions().items() if f.range.high < 1e6))
def test_known_bounds_of_outputs_hold_on_data(name):
    data = walk()
    reals = iter(("close", "low"))
    function = functions()[name]
    inputs = [next(reals) if i == "real" else i for i in function.inputs]
    for value in np.atleast_2d(getattr(talib, name)(*[data[i] for i in inputs])):
        known = value[~np.isnan(value.astype(float))]
        assert known.size == 0 or known.min() >= function.range.low - 1e-9
        assert known.size == 0 or known.max() <= function.range.high + 1e-9
