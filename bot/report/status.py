"""Report -> commit statuses, and the one sentence that sums a run up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, assert_never

from bot.report.values import counted
from components.ports import StatusState
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict
from components.texts import cut, printable

SUMMARY_CONTEXT = "algoops"
DEPLOY_RULES = frozenset({"version-taken", "tag-taken", "held", "approval-needed"})
"""Of warnings that a deploy would be refused; no check fails for them."""

DESCRIPTION_CAP = 140
"""GitHub refuses longer descriptions."""


def context(check: CheckName) -> str:
    """The status context of one check; `SUMMARY_CONTEXT` is the one to require."""
    return f"{SUMMARY_CONTEXT}/{check.value}"


def status_text(report: Report, check: CheckName | None = None) -> tuple[StatusState, str]:
    """State and description (at most 140 characters) of the summary, or of one check.

    Args:
        report: the finished run.
        check: which check to speak of, over all strategies; None speaks of the run.
    """
    if check is None:
        return _state(report.verdict), cut(printable(_in_short(report)), DESCRIPTION_CAP)
    outcomes = {s.name: c.outcome for s in report.strategies for c in s.checks if c.name is check}
    outcomes |= {c.name.value: c.outcome for c in report.checks if c.name is check}
    for outcome, state, words in (
        (Outcome.ERROR, StatusState.ERROR, "could not run"),
        (Outcome.FAILED, StatusState.FAILURE, "failed"),
    ):
        names = sorted(name for name, found in outcomes.items() if found is outcome)
        if names:
            return state, cut(printable(f"{words}: {', '.join(names)}"), DESCRIPTION_CAP)
    passed = sum(found is Outcome.PASSED for found in outcomes.values())
    if not passed:
        return StatusState.NEUTRAL, "did not run"
    return StatusState.SUCCESS, f"{counted(passed, 'strategy', 'strategies')} passed"


class InQueue(Protocol):
    """Where something waits."""

    @property
    def place(self) -> int:
        """1 goes next."""

    @property
    def of(self) -> int:
        """How many wait."""

    @property
    def seconds(self) -> float | None:
        """Until it is done, as an estimate; None where there is none."""


def waits(standing: InQueue | None, before: str = "") -> str:
    """Where a check stands in the queue of the sandbox, and for how long; `before`: what is known.

    Args:
        standing: its place; None where it is too far to tell.
        before: words that come first.
    """
    place = place_in_queue(standing)
    return cut(printable(f"{before}; waits for the sandbox: {place}"), DESCRIPTION_CAP)


def over_the_rate(author: str, most: int, until: datetime) -> str:
    """A check waits because its author has had enough of them within an hour."""
    when = until.strftime("%H:%M UTC")
    words = f"waits until {when}: {author} has had {most} checks within an hour, which is the limit"
    return cut(printable(words), DESCRIPTION_CAP)


def place_in_queue(standing: InQueue | None) -> str:
    """`place 3 of 12, about 40 s`."""
    if standing is None:
        return "far back in the queue"
    place = f"place {standing.place} of {standing.of}"
    return place if standing.seconds is None else f"{place}, {about(standing.seconds)}"


def about(seconds: float) -> str:
    """An estimate for people: `about 40 s`, `about 12 min`, `about 3 h`."""
    for unit, length, least in (("h", 3600, 7200), ("min", 60, 120)):
        if seconds >= least:
            return f"about {seconds / length:z.0f} {unit}"
    return f"about {max(10, round(seconds, -1)):z.0f} s"


def statuses(report: Report) -> tuple[tuple[str, StatusState, str], ...]:
    """(context, state, description) to set: each check that is red, then the summary.

    Green checks have none: the summary speaks for them.
    """
    red = tuple((context(check), state, words) for check, state, words in _red(report))
    return (*red, (SUMMARY_CONTEXT, *status_text(report)))


def _red(report: Report) -> tuple[tuple[CheckName, StatusState, str], ...]:
    told = ((check, *status_text(report, check)) for check in CheckName)
    return tuple(one for one in told if one[1] in {StatusState.FAILURE, StatusState.ERROR})


def _in_short(report: Report) -> str:
    """The summary; led by the red checks where it may not name them all within the cap."""
    red = _red(report)
    fits = len(report.summary) <= DESCRIPTION_CAP
    if not red or (len(red) == 1 and fits and red[0][0].value in report.summary):
        return report.summary
    return f"{'; '.join(f'{check.value} {words}' for check, _, words in red)}. {report.summary}"


def summary(
    verdict: Verdict,
    strategies: Sequence[StrategyReport],
    findings: Sequence[Finding] = (),
    *,
    live: bool = False,
) -> str:
    """One sentence for `Report.summary`; plain text, escaped where it is rendered.

    `live`: it is about what is deployed, not about a proposal.
    """
    blockers = [f for f in findings if f.severity is Severity.ERROR]
    match verdict:
        case Verdict.PASSED:
            first = "; ".join(f.message for f in before_deploy(findings))
            end = f", but may not be deployed yet: {first}." if first else " and may be deployed."
            return f"{_names(strategies, verdict)} passed all checks{'.' if live else end}"
        case Verdict.FAILED if blockers:
            return blockers[0].message
        case Verdict.FAILED:
            return f"{_failures(strategies)}."
        case Verdict.ERROR:
            names = _names(strategies, verdict) or "The proposal"
            return f"{names} could not be checked{_why_not(strategies)}."
        case Verdict.NEUTRAL:
            return "No strategy differs from the base."
    assert_never(verdict)


def before_deploy(findings: Sequence[Finding]) -> list[Finding]:
    """What stands in the way of a deploy although all checks passed."""
    return [f for f in findings if f.rule in DEPLOY_RULES]


def with_warnings(report: Report, warnings: Sequence[Finding]) -> Report:
    """A report with more findings; its sentence says what of them keeps it from a deploy."""
    said = summary(report.verdict, report.strategies)
    text = report.summary
    if report.verdict is Verdict.PASSED and text.startswith(said):
        text = summary(report.verdict, report.strategies, warnings) + text[len(said) :]
    return report.model_copy(update={"findings": (*report.findings, *warnings), "summary": text})


def _names(strategies: Sequence[StrategyReport], verdict: Verdict, most: int = 5) -> str:
    names = [f"{s.name} {s.version}".strip() for s in strategies if s.verdict is verdict]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _why_not(strategies: Sequence[StrategyReport]) -> str:
    broken = (c for s in strategies for c in s.checks if c.outcome is Outcome.ERROR and c.summary)
    first = next(broken, None)
    return f": {first.name.value}: {first.summary.rstrip('.')}" if first else ""


def _failures(strategies: Sequence[StrategyReport], most: int = 3) -> str:
    failed = [s for s in strategies if s.verdict is Verdict.FAILED]
    parts = [
        f"{s.name} failed {s.stage.value if s.stage else 'its checks'}{_problems(s)}"
        for s in failed[:most]
    ]
    more = f"; {len(failed) - most} more failed" if len(failed) > most else ""
    passed = sum(s.verdict is Verdict.PASSED for s in strategies)
    also = f"; {passed} passed" if passed else ""
    return "; ".join(parts) + more + also


def _problems(strategy: StrategyReport) -> str:
    errors = [f for c in strategy.checks for f in c.findings if f.severity is Severity.ERROR]
    broken = [g for g in strategy.gates if not g.passed and g.severity == "block"]
    if not errors:
        return f" ({counted(len(broken), 'gate')} broken)" if broken else ""
    if len(errors) == 1:
        return f": {errors[0].message}"
    return f" ({counted(len(errors), 'problem')})"


def _state(verdict: Verdict) -> StatusState:
    match verdict:
        case Verdict.PASSED:
            return StatusState.SUCCESS
        case Verdict.FAILED:
            return StatusState.FAILURE
        case Verdict.ERROR:
            return StatusState.ERROR
        case Verdict.NEUTRAL:
            return StatusState.NEUTRAL
    assert_never(verdict)
