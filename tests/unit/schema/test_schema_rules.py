"""The rule language: what is read, what is refused, at which character, with which words."""

import ast
import json

import pytest
from backtesting import Strategy
from hypothesis import given
from hypothesis import strategies as st

from components.schema.definition.models import StrategyDefinition
from components.schema.rule_language.compiler import compile_rules
from components.schema.rule_language.scope import STRATEGY_ATTRIBUTES

INDICATORS = {
    "rsi": {"type": "RSI"},
    "sma": {"type": "SMA", "timeperiod": "$n"},
    "macd": {"type": "MACD"},
    "bands": {"type": "BBANDS", "std": 2},
    "signal_line": {"type": "MACD.signal"},
    "doji": {"type": "CDLDOJI"},
}
PARAMETERS = {
    "n": {"default": 20, "min": 5, "max": 50},
    "level": 30,
    "half": 0.5,
    "strict": True,
    "label": "x",
    "top": 150,
}


def compiled(*entry, exits=("rsi > 60",), **fields):
    definition = StrategyDefinition(
        name="T",
        description="",
        entry_rules=entry,
        exit_rules=exits,
        **{"indicators": INDICATORS, "parameters": PARAMETERS, **fields},
    )
    return compile_rules(definition)


def problems(*entry, **fields):
    ignored = ("unused-indicator", "unused-parameter")
    return [p for p in compiled(*entry, **fields).problems if p.rule not in ignored]


def code(text):
    assert problems(text) == []
    return compiled(text).program["entry"]["long"][0]


@pytest.mark.parametrize("lag", [f"+{'-' * 470}1", f"not {'-' * 470}1"])
def test_a_lag_nested_deeper_than_python_writes_is_the_rules_fault_and_not_ours(lag):
    assert [p.rule for p in problems(f"close[{lag}] > 2")] == ["rule-lag"]


CLOSE, RSI = ["series", "close"], ["indicator", "rsi", 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rsi < 30", ["compare", ["<"], [RSI, ["num", 30]]]),
        ("20 < rsi <= level", ["compare", ["<", "<="], [["num", 20], RSI, ["param", "level"]]]),
        ("close[-1] > open", ["compare", [">"], [["lag", CLOSE, ["num", 1]], ["series", "open"]]]),
        ("close[-n] > 1", ["compare", [">"], [["lag", CLOSE, ["param", "n"]], ["num", 1]]]),
        ("close[0] > 1", ["compare", [">"], [CLOSE, ["num", 1]]]),
        ("close[-0] > 1", ["compare", [">"], [["lag", CLOSE, ["num", 0]], ["num", 1]]]),
        ("macd > 0", ["compare", [">"], [["indicator", "macd", 0], ["num", 0]]]),
        ("macd.hist > 0", ["compare", [">"], [["indicator", "macd", 2], ["num", 0]]]),
        ("bands.lower > 0", ["compare", [">"], [["indicator", "bands", 2], ["num", 0]]]),
        ("signal_line > 0", ["compare", [">"], [["indicator", "signal_line", 0], ["num", 0]]]),
        ("not strict", ["not", ["flag", "strict"]]),
        ("close * -1 < -5", ["compare", ["<"], [["mul", CLOSE, ["num", -1]], ["num", -5]]]),
        ("-close < -(+1)", ["compare", ["<"], [["neg", CLOSE], ["num", -1]]]),
        ("position == 0", ["compare", ["=="], [["position"], ["num", 0]]]),
        ("crossover(close, sma)", ["call", "crossover", CLOSE, ["indicator", "sma", 0]]),
        ("rising(close, 3)", ["call", "rising", CLOSE, ["num", 3]]),
        ("falling(rsi, n)", ["call", "falling", RSI, ["param", "n"]]),
        (
            "close > highest(high, 20)[-1]",
            [
                "compare",
                [">"],
                [CLOSE, ["lag", ["call", "highest", ["series", "high"], ["num", 20]], ["num", 1]]],
            ],
        ),
        (
            "barssince(rsi < 30) <= 5",
            [
                "compare",
                ["<="],
                [["call", "barssince", ["compare", ["<"], [RSI, ["num", 30]]]], ["num", 5]],
            ],
        ),
        (
            "max(close, open, sma) > 1",
            [
                "compare",
                [">"],
                [["call", "max", CLOSE, ["series", "open"], ["indicator", "sma", 0]], ["num", 1]],
            ],
        ),
    ],
)
def test_rule_is_compiled(text, expected):
    assert code(text) == expected


