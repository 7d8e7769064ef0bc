"""Findings as SARIF, workflow commands, annotations: whatever they quote stays text."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.findings import COMMANDS_CAP, MESSAGE_CAP, to_commands, to_json, to_sarif
from components.schema.results.values import CheckName, Finding, Severity

HOSTILE = (
    "x\n::set-output name=a::b\r\n::error::c %0A <!-- algoops --> `@everyone` \u202e\x1b[2J\x00"
)
texts = st.text(max_size=300)
findings = st.builds(
    Finding,
    check=st.sampled_from(CheckName),
    rule=texts,
    severity=st.sampled_from(Severity),
    message=texts,
    hint=texts,
    file=texts,
    line=st.none() | st.integers(1, 9999),
    column=st.none() | st.integers(1, 999),
    end_line=st.none() | st.integers(1, 9999),
    end_column=st.none() | st.integers(1, 999),
    source_line=texts,
)


def finding(**fields):
    return Finding(**{"check": CheckName.CODE, "rule": "builtin-closed", "message": "m", **fields})


def test_workflow_command_names_place_and_severity():
    text = to_commands(
        [finding(file="a/b.py", line=3, column=5, end_line=3, end_column=9, hint="Do x.")]
    )
    assert (
        text
        == "::error file=a/b.py,line=3,endLine=3,col=5,endColumn=9,title=code%3A builtin-closed::m. Do x\n"
    )


def test_text_from_a_proposal_cannot_begin_a_workflow_command():
    text = to_commands(
        [finding(message=HOSTILE, hint=HOSTILE, file=f"a,line=1::\n{HOSTILE}.py", line=1)]
    )
    assert text.count("\n") == 1
    assert text.startswith("::error file=a%2Cline=1%3A%3A%0A")
    assert "\r" not in text
    assert "%250A" in text


@given(st.lists(findings, max_size=4))
def test_commands_are_one_line_each(many):
    lines = to_commands(many).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(many)
    assert all(re.match(r"::(error|warning|notice) ", line) and "\r" not in line for line in lines)
    assert all(len(line.partition("::")[2].partition("::")[0]) < 2_000 for line in lines)


@given(st.lists(findings, max_size=4))
def test_sarif_is_whole_whatever_findings_hold(many):
    log = json.loads(json.dumps(to_sarif(many)))
    run = log["runs"][0]
    assert log["version"] == "2.1.0"
    assert len(run["results"]) == len(many)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert len(result["message"]["text"]) <= MESSAGE_CAP
        assert result["locations"], "GitHub refuses the whole upload for one without"
        for location in result["locations"]:
            assert location["physicalLocation"]["region"]["startLine"] >= 1
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
            assert not uri.startswith("/")
            region = location["physicalLocation"].get("region", {})
            if "endLine" in region:
                assert region["endLine"] >= region["startLine"]
            if region.get("endLine") == region.get("startLine") and "endColumn" in region:
                assert region["endColumn"] > region.get("startColumn", 1)


def test_sarif_rule_links_to_its_page_section():
    rule = to_sarif([finding()])["runs"][0]["tool"]["driver"]["rules"][0]
    assert rule["help"]["text"].endswith("docs/rules.md#builtin-closed")
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_sarif_without_findings_is_an_empty_run():
    run = to_sarif([])["runs"][0]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_errors_come_first_and_the_rest_is_cut():
    warnings = [finding(severity=Severity.WARNING, file="a.py", line=i + 1) for i in range(80)]
    many = [*warnings, finding(file="b.py", line=1)]
    assert to_commands(many).startswith("::error file=b.py")
    assert to_commands(many).count("\n") == COMMANDS_CAP


@pytest.mark.parametrize("severity", list(Severity))
def test_json_keeps_every_field(severity):
    original = finding(severity=severity, message=HOSTILE, file="a.py", line=2)
    assert Finding.model_validate(to_json([original])[0]) == original
