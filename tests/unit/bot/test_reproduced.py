"""Two reports on one content: which line differs, and why. Each test is an attack or an accident."""

import pytest

from bot.checks.looks import HoldoutQuestion
from bot.checks.reproduce import Claimed, last_day
from bot.checks.reproduced import ABOUT_STRATEGY, NUMBERS, Stands, compare
from components.schema.policies.risk import Holdout
from components.schema.results.book import BookFit
from components.schema.results.evidence import Luck
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.report import CheckResult, StrategyReport
from components.schema.results.values import CheckName, ExecutionResult, Outcome, Trade, Verdict
from tests.github_support import finding, report_of, strategy_of
from tests.unit.report.shapes import ALL_GREEN, GATES, RESULT

TRADE = Trade(
    entry_bar=1, exit_bar=2, entry_time="2020-01-02", exit_time="2020-01-03", size=1,
    entry_price=10, exit_price=11, pnl=1, return_pct=10, commission=0,
)  # fmt: skip
TRUE = RESULT.model_copy(update={"orders_sha256": "0" * 64, "trades": (TRADE,)})
LUCK = Luck(symbol="SPX", interval="1d", tries=9, independent=4, sharpe=0.9, dsr=0.7, line="x")


def told(result=TRUE, **more):
    fields = {"checks": ALL_GREEN, "gates": GATES, "luck": (LUCK,), **more}
    return report_of(strategies=[strategy_of(results=(result,), **fields)])


def moved(result=TRUE, **provenance):
    update = {"provenance": result.provenance.model_copy(update=provenance)}
    return result.model_copy(update=update)


def differing(claimed, found=None):
    lines = compare(claimed, found or told())
    return {(line.about, line.what): line.why for line in lines if line.held is Stands.DIFFERS}


def test_equal_reports_agree_in_every_line():
    lines = compare(told(), told())
    assert {line.held for line in lines} == {Stands.SAME, Stands.NOTE}
    assert [line.what for line in lines if line.held is Stands.NOTE] == ["tries"]
    whats = {line.what for line in lines}
    assert {"content", "policy", "data", "engine", "image", "seed", "orders", "numbers"} <= whats


def test_what_was_deployed_beside_a_strategy_is_taken_from_the_report_and_said_so():
    fit = BookFit(correlation_with_book=0.4, line="Book: 40 % correlated with beta")
    lines = compare(told(book=fit), told(book=fit))
    assert [line.what for line in lines if line.held is Stands.NOTE] == ["tries", "book"]
    claimed = told(book=fit).strategies
    assert Claimed(claimed).book("alpha", "tree") == fit
    assert Claimed(()).book("alpha", "tree").exempt


def test_answer_of_the_sealed_bars_is_taken_from_the_report_and_said_so():
    answer = HoldoutAnswer(content="x", state="agrees", looks_left=7)
    lines = compare(told(holdout=answer), told(holdout=answer))
    assert [line.what for line in lines if line.held is Stands.NOTE] == ["tries", "holdout"]
    policy = Holdout(last="20%")
    question = HoldoutQuestion("alpha", "tree", "x")
    assert Claimed(told(holdout=answer).strategies).answered(question, policy) == answer
    assert Claimed(()).answered(question, policy).state == "not asked"


def test_forged_metrics_are_named_with_both_values_and_that_the_orders_are_the_same():
    forged = TRUE.model_copy(update={"metrics": TRUE.metrics.model_copy(update={"sharpe": 3.1})})
    found = differing(told(forged))
    assert list(found) == [("alpha SPX", "numbers")]
    why = found["alpha SPX", "numbers"]
    assert "metrics.sharpe: the report says 3.1, here it is 0.914" in why
    assert "the orders are the same" in why
    assert "the report was changed" in why


def test_a_trade_that_was_made_up_is_seen():
    forged = TRUE.model_copy(update={"trades": (TRADE, TRADE)})
    assert "trades: the report says 2 rows, here it is 1 rows" in str(differing(told(forged)))


@pytest.mark.parametrize(
    ("field", "what", "words"),
    [
        ("policy_hash", "policy", "policies here are others"),
        ("data_hash", "data", "bars here are others"),
        ("detail_hash", "finer data", "finer bars"),
        ("engine", "engine", "engine here has another version"),
        ("causality", "causality", "in another way"),
        ("seed", "seed", "another seed"),
    ],
)
def test_what_a_verdict_is_made_of_explains_what_differs_after_it(field, what, words):
    value = 8 if field == "seed" else "f" * 64
    other = moved(**{field: value}).model_copy(update={"orders_sha256": "1" * 64})
    found = differing(told(other))
    assert words in found["alpha SPX", what]
    assert words in found["alpha SPX", "orders"]


def test_another_image_with_the_same_orders_and_numbers_is_noted_only():
    lines = compare(told(moved(image="sha256:other")), told())
    assert not [line for line in lines if line.held is Stands.DIFFERS]
    assert [line.what for line in lines if line.held is Stands.NOTE] == ["image", "tries"]


