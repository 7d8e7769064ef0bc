"""The Report document: what a run tells people. Its schema: `algoops schema --report`."""

from enum import StrEnum
from typing import Literal

from components.schema.results.book import BookFit
from components.schema.results.evidence import Luck
from components.schema.results.further import Further
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Finding,
    Metrics,
    Outcome,
    Value,
    Verdict,
)


class GateResult(Value):
    """One policy gate: the value found, the limit, and the margin left (negative: broken)."""

    id: str
    metric: str
    op: str
    compare: Literal["absolute", "base", "benchmark"]
    severity: Literal["block", "warn"]
    symbol: str = ""
    value: float | None = None
    limit: float | None = None
    margin: float | None = None
    passed: bool
    message: str = ""


class CheckResult(Value):
    """How one check of one strategy ended, with everything it found."""

    name: CheckName
    outcome: Outcome
    summary: str
    duration_s: float = 0.0
    findings: tuple[Finding, ...] = ()


class Change(StrEnum):
    """What the proposal does to a strategy's folder."""

    ADDED = "added"
    MODIFIED = "modified"
    RENAMED = "renamed"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    NOT_COMPARED = "not compared"
    """A folder as it is: with nothing."""


class StrategyReport(Value):
    """Everything found out about one strategy's content."""

    name: str
    path: str
    version: str = ""
    change: Change
    tree: str
    content_key: str
    verdict: Verdict
    reused: bool = False
    """True when the verdict was known already for the same content key."""
    stage: CheckName | None = None
    """The check at which it failed, if it did."""
    checks: tuple[CheckResult, ...] = ()
    results: tuple[ExecutionResult, ...] = ()
    """One backtest per symbol."""
    aggregate: Metrics | None = None
    """Of the only symbol; of several, the account that has the same money in each."""
    aggregate_benchmark: Metrics | None = None
    """The same of what is bought and held."""
    base_metrics: Metrics | None = None
    """The deployed version's metrics on the same data, where there is one."""
    gates: tuple[GateResult, ...] = ()
    luck: tuple[Luck, ...] = ()
    """How much of each backtest is luck, by the tries that were counted at this verdict."""
    book: BookFit | None = None
    """How it goes together with what was deployed at this verdict; None: it was not compared."""
    further: tuple[Further, ...] = ()
    """What further runs showed of each backtest, where the policy has gates on them."""
    holdout: HoldoutAnswer | None = None
    """What the sealed bars say, where the policy seals some."""


class LandingStrategy(Value):
    """What landing a proposal does to one strategy.

    Attributes:
        was: the name that it had, where it is renamed: that one is removed.
        live: version that the base has of what is removed ("" where it cannot be read).
    """

    name: str
    change: Change
    was: str = ""
    live: str = ""


class LandingPath(Value):
    """One file beside the strategies that lands; `note` says what is odd about it."""

    path: str
    change: Change
    note: str = ""


class LandingList(Value):
    """Everything that a deploy of the proposal would put on the base, and nothing else.

    Attributes:
        strategies: by name; what is removed or renamed too.
        policies: files in the folder of policies.
        also: every other file.
        digest: SHA-256 (hex) over all of it; a deploy refuses when today's merge has another.
    """

    strategies: tuple[LandingStrategy, ...] = ()
    policies: tuple[LandingPath, ...] = ()
    also: tuple[LandingPath, ...] = ()
    digest: str


class ProposalRef(Value):
    """Where a proposal came from, as shown to people."""

    id: str
    ref: str
    title: str = ""
    author: str = ""
    url: str = ""


class Report(Value):
    """The outcome of one run: all checks of one proposal at one commit."""

    schema_version: Literal["1"] = "1"
    algoops: str
    run_id: str = ""
    repository: str = ""
    proposal: ProposalRef
    head_commit: str
    base_commit: str
    merge_tree: str = ""
    """Tree id of the merge result that was tested; empty where the merge conflicts."""
    verdict: Verdict
    summary: str
    strategies: tuple[StrategyReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Findings of the proposal itself (a conflict, refused paths)."""
    lands: LandingList | None = None
    """What a deploy would land; none where nothing can be merged, or nothing is proposed."""
    checks: tuple[CheckResult, ...] = ()
    """Checks of the proposal as a whole: `policy-change`, where it changes policies."""
    started_at: str
    finished_at: str
    duration_s: float
    limits_not_enforced: tuple[str, ...] = ()
    signature: str = ""
    """An SSH signature over all else in the document (namespace `algoops-report`), or ""."""

    def placed_findings(self) -> tuple[Finding, ...]:
        """All findings, each at a path of the repository: the proposal's own, then each strategy's.

        One about a strategy as a whole (a gate, say) is at the first line of its definition; one
        about the proposal as a whole is there for the first strategy, or at the root (".").
        """
        first = _definition(self.strategies[0].path) if self.strategies else "."
        whole = (*self.findings, *(f for check in self.checks for f in check.findings))
        own = [_placed(finding, "", first) for finding in whole]
        return tuple(
            own
            + [
                _placed(finding, strategy.path, _definition(strategy.path))
                for strategy in self.strategies
                for check in strategy.checks
                for finding in check.findings
            ]
        )


def _definition(folder: str) -> str:
    return f"{folder}/strategy.yaml"


def _placed(finding: Finding, folder: str, elsewhere: str) -> Finding:
    file = finding.file
    if not file:
        return finding.model_copy(update={"file": elsewhere, "line": 1})
    inside = not folder or file == folder or file.startswith(f"{folder}/")
    return finding.model_copy(update={"file": file if inside else f"{folder}/{file}"})
