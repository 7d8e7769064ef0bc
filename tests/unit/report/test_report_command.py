"""`algoops report`: a stored report in another form, without checking anything."""

import json

import pytest

from tests.cli_support import as_process, in_process
from tests.unit.report.shapes import SHAPES


def algoops(*words, stdin="", run=in_process):
    done = run("report", *words, stdin=stdin.encode())
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("text", "FAILED: alpha failed code"),
        ("markdown", "## ❌ AlgoOps: Failed"),
        ("github", "::error file=strategies/alpha/strategy.py,line=3"),
    ],
)
def test_a_stored_report_is_written_in_another_form(form, words):
    done = algoops("-", "--format", form, stdin=SHAPES["failed_code"]().model_dump_json())
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def test_a_report_becomes_sarif_in_a_file(tmp_path):
    source, target = tmp_path / "report.json", tmp_path / "report.sarif"
    source.write_text(SHAPES["failed_code"]().model_dump_json())
    done = algoops(source, "--format", "sarif", "--output", target, run=as_process)
    assert done.returncode == 0
    assert len(json.loads(target.read_text())["runs"][0]["results"]) == 2


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"verdict": "passed"}'])
def test_what_is_no_report_is_said(text):
    done = algoops("-", stdin=text)
    assert done.returncode == 2
    assert "is not a report" in done.stderr


def test_a_report_that_is_not_there_is_a_usage_error_and_no_bug(tmp_path):
    done = algoops(tmp_path / "none.json", run=as_process)
    assert done.returncode == 2
    assert "none.json: No such file" in " ".join(done.stderr.split())
    assert "bug" not in done.stderr
