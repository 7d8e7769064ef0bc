"""The ledger of tries as checks, sweeps and requests use it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.checks.jobs import content_of
from bot.checks.looks import HoldoutQuestion
from bot.checks.luck import Counted
from bot.core.failpoints import failpoint
from bot.landing.book import fit_of, keep_returns
from bot.landing.looks import answered, looked
from components.ports import BacktestJob
from components.schema.policies.risk import FamilyScope, Holdout
from components.schema.results.book import BookFit
from components.schema.results.evidence import Luck, Track
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.values import ExecutionResult, Status
from components.state import Store
from components.state.tables.tries import Of, Returns, Source, Try


@dataclass(frozen=True)
class StoreCounter:
    """Counts the tries of one repository.

    Attributes:
        source: what asked for the backtests.
        proposal, actor: as told, for the record.
        besides: name and tree of what would be deployed in the same step, for the book.
        looks: whether sealed bars may be asked; False: an answer that stands is told.
    """

    store: Store
    repository: str
    source: Source
    proposal: str = ""
    actor: str = ""
    besides: tuple[tuple[str, str], ...] = ()
    looks: bool = True

    def record(
        self, name: str, key: str, ran: Sequence[tuple[BacktestJob, ExecutionResult]]
    ) -> None:
        """Count each backtest that has returns, all in one transaction; known ones are no tries."""
        with self.store.transaction():
            for job, result in ran:
                if result.status is Status.PASSED and result.track is not None:
                    self.store.tries.record(self._try(name, key, job, result, result.track))
        if self.source == "push":
            failpoint("check.counted")

    def _try(
        self, name: str, key: str, job: BacktestJob, result: ExecutionResult, track: Track
    ) -> Try:
        found = result.evidence.moments if result.evidence is not None else None
        return Try(
            of=Of(self.repository, name, result.symbol, result.interval, job.symbols),
            source=self.source,
            content=content_of(job),
            data=result.provenance.data_hash,
            returns=Returns(track.fingerprint, track.step_s, track.first, track.series),
            parameters=job.parameters,
            moments=found.model_dump() if found is not None else {},
            sharpe=result.metrics.sharpe if result.metrics is not None else None,
            content_key=key,
            proposal=self.proposal,
            actor=self.actor,
        )

    def knows(self, job: BacktestJob, result: ExecutionResult) -> bool:
        """Whether this content was counted, or equal returns on the same data."""
        fingerprint = result.evidence.returns_sha256 if result.evidence is not None else ""
        return self.store.tries.knows(
            self.repository, content_of(job), result.provenance.data_hash, fingerprint
        )

    def keep(self, name: str, tree: str, results: Sequence[ExecutionResult]) -> None:
        """Keep the returns of a content for the book."""
        keep_returns(self.store, self.repository, name, tree, results)

    def kept(self, name: str, tree: str, results: Sequence[ExecutionResult]) -> bool:
        """Whether the returns are kept, where the backtests have any."""
        found = bool(self.store.book.of(self.repository, name, tree))
        return found or not all(r.evidence and r.evidence.returns_sha256 for r in results)

    def book(self, name: str, tree: str) -> BookFit:
        """A content against all others that are deployed now, or would be together with it."""
        return fit_of(self.store, self.repository, name, tree, self.besides)

    def answered(self, question: HoldoutQuestion, policy: Holdout) -> HoldoutAnswer | None:
        """The answer that stands, or that no look is left."""
        found = answered(self.store, self.repository, question, policy)
        if self.looks or (found is not None and found.state != "to be asked"):
            return found
        return HoldoutAnswer(content=question.content, why="it is asked once this is submitted")

    def looked(
        self,
        question: HoldoutQuestion,
        policy: Holdout,
        figures: Mapping[str, Any],
        *,
        agrees: bool | None,
    ) -> HoldoutAnswer:
        """Count a look with its answer."""
        asker = (self.repository, self.proposal, self.actor)
        return looked(self.store, asker, question, policy, figures, agrees)

    def family(self, name: str, _tree: str, result: ExecutionResult, scope: FamilyScope) -> Counted:
        """The tries that are counted by now."""
        # numpy takes a moment to load, and a command that only looks does not need it
        from components.engine.evidence.tries import (  # noqa: PLC0415  # see above
            independent,
            overfitting_of,
        )

        symbols = tuple(one.symbol for one in result.contributions)
        of = Of(self.repository, name, result.symbol, result.interval, symbols)
        found = self.store.tries.family(of, scope)
        tracks = [Track(**asdict(returns)) for _, returns in found.sample]
        return Counted(
            tries=max(found.tries, 1),
            independent=independent(tracks, found.tries) if tracks else 1,
            pbo=overfitting_of(tracks),
            since=self.store.tries.since(),
            others=tuple(round(s, 4) for s, _ in found.sample if s is not None),
        )


@dataclass(frozen=True)
class LiveCounter(StoreCounter):
    """For checks of what is deployed: no tries, held against what was counted at the deploy.

    What came to the base in another way is counted at its first check, and stays so.
    """

    def record(
        self, name: str, key: str, ran: Sequence[tuple[BacktestJob, ExecutionResult]]
    ) -> None:
        """Nothing: nobody picks among checks of what is deployed."""

    def knows(self, _job: BacktestJob, _result: ExecutionResult) -> bool:
        """Nothing has to be counted."""
        return True

    def book(self, _name: str, _tree: str) -> BookFit:
        """What is live is part of the book: what came later never fails it."""
        return BookFit(exempt=True, why="it is deployed already")

    def answered(self, question: HoldoutQuestion, _policy: Holdout) -> HoldoutAnswer:
        """Nobody picks among what is live: it costs no look."""
        return HoldoutAnswer(content=question.content, why="it is deployed already")

    def family(self, name: str, tree: str, result: ExecutionResult, scope: FamilyScope) -> Counted:
        """The tries that were counted when this content was deployed."""
        kept = self.store.tries.kept_count(self.repository, name, tree, result.symbol)
        if kept is not None:
            return Counted(**{**kept, "others": tuple(kept["others"])})
        counted = super().family(name, tree, result, scope)
        self.store.tries.keep_count(self.repository, name, tree, result.symbol, asdict(counted))
        return counted


def keep_counts(store: Store, repository: str, name: str, tree: str, luck: Sequence[Luck]) -> None:
    """Keep with a version what was counted when it was judged for its deploy."""
    for one in luck:
        counted = Counted(one.tries, one.independent, one.pbo, one.since, one.others)
        store.tries.keep_count(repository, name, tree, one.symbol, asdict(counted))
