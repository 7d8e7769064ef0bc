"""The published JSON Schemas accept exactly what the models accept, and the other way round."""

import copy
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.models import StrategyDefinition
from components.schema.jsonschema import Published, json_schema

MODELS = {
    Published.DEFINITION: StrategyDefinition,
    Published.BACKTEST_CONFIG: BacktestConfig,
}
BETWEEN_FIELDS = "must be before end"
"""The one demand of a model that is between fields; no JSON Schema can say it."""


def as_python_patterns(node):
    """`$` ends a text for editors and for pydantic; Python's also stands before a newline."""
    if isinstance(node, list):
        return [as_python_patterns(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: as_python_patterns(value) for key, value in node.items()}
    if isinstance(changed.get("pattern"), str):
        changed["pattern"] = changed["pattern"].removesuffix("$") + r"\Z"
    if "patternProperties" in changed:
        named = changed["patternProperties"]
        changed["patternProperties"] = {k.removesuffix("$") + r"\Z": v for k, v in named.items()}
    return changed


SCHEMAS = {kind: as_python_patterns(json_schema(kind)) for kind in MODELS}
VALIDATORS = {
    kind: Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for kind, schema in SCHEMAS.items()
}


def model_accepts(kind, document) -> bool:
    try:
        MODELS[kind].model_validate(document)  # type: ignore[attr-defined]
    except ValidationError as error:
        return all(BETWEEN_FIELDS in item["msg"] for item in error.errors())
    return True


def agree(kind, document):
    by_schema = VALIDATORS[kind].is_valid(document)
    assert model_accepts(kind, document) is by_schema, list(VALIDATORS[kind].iter_errors(document))


@pytest.mark.parametrize("kind", list(Published))
def test_published_schema_is_a_json_schema(kind):
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["additionalProperties"] is False


def from_schema(schema, root):
    """Documents that a schema accepts, for the part of JSON Schema that ours are made of."""
    if "$ref" in schema:
        return from_schema(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of([from_schema(part, root) for part in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    return FROM_TYPE[schema["type"]](schema, root)


def from_object(schema, root):
    fields = {key: from_schema(part, root) for key, part in schema.get("properties", {}).items()}
    needed = {key: fields.pop(key) for key in schema.get("required", ())}
    known = st.fixed_dictionaries(needed, optional=fields)
    extra = schema.get("additionalProperties")
    names = st.text(st.characters(codec="ascii"), max_size=9)
    for pattern, part in schema.get("patternProperties", {}).items():
        names, extra = st.from_regex(pattern, fullmatch=True).map(lambda n: n[:20]), part
    if not isinstance(extra, dict):
        return known
    if "propertyNames" in schema:
        allowed = Draft202012Validator(schema["propertyNames"])
        names = names.filter(allowed.is_valid)
    others = st.dictionaries(names, from_schema(extra, root), max_size=3)
    return st.builds(lambda more, own: {**more, **own}, others, known)


def from_text(schema, root):
    if schema.get("format") == "date":
        return st.dates().map(str)
    sizes = {
        "min_size": schema.get("minLength", 0),
        "max_size": min(30, schema.get("maxLength", 30)),
    }
    text = st.text(st.characters(exclude_categories=["Cs"]), **sizes)
    if "pattern" in schema:
        text = st.from_regex(schema["pattern"], fullmatch=True)
    return text.filter(Draft202012Validator(schema).is_valid)


def from_number(schema, root):
    low, high = schema.get("minimum"), schema.get("maximum")
    low, high = schema.get("exclusiveMinimum", low), schema.get("exclusiveMaximum", high)
    floats = st.floats(low, high) if schema["type"] == "number" else st.nothing()
    whole = st.integers(math.ceil(low), math.floor(high)) | st.integers(1, 9).map(float)
    return (floats | whole).filter(Draft202012Validator(schema).is_valid)


FROM_TYPE = {
    "object": from_object,
    "array": lambda schema, root: st.lists(
        from_schema(schema["items"], root), min_size=schema.get("minItems", 0), max_size=3
    ),
    "string": from_text,
    "number": from_number,
    "integer": from_number,
    "boolean": lambda schema, root: st.booleans(),
    "null": lambda schema, root: st.none(),
}


ACCEPTED = {kind: from_schema(schema, schema) for kind, schema in SCHEMAS.items()}


@pytest.mark.parametrize("kind", list(MODELS))
@given(st.data())
def test_any_document_that_the_schema_accepts_the_model_accepts(kind, data):
    document = data.draw(ACCEPTED[kind])
    assert VALIDATORS[kind].is_valid(document)
    assert model_accepts(kind, document)


VALID = {
    Published.BACKTEST_CONFIG: {
        "initial_capital": 5000,
        "commission": {"fixed": 1, "pct": 0.001},
        "slippage": 0.001,
        "position_size": 0.5,
        "max_positions": 2,
        "margin": 0.5,
        "trade_on_close": True,
        "start": "2020-01-31",
        "end": None,
        "symbols": ["SPX", "^GSPC"],
        "benchmark_symbol": "SPX",
        "lookback": 20,
    },
    Published.DEFINITION: {
        "name": "Dip",
        "description": "buys dips",
        "version": "1.2.3",
        "schema_version": "2.0.0",
        "framework": "rules",
        "symbol": "SPX",
        "symbols": ["A"],
        "interval": "1d",
        "period": "5y",
        "start": "2020-01-31",
        "parameters": {
            "n": 5,
            "x": 0.5,
            "f": True,
            "s": "text",
            "p": {"default": 5, "min": 1, "max": 9, "step": 1, "choices": [5, 6]},
        },
        "indicators": {
            "rsi": {"type": "RSI", "source": "close", "timeperiod": "$n"},
            "beta": {"type": "BETA", "source": ["high", "low"], "params": {"timeperiod": 5}},
            "obv": None,
        },
        "entry_rules": ["rsi < 30"],
        "exit_rules": ["rsi > 60"],
        "position_sizing": {"method": "fixed_units", "value": 3},
        "risk_limits": {"stop_loss_pct": 5, "max_positions": 2},
        "tags": ["a"],
        "author": "me",
        "created_at": "2024-01-31T12:00:00Z",
        "backtest": {"commission": 0.001, "margin": 1, "hedging": False},
    },
}


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(child, (*path, key))


def put(document, path, value):
    changed = copy.deepcopy(document)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


odd_values = (
    st.sampled_from(
        [None, True, False, 0, 1, -1, 1.0, 1.5, 0.05, 100, 1e15, 1e16, -1e15, "", "x", "1", "yes",
         "1d", "2020-01-31", "2020-02-30", "20200131", "0000-01-01", "2024-W01-1", "2020-01-31T00:00",
         "2.0.0", "1.0", "class", "rules", "a\n", "A", "max", "5y", [], {}, [1], ["a"], {"a": 1},
         {"default": 1}, {"type": "X"}, {"method": "fixed_units", "value": 1}, {"pct": 0.05},
         {"fixed": -1}, [None], "x" * 201, "x" * 1001, 10**17, 1_000_001]
    )
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)  # fmt: skip
odd_names = st.sampled_from(
    ["name", "margin", "start", "n", "if", "a-b", "a\n", "", "params", "type", "min", "fixed"]
) | st.text(max_size=5)


@pytest.mark.parametrize("kind", list(MODELS))
def test_full_document_is_accepted_by_both(kind):
    assert VALIDATORS[kind].is_valid(VALID[kind])
    assert model_accepts(kind, VALID[kind])


@pytest.mark.parametrize("kind", list(MODELS))
@given(st.data())
def test_schema_and_model_agree_on_any_changed_value(kind, data):
    path = data.draw(st.sampled_from([p for p in places(VALID[kind]) if p]))
    document = put(VALID[kind], path, data.draw(odd_values))
    agree(kind, document)


@pytest.mark.parametrize("kind", list(MODELS))
@given(st.data())
def test_schema_and_model_agree_on_any_added_or_missing_key(kind, data):
    document = copy.deepcopy(VALID[kind])
    inside = list(places(document))
    target = document
    for key in data.draw(st.sampled_from(inside)):
        target = target[key]
    if isinstance(target, dict):
        if target and data.draw(st.booleans()):
            del target[data.draw(st.sampled_from(sorted(target)))]
        else:
            target[data.draw(odd_names)] = data.draw(odd_values)
    agree(kind, document)


def test_editors_are_offered_talibs_functions():
    offered = json_schema(Published.DEFINITION)["$defs"]["IndicatorSpec"]["properties"]["type"]
    assert {"RSI", "MACD.signal", "BBANDS.upper"} <= set(offered["anyOf"][0]["enum"])
