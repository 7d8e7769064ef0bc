"""How much of a strategy's results is luck: the tries that are counted, and the gates on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.checks.verdict import verdict_of
from bot.report.luck import luck_line
from components.engine import gates
from components.engine.evidence.ratios import (
    best_by_luck,
    deflated,
    least_bars,
    probability_above,
    spread_of_worthless,
)
from components.schema.policies.risk import LUCK_METRICS, FamilyScope, RiskPolicy
from components.schema.results.evidence import Luck
from components.schema.results.report import CheckResult, GateResult, StrategyReport
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Finding,
    Outcome,
    Severity,
    Status,
)

if TYPE_CHECKING:
    from components.ports import BacktestJob


@dataclass(frozen=True)
class Counted:
    """The family of a result, as far as it is counted; see `Luck` for each field."""

    tries: int = 1
    independent: int = 1
    pbo: float | None = None
    since: str = ""
    others: tuple[float, ...] = ()


class Counter(Protocol):
    """Who counts tries."""

    def record(
        self, name: str, key: str, ran: "Sequence[tuple[BacktestJob, ExecutionResult]]"
    ) -> None:
        """Count backtests, before anybody is told of their results.

        Args:
            name: of the strategy.
            key: content key of the verdict that they are part of.
            ran: jobs with their results; those without returns are no tries.
        """

    def knows(self, job: "BacktestJob", result: ExecutionResult) -> bool:
        """Whether this content was counted, or equal returns on the same data."""

    def family(self, name: str, tree: str, result: ExecutionResult, scope: FamilyScope) -> Counted:
        """The tries that a result was picked from.

        Args:
            name: of the strategy.
            tree: of its folder.
            result: one of its backtests.
            scope: whose tries.
        """


class Uncounted:
    """Where nobody counts, on an author's machine: what is known is this one try."""

    def record(
        self, name: str, key: str, ran: "Sequence[tuple[BacktestJob, ExecutionResult]]"
    ) -> None:
        """Nothing: there is no ledger."""

    def knows(self, _job: "BacktestJob", _result: ExecutionResult) -> bool:
        """Nothing has to be counted."""
        return True

    def family(self, *_of: object) -> Counted:
        """This try alone."""
        return Counted()


def luck_of(
    results: Sequence[ExecutionResult],
    policy: RiskPolicy,
    subject: tuple[str, str],
    counter: Counter,
) -> tuple[Luck, ...]:
    """How much of each backtest is luck, by what is counted now.

    Args:
        results: of one strategy.
        policy: whose tries count.
        subject: the strategy's name, and its folder's tree.
        counter: who counts.
    """
    scope = policy.luck.family
    return tuple(
        one_luck(result, counter.family(*subject, result, scope), scope)
        for result in results
        if result.status is Status.PASSED and result.metrics is not None
    )


def one_luck(result: ExecutionResult, counted: Counted, scope: FamilyScope) -> Luck:
    """How much of one backtest is luck."""
    metrics = result.metrics
    year = metrics.bars_a_year if metrics is not None else None
    found = result.evidence.moments if result.evidence is not None else None
    known = Luck(
        symbol=result.symbol,
        interval=result.interval,
        scope=scope,
        tries=counted.tries,
        independent=counted.independent,
        since=counted.since,
        pbo=counted.pbo,
        others=counted.others,
    )
    if found is not None and year:
        best = best_by_luck(spread_of_worthless(found), counted.independent)
        least = least_bars(found)
        known = known.model_copy(
            update={
                "sharpe": found.sharpe * year**0.5,
                "best_by_luck": best * year**0.5,
                "psr": probability_above(0, found),
                "dsr": deflated(found, counted.independent),
                "min_track_years": None if least is None else least / year,
                "years": found.observations / year,
            }
        )
    return known.model_copy(update={"line": luck_line(known)})


def policy_check(
    judged: Sequence[GateResult], further: Sequence[Finding], duration_s: float
) -> CheckResult:
    """The check `policy`: a finding for each gate that is broken, and further ones."""
    findings = (*(_gate_finding(g) for g in judged if not g.passed), *further)
    failed = any(f.severity is Severity.ERROR for f in findings)
    return CheckResult(
        name=CheckName.POLICY,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        summary=f"{sum(g.passed for g in judged)} of {len(judged)} gates hold",
        duration_s=duration_s,
        findings=findings,
    )


def _gate_finding(gate: GateResult) -> Finding:
    return Finding(
        check=CheckName.POLICY,
        rule=gate.id,
        severity=Severity.ERROR if gate.severity == "block" else Severity.WARNING,
        message=gate.message,
        found="" if gate.value is None else f"{gate.value:g}",
        allowed="" if gate.limit is None else f"{gate.op} {gate.limit:g}",
    )


def with_luck(report: StrategyReport, luck: Sequence[Luck], policy: RiskPolicy) -> StrategyReport:
    """A report judged by another count of tries; nothing else of it changes.

    Args:
        report: of one strategy; where its gates were not reached, none is judged now.
        luck: of each of its backtests.
        policy: the gates.
    """
    return _rejudged(report, tuple(luck), gates.judge_luck(policy, luck))


def without_luck(report: StrategyReport) -> StrategyReport:
    """What the content alone decided: the gates on luck left out. The figures stay for readers."""
    return _rejudged(report, report.luck, ())


def _rejudged(
    report: StrategyReport, luck: tuple[Luck, ...], on_luck: Sequence[GateResult]
) -> StrategyReport:
    before = next((c for c in report.checks if c.name is CheckName.POLICY), None)
    if before is None or not report.gates or before.outcome is Outcome.ERROR:
        return report.model_copy(update={"luck": luck})
    dropped = {g.id for g in report.gates}
    judged = (*(g for g in report.gates if g.metric not in LUCK_METRICS), *on_luck)
    further = [f for f in before.findings if f.rule not in dropped]
    check = policy_check(judged, further, before.duration_s)
    checks = tuple(check if c is before else c for c in report.checks)
    verdict, stage = verdict_of(checks)
    return report.model_copy(
        update={
            "luck": luck, "gates": judged, "checks": checks, "verdict": verdict, "stage": stage,
        }
    )  # fmt: skip
