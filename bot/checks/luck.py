"""How much of a strategy's results is luck: the tries that are counted, and the gates on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.checks.looks import OTHER_GATES, RULE, HoldoutQuestion, Looker, holdout_findings
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
from components.schema.policies.risk import CHANGING_METRICS, FamilyScope, Holdout, RiskPolicy
from components.schema.results.book import BookFit
from components.schema.results.evidence import Luck
from components.schema.results.holdout import HoldoutAnswer
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


class Counter(Looker, Protocol):
    """Who counts tries, and looks at the sealed bars."""

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

    def keep(self, name: str, tree: str, results: Sequence[ExecutionResult]) -> None:
        """Keep the returns of a content, before anything is compared with them."""

    def kept(self, name: str, tree: str, results: Sequence[ExecutionResult]) -> bool:
        """Whether `keep` has kept all that there is to keep of these results."""

    def book(self, name: str, tree: str) -> BookFit:
        """A content whose returns were kept against all others that are deployed now."""

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

    def keep(self, *_of: object) -> None:
        """Nothing: there is no book here."""

    def kept(self, *_of: object) -> bool:
        """Nothing has to be kept."""
        return True

    def book(self, *_of: object) -> BookFit:
        """What is deployed is not known: the bot compares at its own check."""
        return BookFit(exempt=True, why="what is deployed is not known here")

    def answered(self, question: HoldoutQuestion, _policy: Holdout) -> HoldoutAnswer:
        """No look is taken here."""
        return HoldoutAnswer(content=question.content, why="the bot asks it at its own check")

    def looked(
        self,
        question: HoldoutQuestion,
        policy: Holdout,
        _figures: Mapping[str, Any],
        *,
        agrees: bool | None,  # noqa: ARG002  # the protocol's
    ) -> HoldoutAnswer:
        """Nothing is counted here."""
        return self.answered(question, policy)

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


def judged_again(report: StrategyReport, policy: RiskPolicy, counter: Counter) -> StrategyReport:
    """A report judged by the tries that are counted and the book that is deployed now.

    Args:
        report: of one strategy; where its gates were not reached, none is judged now.
        policy: the gates.
        counter: who counts, and knows what is deployed.
    """
    subject = (report.name, report.tree)
    book = counter.book(*subject) if _reached(report) else None
    now = with_luck(report, luck_of(report.results, policy, subject, counter), policy, book)
    if policy.holdout is None or now.holdout is None:
        return now
    answer = HoldoutAnswer(content=now.holdout.content, why=OTHER_GATES)
    if not blocks(now.gates):
        question = HoldoutQuestion(report.name, report.tree, answer.content)
        answer = counter.answered(question, policy.holdout) or answer
    return with_holdout(now, answer, policy)


def blocks(judged: Sequence[GateResult]) -> bool:
    """Whether a gate that is broken fails the strategy."""
    return any(not gate.passed and gate.severity == "block" for gate in judged)


def with_luck(
    report: StrategyReport, luck: Sequence[Luck], policy: RiskPolicy, book: BookFit | None = None
) -> StrategyReport:
    """A report judged by another count of tries and another book; nothing else of it changes."""
    on_book = gates.judge_book(policy, book) if book is not None else ()
    now = _rejudged(report, tuple(luck), (*gates.judge_luck(policy, luck), *on_book))
    return now.model_copy(update={"book": book})


def without_luck(report: StrategyReport) -> StrategyReport:
    """What the content alone decided, without the gates on luck and the book; figures stay."""
    found = report.holdout
    now = _rejudged(report, report.luck, ())
    return now if found is None else _retold(now, HoldoutAnswer(content=found.content), ())


def with_holdout(
    report: StrategyReport, answer: HoldoutAnswer, policy: RiskPolicy
) -> StrategyReport:
    """A report with another answer of the sealed bars; nothing else of it changes."""
    return _retold(report, answer, holdout_findings(answer, policy))


def _retold(
    report: StrategyReport, answer: HoldoutAnswer, told: Sequence[Finding]
) -> StrategyReport:
    before = _reached(report)
    now = report.model_copy(update={"holdout": answer})
    if before is None:
        return now
    dropped = {RULE, *(g.id for g in report.gates)}
    rest = [f for f in before.findings if f.rule not in dropped]
    return _with_gates(now, report.gates, [*rest, *told])


def _reached(report: StrategyReport) -> CheckResult | None:
    """The check of the gates, None where it was not reached or broke."""
    check = next((c for c in report.checks if c.name is CheckName.POLICY), None)
    return check if check is not None and check.outcome is not Outcome.ERROR else None


def _rejudged(
    report: StrategyReport, luck: tuple[Luck, ...], on_luck: Sequence[GateResult]
) -> StrategyReport:
    before = _reached(report)
    if before is None:
        return report.model_copy(update={"luck": luck})
    dropped = {g.id for g in report.gates}
    judged = (*(g for g in report.gates if g.metric not in CHANGING_METRICS), *on_luck)
    further = [f for f in before.findings if f.rule not in dropped]
    return _with_gates(report.model_copy(update={"luck": luck}), judged, further)


def _with_gates(
    report: StrategyReport, judged: Sequence[GateResult], further: Sequence[Finding]
) -> StrategyReport:
    before = _reached(report)
    duration_s = before.duration_s if before is not None else 0.0
    check = policy_check(judged, further, duration_s)
    checks = tuple(check if c is before else c for c in report.checks)
    verdict, stage = verdict_of(checks)
    return report.model_copy(
        update={"gates": tuple(judged), "checks": checks, "verdict": verdict, "stage": stage}
    )
