"""The shapes that a report takes, each with a name that is its snapshot's."""

from components.schema.results.fixes import Edit, diff_of
from components.schema.results.report import (
    Change,
    CheckResult,
    GateResult,
    LandingList,
    LandingPath,
    LandingStrategy,
    Report,
)
from components.schema.results.values import (
    AuthorTest,
    CheckName,
    ExecutionResult,
    Metrics,
    Outcome,
    Provenance,
    Severity,
    Status,
    Verdict,
)
from tests.github_support import finding, report_of, strategy_of

METRICS = Metrics(
    start="2010-01-04",
    end="2020-12-31",
    duration="4014 days",
    exposure_pct=61.2,
    return_pct=142.34,
    buy_hold_return_pct=120.0,
    cagr_pct=8.3,
    sharpe=0.914,
    sortino=1.42,
    max_drawdown_pct=-21.57,
    trades=66,
    win_rate_pct=54.5,
    profit_factor=1.71,
    commissions=132.4,
)
DEPLOYED = METRICS.model_copy(
    update={"return_pct": 130.1, "sharpe": 0.95, "max_drawdown_pct": -24.0, "trades": 61}
)
PROVENANCE = Provenance(
    strategy_tree="t" * 40,
    policy_hash="p" * 64,
    data_hash="d" * 64,
    engine="backtesting 0.6.5",
    image="sha256:1234",
    backend="docker",
    causality="streamed",
    seed=7,
)
RESULT = ExecutionResult(
    status=Status.PASSED, symbol="SPX", interval="1d", metrics=METRICS, provenance=PROVENANCE
)


def checks(*outcomes: Outcome, findings=()):
    made = []
    for name, outcome in zip(CheckName, outcomes, strict=False):
        red = outcome in {Outcome.FAILED, Outcome.ERROR}
        made.append(
            CheckResult(
                name=name,
                outcome=outcome,
                summary=f"{outcome.value}",
                duration_s=0.25,
                findings=tuple(findings) if red else (),
            )
        )
    return tuple(made)


ALL_GREEN = checks(*[Outcome.PASSED] * 6)
GATES = (
    GateResult(
        id="max-drawdown",
        metric="max_drawdown_pct",
        op="<=",
        compare="absolute",
        severity="block",
        value=21.57,
        limit=25.0,
        margin=3.43,
        passed=True,
    ),
    GateResult(
        id="sharpe",
        metric="sharpe",
        op=">=",
        compare="base",
        severity="warn",
        value=0.914,
        limit=0.95,
        margin=-0.036,
        passed=False,
        message="a little worse",
    ),
)


def passed_new() -> Report:
    return report_of(
        strategies=[strategy_of(change=Change.ADDED, checks=ALL_GREEN, results=(RESULT,))]
    )


def passed_better() -> Report:
    strategy = strategy_of(checks=ALL_GREEN, results=(RESULT,), base_metrics=DEPLOYED, gates=GATES)
    return report_of(strategies=[strategy])


def passed_reused() -> Report:
    strategy = strategy_of(checks=ALL_GREEN, results=(RESULT,), reused=True)
    return report_of(strategies=[strategy])


def passed_with_warnings() -> Report:
    note = finding(severity=Severity.WARNING, message="unused import", rule="unused")
    return report_of(strategies=[strategy_of(findings=[note])])


def failed_code() -> Report:
    findings = [
        finding(),
        finding(
            line=9,
            column=1,
            rule="attribute-refused",
            message="the attribute `__class__` is not allowed",
            found="x.__class__",
            allowed="names without a leading underscore",
            source_line="x.__class__",
        ),
    ]
    strategy = strategy_of(
        verdict=Verdict.FAILED,
        checks=checks(
            Outcome.PASSED,
            Outcome.FAILED,
            Outcome.SKIPPED,
            Outcome.SKIPPED,
            Outcome.SKIPPED,
            Outcome.SKIPPED,
            findings=findings,
        ),
    )
    return report_of(
        verdict=Verdict.FAILED, summary="alpha failed code (2 problems).", strategies=[strategy]
    )


def failed_with_fixes() -> Report:
    lines = [
        "import numpy as np",
        "from backtesting import Strategy",
        "",
        "x = np.random.rand()",
        "",
    ]
    edit = Edit(2, 1, 2, 1, "np.random.seed(0)\n")
    seed = diff_of(lines, edit, "strategies/alpha/strategy.py")
    findings = [
        finding(
            line=4, rule="random-unseeded", message="draws from the shared generator", fix=seed
        ),
        finding(line=9, message="this one has no fix"),
    ]
    strategy = strategy_of(verdict=Verdict.FAILED, findings=findings)
    return report_of(
        verdict=Verdict.FAILED, summary="alpha failed code (2 problems).", strategies=[strategy]
    )


def failed_crash() -> Report:
    crash = ExecutionResult(
        status=Status.CRASHED,
        symbol="SPX",
        message="ended with exit code 1",
        traceback='Traceback (most recent call last):\n  File "strategy.py", line 4\nZeroDivisionError: division by zero',
        stdout="hello\n```\n<!-- algoops:report -->\n",
        provenance=PROVENANCE,
        tests=(AuthorTest(name="test_signal", outcome=Outcome.FAILED, message="assert 1 == 2"),),
    )
    strategy = strategy_of(
        verdict=Verdict.FAILED,
        stage=CheckName.SANDBOX_TEST,
        checks=checks(Outcome.PASSED, Outcome.PASSED, Outcome.FAILED),
        results=(crash,),
    )
    return report_of(
        verdict=Verdict.FAILED, summary="alpha failed sandbox-test.", strategies=[strategy]
    )