def test_newer_bars_are_told_as_such():
    later = TRUE.metrics.model_copy(update={"end": "2021-06-30"})
    here = moved(TRUE.model_copy(update={"metrics": later}), data_hash="e" * 64)
    why = differing(told(), told(here))["alpha SPX", "data"]
    assert "its last bar was of 2020-12-31, here it is of 2021-06-30" in why


def test_a_verdict_or_gate_that_was_turned_is_seen():
    gates = (GATES[0], GATES[1].model_copy(update={"passed": True}))
    assert "gates[1].passed" in differing(told(gates=gates))["alpha", "verdict"]
    failed = (*ALL_GREEN[:-1], ALL_GREEN[-1].model_copy(update={"outcome": Outcome.FAILED}))
    assert "checks.policy[0]" in differing(told(), told(checks=failed))["alpha", "verdict"]
    turned = told().model_copy(update={"verdict": Verdict.FAILED})
    assert ("", "verdict") in differing(told(), turned)


def test_fewer_tries_than_follow_from_the_reports_own_figures_are_seen():
    forged = LUCK.model_copy(update={"dsr": 0.99})
    assert (
        "SPX.dsr: the report says 0.99, here it is 0.7"
        in differing(told(luck=(forged,)))["alpha", "luck"]
    )


def test_a_strategy_that_its_commit_does_not_have_and_another_tree_are_seen():
    claimed = told().model_copy(update={"merge_tree": "9" * 40})
    found = differing(claimed, report_of(strategies=[]))
    assert ("alpha", "content") in found
    assert ("", "merge") in found
    other = report_of(strategies=[strategy_of(results=(TRUE,), tree="8" * 40)])
    assert ("alpha", "content") in differing(told(), other)


def test_a_symbol_that_the_report_left_out_is_seen():
    other = TRUE.model_copy(update={"symbol": "IXIC"})
    found = report_of(
        strategies=[strategy_of(results=(TRUE, other), checks=ALL_GREEN, gates=GATES, luck=(LUCK,))]
    )
    assert "leaves this symbol out" in differing(told(), found)["alpha IXIC", "numbers"]


def test_missing_bars_are_named_and_not_called_a_forgery():
    note = finding(check=CheckName.BACKTEST, rule="no-data", message="there are no bars of SPX")
    broken = CheckResult(
        name=CheckName.BACKTEST, outcome=Outcome.FAILED, summary="", findings=(note,)
    )
    here = report_of(strategies=[strategy_of(results=(), checks=(broken,))])
    assert "there are no bars of SPX" in differing(told(), here)["alpha SPX", "data"]


@pytest.mark.parametrize("side", [0, 1])
def test_where_a_check_broke_nothing_is_said(side):
    broken = report_of(
        verdict=Verdict.ERROR, strategies=[strategy_of(verdict=Verdict.ERROR, results=(TRUE,))]
    )
    pair = [told(), told()]
    pair[side] = broken
    held = {line.what: line.held for line in compare(*pair) if line.about == "alpha"}
    assert held == {"verdict": Stands.UNKNOWN}


def test_a_limit_of_time_that_was_reached_is_no_forgery():
    late = CheckResult(
        name=CheckName.BACKTEST,
        outcome=Outcome.FAILED,
        summary="",
        findings=(finding(rule="timeout"),),
    )
    claimed = told(verdict=Verdict.FAILED, checks=(late,))
    held = {line.what: line.held for line in compare(claimed, told()) if line.about == "alpha"}
    assert held == {"verdict": Stands.UNKNOWN}


NOT_COMPARED = {
    # of the machine and the hour
    "duration_s", "phases_s", "resource_usage", "unlimited", "exit_code", "stdout", "stderr",
    "truncated", "traceback", "message", "reused", "content_key", "path", "change",
    # in no document, or compared by lines of their own
    "track", "curve", "provenance", "orders_sha256", "symbol", "interval", "name", "tree", "checks",
    "results", "luck", "book", "holdout", "sheets",
    # words; errors among them are compared with the checks
    "lookahead", "looked_at", "data_findings", "order_findings", "tests",
}  # fmt: skip


def test_a_new_field_of_a_result_is_compared_or_named_as_one_that_is_not():
    compared = {*NUMBERS, *ABOUT_STRATEGY}
    known = {*ExecutionResult.model_fields, *StrategyReport.model_fields}
    assert known - compared - NOT_COMPARED == set()
    assert compared <= known


@pytest.mark.parametrize(
    ("end", "day"),
    [
        ("2018-12-31 00:00:00", "2018-12-31"),
        ("2018-12-31", "2018-12-31"),
        ("2018-13-45 00:00:00", ""),
        ("2018-W01-1", ""),
        ("../../etc/passwd", ""),
        ("٢٠١٨-12-31", ""),
        ("", ""),
    ],
)
def test_only_a_day_of_the_calendar_ends_the_bars(end, day):
    metrics = TRUE.metrics.model_copy(update={"end": end})
    assert last_day(told(TRUE.model_copy(update={"metrics": metrics}))) == day