def test_and_or_and_line_breaks_are_read():
    text = "(rsi < 30\n  or close > sma)\n  and volume > 0.5"
    assert code(text)[0] == "and"


def test_sides_are_kept_apart():
    program = compiled("long: rsi < 30", "SHORT : rsi > 70", "close > sma").program
    assert len(program["entry"]["long"]) == 2
    assert len(program["entry"]["short"]) == 1


REFUSED = [
    ("", "rule-syntax", None),
    ("   ", "rule-syntax", None),
    ("short:", "rule-syntax", None),
    ("close >", "rule-syntax", None),
    ("close > > 3", "rule-syntax", ">"),
    ("(close > 3", "rule-syntax", "("),
    ("close = 3", "rule-syntax", "="),
    ("close > 3 & rsi < 3", "rule-syntax", "&"),
    ("close > 3 || rsi < 3", "rule-syntax", "|"),
    ("!strict", "rule-syntax", "!"),
    ("close > 5%", "rule-syntax", "%"),
    ("close > $n", "rule-syntax", "$"),
    ("close > 'x'", "rule-syntax", "'"),
    ("close[1:2] > 3", "rule-syntax", ":"),
    ("close crosses above sma", "rule-syntax", "c"),
    ("close > 1_000", "rule-syntax", "1"),
    ("close > 0x1f", "rule-syntax", "0"),
    ("close > 1if strict else 2", "rule-syntax", "1"),
    ("\uff43lose > 1", "rule-syntax", "\uff43"),
    ("close > 1\x00", "rule-syntax", "\x00"),
    ("x" * 501, "rule-too-long", None),
    ("close > " + "(" * 60 + "1" + ")" * 60 + "+ 1" * 90, "rule-syntax", None),
    ("-" * 60 + "close > 1", "rule-syntax", None),
    ("close", "rule-kind", "close"),
    ("rsi and close > 1", "rule-kind", "rsi"),
    ("not rsi", "rule-kind", "rsi"),
    ("(close > 1) + 1 > 2", "rule-kind", "close > 1"),
    ("label > 1", "rule-kind", "label"),
    ("strict > 1", "rule-kind", "strict"),
    ("level[-1] > 1", "rule-kind", "level[-1]"),
    ("5[-1] > 1", "rule-kind", "5[-1]"),
    ("(close > 1)[-1]", "rule-kind", "(close > 1)[-1]"),
    ("crossover(close > 1, 3)", "rule-kind", "close > 1"),
    ("barssince(close) > 1", "rule-kind", "close"),
    ("close > 1 if strict else rsi > 2", "rule-construct", None),
    ("close in (1, 2)", "rule-construct", None),
    ("close is 3", "rule-construct", None),
    ("close ** 2 > 3", "rule-construct", "close ** 2"),
    ("close // 2 > 3", "rule-construct", "close // 2"),
    ("[close] > 3", "rule-construct", "[close]"),
    ("(lambda)", "rule-syntax", None),
    ("close.real > 3", "unknown-output", "close.real"),
    ("rsi.value > 3", "unknown-output", "rsi.value"),
    ("macd.foo > 3", "unknown-output", "macd.foo"),
    ("bands > 3", "which-output", "bands"),
    ("(close).x > 3", "unknown-output", None),
    ("close > True", "rule-construct", "True"),
    ("close > None", "rule-construct", "None"),
    ("close > 1e999", "rule-construct", "1e999"),
    ("close > 1e20", "rule-construct", "1e20"),
    ("close > 1j", "rule-syntax", "1"),
    ("Close > 1", "unknown-name", "Close"),
    ("ema > 1", "unknown-name", "ema"),
    ("__class__ > 1", "unknown-name", "__class__"),
    ("crossover > 1", "unknown-name", "crossover"),
    ("sma(close, 20) > 1", "unknown-function", "sma"),
    ("__import__(close) > 1", "unknown-function", "__import__"),
    ("close.mean() > 1", "rule-construct", None),
    ("crossover(close)", "rule-arguments", "crossover(close)"),
    ("crossover(close, sma, 1)", "rule-arguments", None),
    ("abs() > 1", "rule-arguments", "abs()"),
    ("max(close) > 1", "rule-arguments", "max(close)"),
    ("crossover(a=close, b=sma)", "rule-syntax", "="),
    ("crossover(**sma)", "rule-arguments", None),
    ("abs(*close) > 1", "rule-construct", "*close"),
    ("highest(close, 0) > 1", "rule-count", "0"),
    ("highest(close, 2.5) > 1", "rule-count", "2.5"),
    ("highest(close, close) > 1", "rule-count", "close"),
    ("highest(close, half) > 1", "rule-count", "half"),
    ("highest(close, 100000) > 1", "rule-count", "100000"),
    ("highest(highest(highest(close, 200), 200), 200) > 1", "rule-too-costly", None),
    ("barssince(position > 0) > 1", "rule-history", None),
    ("position[-1] > 1", "rule-history", "position[-1]"),
    ("close[1.5] > 1", "look-ahead", "close[1.5]"),
    ("close[-1.5] > 1", "rule-count", "1.5"),
    ("close[sma] > 1", "look-ahead", None),
    ("close[-sma] > 1", "rule-count", "sma"),
    ("close[1 - 2] > 1", "rule-lag", None),
    ("close / 0 > 1", "never-true", "close / 0"),
]