def failed_gate() -> Report:
    broken = GATES[0].model_copy(
        update={"passed": False, "value": 31.0, "margin": -6.0, "message": "too deep"}
    )
    strategy = strategy_of(
        verdict=Verdict.FAILED,
        stage=CheckName.POLICY,
        results=(RESULT,),
        gates=(broken, GATES[1]),
        checks=checks(*[Outcome.PASSED] * 5, Outcome.FAILED),
    )
    return report_of(
        verdict=Verdict.FAILED,
        summary="alpha failed policy (1 gate broken).",
        strategies=[strategy],
    )


def failed_conflict() -> Report:
    note = finding(
        check=CheckName.SCHEMA,
        rule="conflict",
        message="the proposal conflicts with the base",
        file="strategies/alpha/strategy.yaml",
        line=None,
        column=None,
        source_line="",
        hint="merge the base into your branch",
    )
    return report_of(
        verdict=Verdict.FAILED,
        summary="the proposal conflicts with the base",
        strategies=[],
        findings=(note,),
        merge_tree="",
    )


def error_no_sandbox() -> Report:
    note = finding(
        check=CheckName.SANDBOX_TEST,
        rule="no-sandbox",
        message="no sandbox: neither Docker nor bubblewrap answers",
        file="",
        line=None,
        column=None,
        source_line="",
        hint="run `algoops doctor`",
    )
    strategy = strategy_of(
        verdict=Verdict.ERROR,
        stage=CheckName.SANDBOX_TEST,
        checks=checks(Outcome.PASSED, Outcome.PASSED, Outcome.ERROR, findings=[note]),
    )
    return report_of(
        verdict=Verdict.ERROR, summary="alpha 1.1.0 could not be checked.", strategies=[strategy]
    )


def neutral() -> Report:
    return report_of(
        verdict=Verdict.NEUTRAL, summary="No strategy differs from the base.", strategies=[]
    )


def several() -> Report:
    other = RESULT.model_copy(update={"symbol": "IXIC", "metrics": DEPLOYED})
    return report_of(
        verdict=Verdict.FAILED,
        summary="beta failed code: the module os is not allowed; 2 passed.",
        strategies=[
            strategy_of(
                "alpha",
                checks=ALL_GREEN,
                results=(RESULT, other),
                aggregate=METRICS,
                base_metrics=DEPLOYED,
            ),
            strategy_of("beta", Verdict.FAILED, findings=[finding(file="strategy.py")]),
            strategy_of("gamma", change=Change.DELETED, checks=(), version=""),
        ],
        limits_not_enforced=("memory without swap",),
    )


def local_branch() -> Report:
    report = passed_new()
    proposal = report.proposal.model_copy(update={"id": "branch/feature", "url": ""})
    return report.model_copy(update={"proposal": proposal})


def lands_more() -> Report:
    """Beside a passed strategy: one that goes, one that is renamed, policies, and a workflow."""
    loosened = finding(
        check=CheckName.POLICY_CHANGE,
        rule="policy-loosened",
        message="loosens: removes the gate `sharpe` (sharpe >= 0.1)",
        hint="a second person with the admin role has to deploy this",
        file="rules/risk.yaml",
        line=1,
        column=None,
        source_line="",
    )
    tightened = loosened.model_copy(
        update={
            "rule": "policy-tightened",
            "severity": Severity.INFO,
            "message": "tightens: floors.slippage: 0.001 instead of 0.0002",
            "hint": "",
        }
    )
    changed = CheckResult(
        name=CheckName.POLICY_CHANGE,
        outcome=Outcome.FAILED,
        summary="changes the rules that judge every strategy (loosens 1, tightens 1)",
        findings=(loosened, tightened),
    )
    lands = LandingList(
        strategies=(
            LandingStrategy(name="alpha", change=Change.ADDED),
            LandingStrategy(name="beta", change=Change.RENAMED, was="gamma", live="1.0.0"),
            LandingStrategy(name="rsi", change=Change.DELETED, live="2.1.0"),
        ),
        policies=(LandingPath(path="rules/risk.yaml", change=Change.MODIFIED),),
        also=(
            LandingPath(
                path=".github/workflows/ci.yml",
                change=Change.ADDED,
                note="a workflow that GitHub Actions runs",
            ),
            LandingPath(path="a|b`c<img>.md", change=Change.DELETED),
        ),
        digest="d" * 64,
    )
    return report_of(
        verdict=Verdict.FAILED,
        summary="policy-change: changes the rules that judge every strategy.",
        strategies=[
            strategy_of("alpha", checks=ALL_GREEN, change=Change.ADDED),
            strategy_of("beta", checks=ALL_GREEN, change=Change.ADDED),
        ],
        lands=lands,
        checks=(changed,),
    )


SHAPES = {
    f.__name__: f
    for f in (
        passed_new,
        passed_better,
        passed_reused,
        passed_with_warnings,
        failed_code,
        failed_with_fixes,
        failed_crash,
        failed_gate,
        failed_conflict,
        error_no_sandbox,
        neutral,
        several,
        local_branch,
        lands_more,
    )
}
