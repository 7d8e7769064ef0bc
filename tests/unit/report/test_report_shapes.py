"""Each shape of a report, whole, as people see it. ALGOOPS_UPDATE_SNAPSHOTS=1 writes them anew."""

import os
from pathlib import Path

import pytest

from bot.report import markdown
from bot.report.history import Earlier
from components.ports import StatusState
from components.schema.results.report import ProposalRef
from components.schema.results.values import CheckName, Verdict
from tests.github_support import finding, report_of, strategy_of
from tests.unit.report.shapes import METRICS, RESULT, SHAPES

SNAPSHOTS = Path(__file__).with_name("snapshots")
CHART = 'xychart-beta\n    title "Equity"\n    line [1, 2, 3]'


def rendered(name: str) -> str:
    found = SHAPES[name]()
    comment = markdown.markdown(found, page_url="https://bot.test/runs/1", chart=CHART)
    marks = "\n".join(f"{c}: {s.value}: {d}" for c, s, d in markdown.statuses(found))
    return f"{comment}\n=== statuses\n{marks}\n\n=== terminal\n{markdown.plain(found)}"


@pytest.mark.parametrize("name", SHAPES)
def test_a_report_looks_as_it_did(name):
    file = SNAPSHOTS / f"{name}.md"
    if os.environ.get("ALGOOPS_UPDATE_SNAPSHOTS"):
        file.write_text(rendered(name), encoding="utf-8")
    assert rendered(name) == file.read_text(encoding="utf-8")


def test_no_snapshot_is_left_over():
    assert {f.stem for f in SNAPSHOTS.iterdir()} == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_every_report_starts_with_its_marker_and_holds_it_once(name):
    text = markdown.markdown(SHAPES[name]())
    assert text.startswith(f"{markdown.MARKER}\n")
    assert text.count(markdown.MARKER) == 1


def test_the_forge_looks_for_the_same_marker():
    from components.forge import github

    assert markdown.MARKER == github.MARKER


def test_a_draft_that_waits_is_not_told_that_nothing_differs():
    draft = SHAPES["neutral"]().model_copy(update={"summary": "not checked: draft: it waits"})
    text = markdown.markdown(draft)
    assert "not checked: draft" in text
    assert "differs from the base" not in text


def test_the_command_to_type_is_safe_in_a_shell():
    proposal = ProposalRef(id="branch/x", ref="x;touch $HOME")
    found = SHAPES["local_branch"]().model_copy(update={"proposal": proposal})
    assert "--ref 'x;touch $HOME'" in markdown.markdown(found).replace("\\", "")


def huge(strategies=300, findings=20):
    return report_of(
        verdict=Verdict.FAILED,
        summary="x" * 10_000,
        strategies=[
            strategy_of(
                f"s{n}",
                Verdict.FAILED,
                findings=[finding(line=i + 1, message="m" * 5000) for i in range(findings)],
                results=(RESULT,) * 30,
            )
            for n in range(strategies)
        ],
    )


def test_a_huge_report_fits_githubs_limit_and_says_where_the_rest_is():
    text = markdown.markdown(huge(), page_url="https://bot.test/runs/1", chart="x" * 50_000)
    assert len(text.encode()) < 65_535
    assert "[the whole report](https://bot.test/runs/1)" in text
    assert "and 250 more" in text
    assert text.rstrip().endswith("`/algoops help`</sub>")


def test_statuses_are_red_checks_and_the_summary():
    found = SHAPES["several"]()
    assert [(c, s) for c, s, _ in markdown.statuses(found)] == [
        ("algoops/code", StatusState.FAILURE),
        ("algoops", StatusState.FAILURE),
    ]


def test_the_summary_status_leads_with_the_red_checks_where_its_sentence_may_not_name_them():
    found = SHAPES["several"]().model_copy(update={"summary": "The branch conflicts with main."})
    assert markdown.status_text(found)[1] == "code failed: beta. The branch conflicts with main."
    wordy = found.model_copy(update={"summary": f"alpha failed code: {'x' * 200}"})
    assert markdown.status_text(wordy)[1].startswith("code failed: beta. alpha failed code: xxx")


