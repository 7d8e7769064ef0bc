"""Lifecycle moves of a run: the progress of checks told to the State Manager."""

from dataclasses import dataclass
from threading import Event as Flag

from bot.core.decisions import Plan, Snapshot
from components.ports import Proposal
from components.schema.results.report import CheckResult, Report, StrategyReport
from components.schema.results.values import CheckName, Outcome, Severity, Verdict
from components.state import Lifecycle, Store, VersionContent
from components.state.lifecycle import LIVE_ALREADY

ACTOR = "algoops"
_STATES = {Verdict.PASSED: Lifecycle.READY, Verdict.FAILED: Lifecycle.FAILED}


@dataclass(frozen=True)
class Moves:
    """The moves of one run of one proposal; `cancelled` is set when the run is to stop."""

    store: Store
    repository: str
    snapshot: Snapshot
    cancelled: Flag

    def queued(self) -> None:
        """The push was taken: every changed strategy is queued, and its checks begin."""
        proposal = self.snapshot.proposal
        for change in self.snapshot.changes:
            if change.new_tree is None:
                continue
            with self.store.transaction():
                self.store.strategies.propose(
                    self.repository,
                    change.name,
                    actor=proposal.author or ACTOR,
                    reason=f"{proposal.ref} at {proposal.head[:12]}",
                    proposal=proposal.id,
                    content=VersionContent(tree=change.new_tree, commit=proposal.head),
                )
                self._to(change.name, Lifecycle.VALIDATING, "its checks have begun")

    def passed(self, strategy: str, result: CheckResult) -> None:
        """A check ended; after the static checks the sandbox has its turn."""
        if result.name is CheckName.CODE and result.outcome is Outcome.PASSED:
            version = self.store.versions.of_proposal(
                self.repository, strategy, self.snapshot.proposal.id
            )
            if version is not None and version.lifecycle is Lifecycle.VALIDATING:
                self._to(strategy, Lifecycle.TESTING, "definition and code are sound so far")

    def judged(self, report: Report, plan: Plan) -> None:
        """The run is over, and no version of its proposal says of itself what the run does not.

        Judged ones are ready, failed, or (where a check broke) back in the queue; a proposal lands
        as a whole, so none is ready where another one is not. A run may end before it looks at a
        strategy: without a merge, without policies, without the commit.
        """
        red = next((f.message for f in plan.findings if f.severity is Severity.ERROR), "")
        for strategy in report.strategies:
            self._judge(strategy, report, red)
        judged = {s.name for s in report.strategies}
        changed = {c.name for c in self.snapshot.changes if c.new_tree is not None}
        for version in self.store.versions.proposed_in(self.repository, self.snapshot.proposal.id):
            if version.name in judged:
                continue
            if self.snapshot.merge_tree and version.name not in changed:
                self._to(version.name, Lifecycle.ARCHIVED, "the proposal does not change it now")
            elif red:
                self._to(version.name, Lifecycle.FAILED, red)
            elif version.lifecycle is not Lifecycle.FAILED:
                self._to(version.name, Lifecycle.QUEUED, plan.wait or report.summary)

    def _judge(self, strategy: StrategyReport, report: Report, red: str) -> None:
        """`red`: what keeps the whole proposal from passing, whatever its strategies do."""
        content = VersionContent(
            tree=strategy.tree,
            commit=self.snapshot.head,
            content_key=strategy.content_key,
            verdict=strategy.verdict,
        )
        verdict, why = strategy.verdict, red or _failure(strategy)
        if strategy.verdict is Verdict.PASSED:
            verdict = report.verdict
            why = red or f"it passed, its proposal did not: {report.summary}"
            why = "every check passed" if verdict is Verdict.PASSED else why
        state = _STATES.get(verdict, Lifecycle.QUEUED)
        if state is Lifecycle.QUEUED:
            self.store.strategies.record_error(self.repository, strategy.name, why, actor=ACTOR)
        self._to(strategy.name, state, why, strategy.version, content)

    def _to(
        self,
        name: str,
        state: Lifecycle,
        reason: str,
        version: str = "",
        content: VersionContent | None = None,
    ) -> None:
        self.store.strategies.transition(
            self.repository,
            name,
            state,
            actor=ACTOR,
            reason=reason,
            version=version,
            proposal=self.snapshot.proposal.id,
            content=content or VersionContent(),
        )


def not_ready(store: Store, repository: str, proposal: Proposal) -> None:
    """What was ready at another commit of a proposal waits for its checks again."""
    for version in store.versions.proposed_in(repository, proposal.id):
        if version.lifecycle is Lifecycle.READY and version.commit != proposal.head:
            store.strategies.transition(
                repository,
                version.name,
                Lifecycle.QUEUED,
                actor=proposal.author or ACTOR,
                reason=f"{proposal.ref} is at {proposal.head[:12]} now",
                proposal=proposal.id,
            )


def make_ready(
    store: Store, repository: str, name: str, proposal: str, reason: str = "it has passed before"
) -> None:
    """Bring a proposal's version to `ready`, because it is landing or is live.

    A check job may have put it back in the queue a moment ago (the base had moved), or the landing
    has closed its proposal; the verdict holds for the content, so the record follows it.
    """
    if store.versions.open(repository, name, proposal=proposal) is None:
        if store.versions.of_proposal(repository, name, proposal) is None:
            return
        why = f"{LIVE_ALREADY}: it landed"
        store.strategies.propose(repository, name, actor=ACTOR, reason=why, proposal=proposal)
    found = store.versions.open(repository, name, proposal=proposal)
    if found is None or found.deployed_at:
        return
    path = {
        Lifecycle.FAILED: (Lifecycle.FIXING, Lifecycle.QUEUED, Lifecycle.VALIDATING),
        Lifecycle.FIXING: (Lifecycle.QUEUED, Lifecycle.VALIDATING),
        Lifecycle.DISCOVERED: (Lifecycle.QUEUED, Lifecycle.VALIDATING),
        Lifecycle.QUEUED: (Lifecycle.VALIDATING,),
    }
    for state in (*path.get(found.lifecycle, ()), Lifecycle.READY):
        store.strategies.transition(
            repository,
            name,
            state,
            actor=ACTOR,
            reason=reason,
            proposal=proposal,
        )


def _failure(strategy: StrategyReport) -> str:
    """The stage and the first thing that went wrong there."""
    for check in strategy.checks:
        if check.name is strategy.stage:
            first = check.findings[0].message if check.findings else check.summary
            return f"{check.name}: {first}"
    return "a check did not run"