@pytest.mark.parametrize(("text", "rule", "marked"), REFUSED, ids=[r[0][:30] for r in REFUSED])
def test_rule_is_refused_at_the_character(text, rule, marked):
    found = problems(text)
    assert [p.rule for p in found] == [rule], found
    assert found[0].path == ("entry_rules", 0)
    if marked is not None:
        start, end = found[0].span
        assert text[start:end].startswith(marked) or marked.startswith(text[start:end])


@pytest.mark.parametrize("text", ["close[1] > 3", "close > sma[2]", "highest(close, 3)[1] > close"])
def test_look_ahead_is_explained(text):
    (problem,) = problems(text)
    assert problem.rule == "look-ahead"
    assert "hasn't happened yet" in problem.message
    assert "[-1]` the one before" in problem.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("clsoe > 3", "did you mean `close`?"),
        ("rs > 3", "did you mean `rsi`?"),
        ("close > 3 AND rsi < 2", "`close > sma and rsi < 30`"),
        ("crosover(close, sma)", "did you mean `crossover`?"),
        ("macd.signl > 3", "did you mean `signal`?"),
        ("close crosses above sma", "crossover(a, b)"),
        ("close > 3 && rsi < 2", "write `and`"),
        ("crossover > 3", "crossover(a, b)"),
    ],
)
def test_hint_names_what_was_meant(text, hint):
    assert hint in problems(text)[0].hint


NEVER = [
    "rsi > 100",
    "rsi >= 100.5",
    "rsi < 0",
    "rsi == 101",
    "high < low",
    "close > high",
    "low > open",
    "high[-1] < low[-1]",
    "close < 0",
    "close > close",
    "close != close",
    "rsi > top",
    "doji > 200",
    "rsi - 100 > 0",
    "rsi / 2 > 60",
    "abs(rsi - 50) > 50",
    "min(rsi, 20) > 20",
    "highest(rsi, 5) > 100",
    "crossover(rsi, 100)",
    "crossover(rsi, -5)",
    "crossunder(rsi, 0)",
    "crossover(close, close)",
    "crossover(30, 20)",
    "barssince(rsi < 30) < 0",
    "70 < rsi < 30",
    "rsi < 30 and rsi > 70",
    "rsi < 30 and rsi >= 30",
    "rsi == 30 and rsi != 30 and rsi > 31",
    "close > sma and close < sma",
    "close > sma and sma >= close",
    "crossover(close, sma) and close < sma",
    "level > 40",
]


@pytest.mark.parametrize("text", NEVER)
def test_comparison_that_can_never_hold_is_found(text):
    assert "never-true" in [p.rule for p in problems(text)]


