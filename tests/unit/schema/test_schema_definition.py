"""Definitions: what passes, what is refused, where and with which words; all problems at once."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.schema.definition.check import (
    StrategyDefinition,
    check_definition,
    parameter_values,
    validate_mapping,
)
from components.schema.documents.reader import read_document
from components.schema.documents.writer import to_yaml
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import Severity

SMALLEST = {
    "name": "RSI",
    "description": "Test",
    "parameters": {},
    "indicators": {},
    "entry_rules": [],
    "exit_rules": [],
}
RULES = """name: Dip
description: buys dips
indicators: {rsi: {type: RSI, timeperiod: 14}}
entry_rules: [rsi < 30]
exit_rules: [rsi > 60]
"""


def found(check, text, **kind):
    return {(f.rule, f.line, f.column) for f in check(text, **kind).findings}


def test_smallest_definition_of_existing_clients_is_valid():
    checked = validate_mapping(SMALLEST)
    assert checked.passed
    assert checked.findings == ()
    assert checked.rules == ""
    assert checked.definition.version == "1.0.0"
    assert checked.definition.schema_version == "2.0.0"


def test_smallest_definition_beside_code_is_valid_and_without_code_never_trades(check):
    text = json.dumps(SMALLEST)
    assert check(text, file="strategy.json", has_code=True).passed
    refused = check(text, file="strategy.json", has_code=False)
    assert [f.rule for f in refused.findings] == ["no-entry"]
    assert check(text, file="strategy.json", has_code=None).passed


def test_rules_without_code_are_compiled(check):
    checked = check(RULES)
    program = json.loads(checked.rules)
    assert program["entry"]["long"] == [["compare", ["<"], [["indicator", "rsi", 0], ["num", 30]]]]
    assert program["sizing"] == {"method": "equity_fraction", "value": 1.0}
    assert program["risk"]["max_positions"] == 1


def test_rules_beside_code_are_documentation(check):
    text = RULES.replace("rsi < 30", "buy the dip, carefully")
    checked = check(text, has_code=True)
    assert checked.passed
    assert checked.rules == ""


def test_body_without_folder_is_warned_about_rules_that_do_not_run():
    loose = {**SMALLEST, "entry_rules": ["buy when it is cheap"]}
    checked = validate_mapping(loose)
    assert checked.passed
    assert [f.severity for f in checked.findings] == [Severity.WARNING]
    assert not validate_mapping({**loose, "framework": "rules"}).passed


@pytest.mark.parametrize(
    ("framework", "has_code", "says"),
    [
        ("rules", True, "only one can trade"),
        ("backtesting.py", False, "no strategy.py"),
    ],
)
def test_framework_that_does_not_fit_the_folder_is_refused(check, framework, has_code, says):
    checked = check(RULES + f"framework: {framework}\n", has_code=has_code)
    assert any(f.rule == "framework" and says in f.message for f in checked.findings)


FAULTS = [
    ("name: class\n", "bad-value", "word of the Python language"),
    ("name: 1st\n", "bad-value", "starting with a letter"),
    ("name: a b\n", "bad-value", "letters, digits and _"),
    ("name: ''\n", "out-of-range", "at least 1 characters"),
    (f"name: {'a' * 101}\n", "out-of-range", "at most 100 characters"),
    ("name: 5\n", "wrong-type", "allowed: text"),
    ("name:\n", "wrong-type", "allowed: text"),
    ("version: 1.0\n", "wrong-type", "allowed: text"),
    ("version: '1.0'\n", "bad-value", "MAJOR.MINOR.PATCH"),
    ("version: v1.0.0\n", "bad-value", "MAJOR.MINOR.PATCH"),
    ("version: 01.0.0\n", "bad-value", "MAJOR.MINOR.PATCH"),
    ("schema_version: 1.0.0\n", "schema-version", "2.0.0"),
    ("schema_version: 2.0\n", "schema-version", "2.0.0"),
    ("framework: backtrader\n", "bad-value", "backtesting.py, rules"),
    ("symbol: ../etc\n", "bad-value", "letters, digits"),
    ("symbol: [SPX]\n", "wrong-type", "allowed: text"),
    ("symbols: SPX\n", "wrong-type", "allowed: a list"),
    ("symbols: [SPX, SPX]\n", "duplicate-symbol", "SPX twice"),
    ("symbol: A\nsymbols: [B]\n", "either-or", "both given"),
    ("interval: daily\n", "bad-value", "such as 1d"),
    ("interval: 0d\n", "bad-value", "such as 1d"),
    ("period: 5 years\n", "bad-value", "such as 5y"),
    ("period: 5y\nstart: 2020-01-01\n", "either-or", "both given"),
    ("start: 2020-13-01\n", "bad-value", "day of the calendar"),
    ("start: 20200101\n", "bad-value", "YYYY-MM-DD"),
    ("start: 2021-01-01\nend: 2020-01-01\n", "out-of-range", "not before"),
    ("created_at: yesterday\n", "bad-value", "2024-01-31"),
    ("tags: trend\n", "wrong-type", "a list"),
    ("tags: [1]\n", "wrong-type", "text"),
    ("descripton: x\n", "unknown-field", "is not a field"),
    ("parameters: {n: [1]}\n", "wrong-type", "number or text"),
    ("parameters: {n: }\n", "wrong-type", "number or text"),
    ("parameters: {n: .inf}\n", "wrong-type", "finite number"),
    ("parameters: {n: 1e300}\n", "out-of-range", "1e+15 or less"),
    ("parameters: {1x: 1}\n", "bad-value", "letters, digits"),
    ("parameters: {if: 1}\n", "bad-value", "Python language"),
    ("parameters: {next: 1}\n", "reserved-name", "Strategy's own"),
    ("parameters: {n: {min: 1}}\n", "missing-field", "`parameters.n.default`"),
    ("parameters: {n: {default: 1, min: 2, max: 3}}\n", "out-of-range", "outside 2 to 3"),
    ("parameters: {n: {default: 1, min: 3, max: 2}}\n", "out-of-range", "above max"),
    ("parameters: {n: {default: x, min: 3}}\n", "wrong-type", "for numbers"),
    ("parameters: {n: {default: 1, step: 0}}\n", "out-of-range", "more than 0"),
    ("parameters: {n: {default: 1, choices: []}}\n", "out-of-range", "at least 1 entries"),
    ("parameters: {n: {default: 1, choices: [2, 3]}}\n", "out-of-range", "not among"),
    ("parameters: {n: {default: 1, choices: [1, a]}}\n", "wrong-type", "different kinds"),
    ("parameters: {n: {default: 1, mni: 2}}\n", "unknown-field", "`parameters.n`"),
    ("position_sizing: {method: all, value: 1}\n", "bad-value", "equity_fraction"),
    ("position_sizing: {method: fixed_units, value: 0}\n", "out-of-range", "more than 0"),
    ("position_sizing: {method: fixed_units, value: 1.5}\n", "out-of-range", "whole"),
    ("position_sizing: {method: equity_fraction, value: 50}\n", "out-of-range", "up to 1"),
    ("position_sizing: {method: risk_percent, value: 1}\n", "missing-field", "needs a stop"),
    ("position_sizing: {method: equity_fraction}\n", "missing-field", "value"),
    ("risk_limits: {stop_loss_pct: -5}\n", "out-of-range", "more than 0"),
    ("risk_limits: {stop_loss_pct: 100}\n", "out-of-range", "less than 100"),
    ("risk_limits: {stop_loss_pct: '5'}\n", "wrong-type", "a number"),
    ("risk_limits: {max_positions: 1.5}\n", "wrong-type", "a whole number"),
    ("risk_limits: {max_positions: true}\n", "wrong-type", "a whole number"),
    ("risk_limits: {max_positions: 0}\n", "out-of-range", "1 or more"),
    ("risk_limits: 5\n", "wrong-type", "key: value"),
    ("backtest: {margin: 0}\n", "out-of-range", "more than 0"),
    ("backtest: {commission: {pct: 2}}\n", "out-of-range", "less than 0.1"),
    ("backtest: {commission: free}\n", "wrong-type", "a number"),
    ("backtest: {trade_on_close: yes}\n", "wrong-type", "true or false"),
    ("backtest: {start: 2021-01-01, end: 2020-01-01}\n", "bad-value", "before end"),
    ("entry_rules: rsi < 30\n", "wrong-type", "a list"),
    ("entry_rules: [{rsi: 1}]\n", "wrong-type", "text"),
    ("steps: []\n", "schema-version", "version 1.x"),
]


@pytest.mark.parametrize(("lines", "rule", "says"), FAULTS, ids=[f[0][:40] for f in FAULTS])
def test_fault_is_named_with_line_and_words(check, lines, rule, says):
    keys = {line.split(":")[0] for line in lines.splitlines()}
    rest = "".join(line + "\n" for line in RULES.splitlines() if line.split(":")[0] not in keys)
    checked = check(lines + rest, has_code=lines.startswith("entry_rules"))
    assert not checked.passed
    named = [f for f in checked.findings if f.rule == rule]
    assert named, checked.findings
    assert any(says in f.message for f in named), [f.message for f in named]
    for finding in checked.findings:
        assert finding.file == "strategy.yaml"
        assert all((finding.line, finding.column, finding.source_line)), finding
        assert all((finding.found, finding.allowed, finding.hint)), finding


def test_all_problems_of_a_file_come_at_once_at_their_places(check):
    text = """name: Dip