def test_the_summary_status_stays_one_sentence_where_that_names_the_red_check():
    found = SHAPES["failed_code"]()
    assert markdown.status_text(found)[1] == found.summary


def test_a_check_that_did_not_run_is_neutral_and_never_passed():
    state, words = markdown.status_text(SHAPES["failed_code"](), CheckName.BACKTEST)
    assert (state, words) == (StatusState.NEUTRAL, "did not run")


def test_an_error_beats_a_failure_and_a_pass():
    state, words = markdown.status_text(SHAPES["error_no_sandbox"](), CheckName.SANDBOX_TEST)
    assert (state, words) == (StatusState.ERROR, "could not run: alpha")
    assert markdown.status_text(SHAPES["error_no_sandbox"]())[0] is StatusState.ERROR


def test_nothing_checked_is_neutral():
    assert markdown.status_text(SHAPES["neutral"]())[0] is StatusState.NEUTRAL


def test_descriptions_fit_githubs_limit():
    found = report_of(summary="é" * 500)
    assert len(markdown.status_text(found)[1]) == 140


@pytest.mark.parametrize(
    "name", ["several", "failed_gate", "failed_code", "error_no_sandbox", "neutral", "passed_new"]
)
def test_the_summary_is_one_short_sentence(name):
    found = SHAPES[name]()
    text = markdown.summary(found.verdict, found.strategies, found.findings)
    assert text
    assert "\n" not in text
    assert text.endswith(".")


def test_arrows_say_better_or_worse_whatever_the_sign():
    from bot.report.values import HEADLINE, change

    by_field = {shown.field: shown for shown in HEADLINE}
    assert change(-30.0, -20.0, by_field["max_drawdown_pct"]) == "▲ +10.0"
    assert change(30.0, 20.0, by_field["max_drawdown_pct"]) == "▲ -10.0"
    assert change(1.0, 0.5, by_field["sharpe"]) == "▼ -0.50"
    assert change(1.0, 1.0, by_field["sharpe"]) == "same"
    assert change(None, 1.0, by_field["sharpe"]) == ""
    assert change(10, 12, by_field["trades"]) == "+2"


def test_an_undefined_number_is_not_shown_as_zero():
    undefined = METRICS.model_copy(update={"sharpe": None})
    found = report_of(
        strategies=[strategy_of(results=(RESULT.model_copy(update={"metrics": undefined}),))]
    )
    row = next(
        line for line in markdown.markdown(found).splitlines() if line.startswith("| `alpha` | 142")
    )
    assert "| n/a |" in row


@pytest.mark.parametrize(
    ("shape", "said"), [("passed_new", "merge it."), ("failed_code", "and check again.")]
)
def test_a_check_without_a_daemon_promises_neither_deploy_nor_another_check(shape, said):
    proposal = ProposalRef(id="branch/HEAD", ref="HEAD")
    alone = SHAPES[shape]().model_copy(update={"run_id": "", "proposal": proposal})
    text = markdown.markdown(alone)
    assert said in text
    assert "algoops deploy" not in text
    assert "by themselves" not in text


def test_earlier_verdicts_are_folded_the_newest_first_and_at_most_ten():
    earlier = [
        Earlier(f"2026-01-{20 - n}T03:04:05Z", f"{n:040x}", Verdict.FAILED, f"https://x.test/{n}")
        for n in range(12)
    ]
    text = markdown.markdown(SHAPES["passed_new"](), earlier=earlier)
    assert "<details><summary>10 earlier verdicts</summary>" in text
    rows = [line for line in text.splitlines() if "x.test" in line]
    assert len(rows) == 10
    assert rows[0] == "| ❌ | `000000000000` | failed | [2026-01-20 03:04](https://x.test/0) |"
    assert "earlier verdict" not in markdown.markdown(SHAPES["passed_new"]())