ALWAYS = ["rsi <= 100", "close >= 0", "low <= high", "close == close", "level < 40", "-rsi <= 0"]


@pytest.mark.parametrize("text", ALWAYS)
def test_comparison_that_always_holds_is_found(text):
    assert [p.rule for p in problems(text)] == ["always-true"]


POSSIBLE = [
    "rsi >= 100",
    "rsi < n",
    "rsi < 30 or rsi > 70",
    "close > sma and close[-1] < sma[-1]",
    "rsi > 30 and rsi < 70",
    "high >= close",
    "high == low",
    "close > high[-1]",
    "rsi[-1] < 30 and rsi > 30",
    "crossover(close, sma) and close > sma",
    "not (rsi < 30 and rsi > 20)",
    "close / volume > 5",
    "rsi >= 30 and rsi <= 30",
    "rsi * rsi > 5000",
]


@pytest.mark.parametrize("text", POSSIBLE)
def test_comparison_that_may_hold_is_left_alone(text):
    rules = [p.rule for p in problems(text)]
    assert "never-true" not in rules
    assert rules in ([], ["always-true"])


def test_rules_of_a_list_that_exclude_one_another_are_found_at_the_later_one():
    (problem,) = problems("rsi < 30", "close > sma", "rsi > 70")
    assert (problem.rule, problem.path) == ("never-true", ("entry_rules", 2))
    assert problems("rsi < 30", "short: rsi > 70", exits=("rsi > 50", "short: rsi < 50")) == []


def test_side_without_a_way_out_is_found():
    (problem,) = problems("rsi < 30", "short: rsi > 70")
    assert (problem.rule, problem.key) == ("missing-exit", True)
    assert "short positions are never left" in problem.message
    assert problems("short: rsi > 70", risk_limits={"stop_loss_pct": 5}) == []


def test_target_that_a_short_can_never_reach_is_found():
    (problem,) = problems("short: rsi > 70", risk_limits={"take_profit_pct": 100})
    assert problem.rule == "unreachable-target"
    assert problems("rsi < 30", risk_limits={"take_profit_pct": 100}) == []


def test_unused_indicators_and_parameters_are_found():
    used = {p.found for p in compiled("rsi < level").problems}
    assert used == {"sma", "macd", "bands", "signal_line", "doji", "half", "strict", "label", "top"}


def test_indicator_used_only_by_another_is_used_and_computed_first():
    indicators = {
        "smooth": {"type": "EMA", "source": "rsi", "timeperiod": 3},
        "rsi": {"type": "RSI"},
    }
    result = compiled("smooth < 30", exits=("smooth > 50",), indicators=indicators, parameters={})
    assert result.problems == ()
    assert [i["name"] for i in result.program["indicators"]] == ["rsi", "smooth"]
    assert result.program["indicators"][1]["inputs"] == [["indicator", "rsi", 0]]


INDICATOR_FAULTS = [
    ({"type": "RSY"}, "unknown-indicator", ("type",)),
    ({"type": "rsi"}, "unknown-indicator", ("type",)),
    ({"type": "MACD.foo"}, "unknown-output", ("type",)),
    ({"type": "RSI", "timeperiod": 1}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": 2.5}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": True}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": "14"}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": "$nobody"}, "unknown-parameter", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": "$half"}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiod": "$label"}, "indicator-argument", ("timeperiod",)),
    ({"type": "RSI", "timeperiods": 14}, "unknown-argument", ("timeperiods",)),
    ({"type": "RSI", "params": {"fast": 3}}, "unknown-argument", ("params", "fast")),
    ({"type": "MA", "matype": "EMMA"}, "indicator-argument", ("matype",)),
    ({"type": "T3", "vfactor": 2}, "indicator-argument", ("vfactor",)),
    ({"type": "SMA", "source": "cloze"}, "unknown-source", ("source",)),
    ({"type": "SMA", "source": ["close", "open"]}, "source-count", ("source",)),
    ({"type": "SMA", "source": "x"}, "indicator-cycle", ("source",)),
    ({"type": "SMA", "source": "bands"}, "which-output", ("source",)),
    ({"type": "BETA"}, "source-count", ("source",)),
    ({"type": "BETA", "source": "close"}, "source-count", ("source",)),
    ({"type": "ATR", "source": "close"}, "unused-source", ("source",)),
    (None, "unknown-indicator", ()),
]


