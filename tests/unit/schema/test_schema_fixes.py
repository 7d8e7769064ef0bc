"""Fixes of definitions: each makes its finding go and leaves a readable file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.schema.definition.check import check_definition
from components.schema.documents.reader import read_document
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.fixes import Edit, applied, change_of, diff_of

GOOD = """\
name: golden_cross
description: Long while the fast average is above the slow one.
symbol: SPX
parameters:
  fast: {default: 50, min: 10, max: 100}
indicators:
  quick: {type: SMA, timeperiod: $fast}
  calm: {type: SMA, timeperiod: 200}
entry_rules:
  - crossover(quick, calm)
risk_limits:
  stop_loss_pct: 8
"""


def checked(text, file="strategies/golden_cross/strategy.yaml"):
    return check_definition(
        text.encode(), file, folder="golden_cross", has_code=False, policy=SchemaPolicy()
    ).findings


CASES = [
    ("unknown-field", "symbol:", "symbl:"),
    ("unknown-field", "symbol:", "'symbl':"),
    ("unknown-field", "min: 10", "mni: 10"),
    ("unknown-field", "stop_loss_pct", "stop_los_pct"),
    ("unknown-function", "crossover(", "crosover("),
    ("unknown-name", "(quick,", "(quik,"),
    ("unknown-indicator", "calm: {type: SMA,", "calm: {type: SMAA,"),
    ("unknown-argument", "timeperiod: 200", "timeperod: 200"),
    ("unknown-parameter", "$fast", "$fas"),
    ("unknown-source", "timeperiod: 200", "timeperiod: 200, source: closee"),
    ("bad-value", "symbol: SPX", 'symbol: SPX\nframework: "rulez"'),
    ("wrong-type", "symbol: SPX", "symbol: 7203"),
    ("wrong-type", "symbol: SPX", "symbol: SPX\nbacktest: {exclusive_orders: yes}"),
    ("folder-name", "name: golden_cross", "name: golden"),
]


@pytest.mark.parametrize(("rule", "right", "wrong"), CASES)
def test_a_fix_makes_its_finding_go(rule, right, wrong):
    text = GOOD.replace(right, wrong, 1)
    (finding,) = [f for f in checked(text) if f.rule == rule]
    change = change_of(finding.fix)
    assert change is not None
    new, made = applied(text, [change])
    assert made == 1
    assert not checked(new)


def test_a_fix_of_json_keeps_its_quotes():
    text = '{"name": "golden_cross", "description": "x", "symbl": "SPX", "entry_rules": ["close > open"]}'
    (finding,) = [f for f in checked(text, "strategies/golden_cross/strategy.json") if f.fix]
    assert "No newline at end of file" in finding.fix
    new, _ = applied(text, [change_of(finding.fix)])
    assert new == text.replace("symbl", "symbol")


def test_a_key_whose_right_name_is_there_already_has_no_fix():
    found = checked(GOOD.replace("symbol: SPX", "symbol: SPX\nsymbol_: QQQ"))
    assert [f.fix for f in found if f.rule == "unknown-field"] == [""]


def test_a_key_behind_an_alias_has_no_fix():
    text = GOOD.replace("description: Long", "description: &d Long").replace(
        "symbol: SPX", "symbol: SPX\n? &k symbl\n: SPX\ntags: [*k]"
    )
    assert not any("*k" in f.fix.replace(" tags: [*k]", "") for f in checked(text))


@given(
    st.lists(st.text(alphabet="ab: \r", max_size=4), min_size=1, max_size=9),
    st.integers(1, 9),
    st.integers(1, 5),
    st.sampled_from(["", "x", "x\n", "a\nb"]),
)
def test_a_diff_says_what_its_edit_does(lines, line, column, text):
    line = min(line, len(lines))
    edit = Edit(line, column, line, column, text)
    before = "\n".join(lines)
    fix = diff_of(lines, edit, "a/b.py")
    at = min(column - 1, len(lines[line - 1]))
    put = text.replace("\n", "\r\n") if lines[line - 1].endswith("\r") else text
    after = "\n".join(
        [*lines[: line - 1], lines[line - 1][:at] + put + lines[line - 1][at:], *lines[line:]]
    )
    assert (applied(before, [change_of(fix)])[0] if fix else before) == after


def test_two_fixes_of_one_line_are_made_one_after_the_other():
    text = GOOD.replace("min: 10, max", "mni: 10, mxa")
    found = [f for f in checked(text) if f.fix]
    assert len(found) == 2
    new, made = applied(text, [change_of(f.fix) for f in found])
    assert made == 1
    assert len(checked(new)) == 1
    assert read_document(new.encode(), "s.yaml").readable
