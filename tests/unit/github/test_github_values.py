"""GitHub's JSON as values: what is used is read strictly, the rest may be missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.findings import to_sarif
from components.errors import TransientError
from components.forge.github_values import annotations, number_of, pull
from tests.github_support import finding, report_of, strategy_of

HEAD = {"ref": "feature", "sha": "a" * 40, "repo": {"full_name": "acme/strategies"}}
BASE = {"ref": "main", "repo": {"full_name": "acme/strategies"}}


def parsed(**changed):
    return pull({"number": 7, "state": "open", "head": HEAD, "base": BASE} | changed)


def test_a_branch_of_the_same_repository_is_no_fork():
    assert not parsed().proposal.fork


@pytest.mark.parametrize("repo", [None, {"full_name": "eve/strategies"}])
def test_another_or_a_vanished_repository_is_a_fork(repo):
    assert parsed(head=HEAD | {"repo": repo}).proposal.fork


def test_a_merged_pull_request_names_its_commit_and_an_open_one_does_not():
    # GitHub fills merge_commit_sha of open ones with a trial merge.
    assert parsed(merge_commit_sha="b" * 40).merge_commit == ""
    done = parsed(state="closed", merged_at="2026-01-01T00:00:00Z", merge_commit_sha="b" * 40)
    assert (done.merged, done.merge_commit) == (True, "b" * 40)


@pytest.mark.parametrize("missing", ["number", "head", "base"])
def test_an_incomplete_answer_is_githubs_fault(missing):
    data = {"number": 7, "state": "open", "head": HEAD, "base": BASE}
    del data[missing]
    with pytest.raises(TransientError, match="lacks"):
        pull(data)


@given(st.text(max_size=20))
def test_only_a_pull_request_has_a_number(text):
    assert number_of(f"branch/{text}") is None
    number = number_of(f"pr/{text}")
    assert number is None or text.isdigit()


def test_lines_over_several_rows_have_no_columns():
    note = finding(line=3, end_line=5, column=2, end_column=4)
    (found,) = annotations(report_of(strategies=[strategy_of(findings=[note])]))
    assert "start_column" not in found
    assert (found["start_line"], found["end_line"]) == (3, 5)


def test_broken_gate_is_at_the_definition_of_its_strategy():
    note = finding(file="", line=None, column=None, source_line="", rule="sharpe-not-worse")
    report = report_of(strategies=[strategy_of(findings=[note])])
    (found,) = annotations(report)
    assert (found["path"], found["start_line"]) == ("strategies/alpha/strategy.yaml", 1)
    (result,) = to_sarif(report.placed_findings())["runs"][0]["results"]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "strategies/alpha/strategy.yaml"},
                "region": {"startLine": 1},
            }
        }
    ]


def test_a_path_inside_the_strategy_is_completed():
    note = finding(file="strategy.py")
    (found,) = annotations(report_of(strategies=[strategy_of(findings=[note])]))
    assert found["path"] == "strategies/alpha/strategy.py"