@pytest.mark.parametrize(("spec", "rule", "path"), INDICATOR_FAULTS)
def test_faulty_indicator_is_found_at_its_field(spec, rule, path):
    found = problems("rsi < 30", "x > 0", indicators={**INDICATORS, "x": spec})
    assert [(p.rule, p.path) for p in found] == [(rule, ("indicators", "x", *path))]


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        ({"type": "RSI", "period": 7}, {"timeperiod": ["num", 7]}),
        ({"type": "RSI", "params": {"length": "$n"}}, {"timeperiod": ["param", "n"]}),
        ({"type": "MA", "matype": "EMA"}, {"matype": ["num", 1]}),
        ({"type": "MACD.hist", "fast": 3}, {"fastperiod": ["num", 3]}),
        ({"type": "BBANDS.upper", "std": 3}, {"nbdevup": ["num", 3.0], "nbdevdn": ["num", 3.0]}),
        ({"type": "BETA", "source": ["close", "open"]}, {}),
        ({"type": "RSI", "timeperiod": 14.0}, {"timeperiod": ["num", 14]}),
    ],
)
def test_short_names_of_arguments_are_understood(spec, arguments):
    result = compiled("rsi < 30", "x > 1", indicators={**INDICATORS, "x": spec})
    assert result.program["indicators"][-1]["parameters"] == arguments


def test_null_indicator_is_the_function_of_its_name():
    result = compiled("obv > 0", indicators={**INDICATORS, "obv": None})
    assert result.program["indicators"][-1]["function"] == "OBV"
    assert result.program["indicators"][-1]["inputs"] == [CLOSE, ["series", "volume"]]


def test_attributes_of_the_packages_strategy_are_all_reserved():
    public = {name for name in dir(Strategy) if not name.startswith("_")}
    assert public == STRATEGY_ATTRIBUTES


@pytest.mark.parametrize("name", ["close", "volume", "position", "crossover", "max", "data", "I"])
def test_name_of_the_language_is_not_for_indicators(name, check):
    text = f"""name: T
description: x
indicators: {{{name}: {{type: RSI}}}}
entry_rules: [open > 1]
exit_rules: [open < 1]
"""
    assert "reserved-name" in {f.rule for f in check(text).findings}


def test_parameter_and_indicator_of_one_name_are_refused(check):
    text = """name: T
description: x
parameters: {x: 1}
indicators: {x: {type: RSI}}
entry_rules: [x > 1]
exit_rules: [x < 1]
"""
    assert "reserved-name" in {f.rule for f in check(text).findings}


rule_words = st.sampled_from(
    [
        "close",
        "open",
        "high",
        "rsi",
        "sma",
        "macd",
        "macd.signal",
        "bands.upper",
        "n",
        "level",
        "half",
        "strict",
        "label",
        "position",
        "crossover(",
        "rising(",
        "highest(",
        "barssince(",
        "max(",
        "(",
        ")",
        "[",
        "]",
        "[-1]",
        "[1]",
        ",",
        "and",
        "or",
        "not",
        "<",
        ">",
        "<=",
        "==",
        "!=",
        "+",
        "-",
        "*",
        "/",
        "0",
        "1",
        "2",
        "30",
        "0.5",
        "1e3",
        "long:",
        "short:",
        "if",
        "else",
        "lambda",
        "x",
        ".",
        "**",
        "%",
    ]
)


@given(st.lists(rule_words, max_size=14).map(" ".join))
def test_any_rule_like_text_is_compiled_or_refused(text):
    result = compiled(text)
    json.dumps(result.program)


@given(st.text(max_size=60))
def test_any_text_is_compiled_or_refused(text):
    compiled(text)


@given(st.text(alphabet="closersi()[]-1.<>=+*/ andotx,:", max_size=40))
def test_whatever_is_compiled_python_would_have_read_too(text):
    result = compiled(text)
    if result.program["entry"]["long"] or result.program["entry"]["short"]:
        body = text.split(":", 1)[1] if ":" in text else text
        ast.parse(" ".join(body.split()), mode="eval")