descripton: x
version: 1.0
parameters: {n: {default: 5, mni: 1}}
indicators:
  rsi: {type: RSY}
entry_rules:
  - rsi < 30
  - clsoe[1] > 2
  - "close[1] > 2"
risk_limits: {stop_loss: 5}
"""
    assert found(check, text) == {
        ("missing-field", 1, 1),
        ("unknown-field", 2, 1),
        ("wrong-type", 3, 10),
        ("unknown-field", 4, 30),
        ("unknown-indicator", 6, 15),
        ("unknown-name", 9, 5),
        ("look-ahead", 10, 6),
        ("unknown-field", 11, 15),
    }


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("entry_rule: []\n", "did you mean `entry_rules`?"),
        ("Name: x\n", "did you mean `name`?"),
        ("risk_limits: {stoploss_pct: 5}\n", "did you mean `stop_loss_pct`?"),
        ("framework: backtesting\n", "did you mean `backtesting.py`?"),
        ("schema_version: 1.1.0\n", "algoops schema migrate"),
        ("version: 2\n", 'put it in quotes: "2"'),
        ("backtest: {hedging: on}\n", "write true"),
        ("risk_limits:\n", "remove the line"),
        ("<<: {a: 1}\n", "merge keys"),
    ],
)
def test_hint_says_what_to_write_instead(check, text, hint):
    assert any(hint in f.hint for f in check(RULES + text).findings)


HOSTILE = {
    "keys": "".join(f"nam{i}: 1\n" for i in range(15_000)),
    "equal keys": "a: 1\n" * 15_000,
    "parameters": "name: x\nparameters:\n" + "".join(f"  p{i}: [1]\n" for i in range(9_000)),
    "arguments": RULES.replace("14", "14, " + ", ".join(f"a{i}: 1" for i in range(15_000))),
    "rules": "name: x\ndescription: y\nentry_rules:\n" + "  - clsoe > 1 + 2 * x\n" * 50,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_file_with_thousands_of_problems_gets_a_hundred_findings_and_a_word_about_the_rest(
    check, name
):
    findings = check(HOSTILE[name]).findings
    assert 1 <= len(findings) <= 101
    rest = [f for f in findings if f.rule == "too-many-findings"]
    assert len(rest) == (1 if len(findings) == 101 else 0)
    assert findings[0].severity is Severity.ERROR


def test_word_about_the_rest_counts_it(check):
    findings = check(HOSTILE["keys"]).findings
    assert findings[-1].message == "14,902 more problems are not shown"


def test_number_where_a_flag_word_was_meant_is_warned_about(check):
    text = RULES + "parameters: {use_filter: yes}\n"
    assert ("yes-no-text", 6, 26) in found(check, text)


@pytest.mark.parametrize("value", ["'yes'", '"no"', "{default: 'on', choices: ['on', 'off']}"])
def test_flag_word_in_quotes_is_text_on_purpose(check, value):
    findings = check(RULES + f"parameters: {{mode: {value}}}\n").findings
    assert "yes-no-text" not in {f.rule for f in findings}


def test_percentages_written_as_fractions_are_warned_about(check):
    checked = check(RULES + "risk_limits: {stop_loss_pct: 0.05}\n")
    assert checked.passed
    assert [f.rule for f in checked.findings] == ["suspicious-percent"]
    assert "did you mean 5?" in checked.findings[0].hint


def test_folder_called_otherwise_is_refused(check):
    assert ("folder-name", 1, 7) in found(check, RULES, folder="dip")
    assert check(RULES, folder="Dip").passed
    assert check(RULES, folder="dip", folder_is_name=False).passed


def test_folder_that_cannot_be_a_name_is_to_be_renamed(check):
    finding = next(f for f in check(RULES, folder="my dip").findings if f.rule == "folder-name")
    assert "rename the folder" in finding.hint
    assert "my dip" not in finding.allowed


def test_policy_asks_for_fields_names_and_frameworks(check):
    rules = {f.rule for f in check(RULES, required=("author", "name")).findings}
    assert rules == {"missing-field"}
    assert {f.rule for f in check(RULES, name_pattern="^[a-z_]+$").findings} == {"bad-name"}
    assert {f.rule for f in check(RULES, frameworks=("backtesting.py",)).findings} == {"framework"}


def test_policy_sets_severities(check):
    text = RULES.replace("exit_rules: [rsi > 60]\n", "")
    assert check(text).passed
    refused = check(text, severities={"missing-exit": "error"})
    assert not refused.passed
    assert refused.findings[0].rule == "missing-exit"


def test_finding_inside_a_rule_points_into_the_line(check):
    text = RULES.replace("[rsi < 30]", '\n  - "rsi < 30 and rsj > 2"')
    finding = check(text).findings[0]
    assert finding.source_line[finding.column - 1 : finding.end_column - 1] == "rsj"


def test_finding_without_a_file_points_into_the_rule():
    body = {**SMALLEST, "framework": "rules", "entry_rules": ["close > 1", "close > opne"]}
    finding = next(f for f in validate_mapping(body).findings if f.rule == "unknown-name")
    assert finding.source_line == "close > opne"
    assert finding.source_line[finding.column - 1 : finding.end_column - 1] == "opne"
    assert finding.line is None
    assert finding.message.startswith("entry_rules[1]: ")


def test_parameter_values_are_the_defaults(check):
    text = RULES + "parameters: {a: 1, b: {default: 2.5, min: 0, max: 9}, c: x, d: true}\n"
    values = parameter_values(check(text).definition)
    assert values == {"a": 1, "b": 2.5, "c": "x", "d": True}
    assert [type(v) for v in values.values()] == [int, float, str, bool]


@pytest.mark.parametrize("body", [None, 5, "x", [], [1], True, {}, {"steps": 1}])
def test_body_of_another_kind_is_a_finding(body):
    checked = validate_mapping(body)
    assert not checked.passed
    assert checked.findings


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
field_names = st.sampled_from(sorted(StrategyDefinition.model_fields))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(field_names, json_values, max_size=8), st.booleans() | st.none())
def test_any_values_in_any_fields_end_in_findings(fields, has_code):
    checked = validate_mapping({**SMALLEST, **fields}, has_code=has_code)
    assert checked.passed is not any(f.severity is Severity.ERROR for f in checked.findings)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_findings(data):
    checked = check_definition(
        data, "strategy.yaml", folder=None, has_code=False, policy=SchemaPolicy()
    )
    assert checked.findings


names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,12}\Z").filter(
    lambda n: validate_mapping({**SMALLEST, "name": n}).passed
)
numbers = st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15)
plain = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn"]), max_size=40)
definitions = st.fixed_dictionaries(
    {"name": names, "description": plain},
    optional={
        "version": st.sampled_from(["0.0.1", "10.2.3", "1.0.0-rc.1+b7"]),
        "symbol": st.sampled_from(["SPX", "^GSPC", "BRK.B", "EURUSD=X"]),
        "interval": st.sampled_from(["1d", "15m", "1wk"]),
        "start": st.dates().map(str),
        "parameters": st.dictionaries(names, numbers | st.booleans() | plain, max_size=4),
        "indicators": st.dictionaries(
            names,
            st.none()
            | st.fixed_dictionaries(
                {"type": st.sampled_from(["RSI", "SMA", "MACD.signal"])},
                optional={"source": st.just("close"), "timeperiod": st.integers(2, 50)},
            ),
            max_size=4,
        ),
        "entry_rules": st.lists(plain, max_size=3),
        "risk_limits": st.fixed_dictionaries(
            {}, optional={"stop_loss_pct": st.floats(0.1, 99), "max_positions": st.integers(1, 9)}
        ),
        "tags": st.lists(plain, max_size=3),
        "backtest": st.fixed_dictionaries(
            {},
            optional={
                "commission": st.floats(0, 0.09)
                | st.fixed_dictionaries({}, optional={"pct": st.floats(0, 0.09)}),
                "margin": st.floats(0.01, 1),
                "end": st.dates().map(str),
                "hedging": st.booleans(),
            },
        ),
    },
)


@given(definitions)
def test_any_parsed_definition_round_trips_through_json_and_yaml(fields):
    definition = StrategyDefinition.model_validate(fields)
    dumped = definition.model_dump(mode="json")
    assert StrategyDefinition.model_validate(dumped) == definition
    as_json = read_document(json.dumps(dumped).encode(), "s.json")
    as_yaml = read_document(to_yaml(dumped).encode(), "s.yaml")
    assert StrategyDefinition.model_validate(as_json.value) == definition
    assert StrategyDefinition.model_validate(as_yaml.value) == definition
