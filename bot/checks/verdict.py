"""PURE: the verdict on a strategy, from how its checks ended."""

from collections.abc import Sequence

from components.schema.results.report import CheckResult
from components.schema.results.values import STRATEGY_CHECKS, CheckName, Outcome, Verdict


def verdict_of(done: Sequence[CheckResult]) -> tuple[Verdict, CheckName | None]:
    """Failed beats error: an author with a real finding is told of it; both are not passed."""
    for outcome, verdict in ((Outcome.FAILED, Verdict.FAILED), (Outcome.ERROR, Verdict.ERROR)):
        for check in done:
            if check.outcome is outcome:
                return verdict, check.name
    for check in done:
        if check.outcome is not Outcome.PASSED:
            return Verdict.ERROR, check.name
    if [c.name for c in done] != list(STRATEGY_CHECKS):
        return Verdict.ERROR, done[-1].name if done else None
    return Verdict.PASSED, None
