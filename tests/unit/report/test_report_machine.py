"""The verdict for programs: JSON that nothing in a report can break out of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.report import markdown
from bot.report.machine import MOST_BYTES, machine_fold, machine_text
from components.schema.results.evidence import Luck
from components.schema.results.values import Verdict
from tests.github_support import finding, report_of, strategy_of
from tests.unit.report.shapes import GATES, RESULT, SHAPES
from tests.unit.report.test_report_hostile import HOSTILE, hostile_report

MD = MarkdownIt("commonmark", {"html": True})


def block_of(comment):
    """The JSON as a reader of the rendered comment finds it."""
    (found,) = [t for t in MD.parse(comment) if t.type == "fence" and t.info == "json"]
    return json.loads(found.content)


@pytest.mark.parametrize("name", SHAPES)
def test_a_program_finds_the_verdict_in_every_comment(name):
    report = SHAPES[name]()
    said = block_of(markdown.markdown(report))
    assert said["verdict"] == report.verdict.value
    assert {s["name"] for s in said["strategies"]} == {s.name for s in report.strategies}


def test_a_comment_that_is_cut_keeps_the_verdict_for_programs():
    notes = [
        finding(file=f"strategies/alpha/{'x' * 200}{n}.py", message="é" * 400, line=line)
        for n in range(30)
        for line in range(1, 20)
    ]
    comment = markdown.markdown(report_of(strategies=[strategy_of(findings=notes)]))
    assert "left out" in comment
    assert len(comment.encode()) <= markdown.MAX_BYTES
    assert block_of(comment)["left_out"]["findings"] > 500


def test_rule_place_fix_figures_and_luck_are_there():
    luck = Luck(symbol="SPX", interval="1d", tries=40, independent=12, sharpe=0.9, dsr=0.4)
    note = finding(fix="--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n+b\n")
    failed = strategy_of(
        verdict=Verdict.FAILED,
        findings=[note],
        results=(RESULT,),
        gates=(GATES[0].model_copy(update={"passed": False}),),
        luck=(luck,),
    )
    said = json.loads(machine_text(report_of(verdict=Verdict.FAILED, strategies=[failed])))
    (found,), (strategy,) = said["findings"], said["strategies"]
    assert (found["rule"], found["file"], found["line"]) == (note.rule, note.file, 3)
    assert found["fix"] == note.fix
    assert strategy["metrics"]["sharpe"] == 0.914
    assert [g["id"] for g in strategy["broken_gates"]] == ["max-drawdown"]
    assert (strategy["luck"][0]["tries"], strategy["luck"][0]["dsr"]) == (40, 0.4)
    assert said["left_out"] == {}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_not_leave_the_block(text):
    comment = markdown.markdown(hostile_report(text))
    assert block_of(comment)["verdict"] == "failed"


@given(st.text(max_size=300))
def test_any_text_is_inside_of_one_fence_of_plain_characters(text):
    fold = machine_fold(hostile_report(text))
    assert fold.isascii()
    kinds = [t.type for t in MD.parse(fold)]
    assert kinds == ["html_block", "fence", "html_block"]
    block_of(fold)


def test_a_flood_of_findings_is_cut_and_says_how_many_are_missing():
    wordy = [finding(line=n, message=f"{n} {'x' * 500}", hint="`<é" * 100) for n in range(1, 200)]
    many = [strategy_of(f"s{n}", findings=wordy if n == 1 else ()) for n in range(1, 60)]
    text = machine_text(report_of(strategies=many))
    said = json.loads(text)
    assert len(text) <= MOST_BYTES
    assert said["left_out"]["strategies"] == 59 - len(said["strategies"])
    assert said["left_out"]["findings"] == 199 - len(said["findings"])
    assert said["findings"]


def test_where_room_is_short_a_finding_stays_and_its_fix_goes():
    long = "".join(f"-{n:70}\n+{n:71}\n" for n in range(25))
    notes = [
        finding(line=n, fix=f"--- a/x\n+++ b/x\n@@ -{n},25 +{n},25 @@\n{long}") for n in range(1, 9)
    ]
    said = json.loads(machine_text(report_of(strategies=[strategy_of(findings=notes)])))
    assert len(said["findings"]) == 8
    assert 0 < sum("fix" in f for f in said["findings"]) < 8
