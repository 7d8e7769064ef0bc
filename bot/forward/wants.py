"""Which deployed strategies have new bars, and the run that each of them needs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import structlog

from bot.checks.backtests import (
    Task,
    Wishes,
    digest_of,
    markets_of,
    name_of,
    order_fields,
    resolve_tasks,
    universe_of,
)
from bot.checks.jobs import backtest_of
from bot.checks.run import read_subject
from bot.checks.strategy import cause
from bot.checks.subject import Bench, Subject, read_definition
from bot.core.decisions import StrategyChange
from bot.forward.compare import digest
from bot.forward.newest import DataDecision, NewestBars, newest
from bot.landing.context import Watched, World
from components.engine.data.listed import bars_of
from components.engine.data.prefix import moments
from components.engine.joined import join, side_by_side
from components.errors import AlgoOpsError, TransientError, UserError
from components.ports import BacktestJob, Bars
from components.schema.definition.check import DefinitionCheck
from components.schema.definition.models import PORTFOLIO, StrategyDefinition
from components.schema.policies.risk import Floors, RiskPolicy
from components.state.db import clock
from components.state.orders import accept_key, late_words
from components.state.tables.forward import ForwardTrack, OrderState
from components.state.tables.records import Deployment

log = structlog.get_logger(__name__)

LAST_BAR = (1 << 63) - 1
"""Nanoseconds since 1970 after every bar: only the last one is asked for."""

GONE = "gone"
"""Seen of what has no data to look at."""

DEPLOYED = "deployed"
"""Why a record begins, where nobody took the data as it is."""

AGAIN, AGAIN_S = "again:", 300.0
"""Begins what was seen where the run failed and may not fail the next time, so much later."""


@dataclass(frozen=True)
class LiveMarket:
    """A deployed strategy on one symbol or a portfolio, and what stood of it when the look began.

    Attributes:
        deployment: number of the landing, made at `deployed_at`; 0: nothing is deployed any more.
        symbol, symbols: see `ForwardTrack`.
    """

    repository: str
    name: str
    version: str
    deployment: int
    content_key: str
    symbol: str
    interval: str
    before: OrderState | None
    deployed_at: str = ""
    symbols: tuple[str, ...] = ()

    @property
    def each(self) -> tuple[str, ...]:
        """The symbols that it trades."""
        return self.symbols or (self.symbol,)


@dataclass(frozen=True)
class Want:
    """A run that is needed: its job, and the record that it goes on with (None: it begins one).

    Attributes:
        bars: what it is to be run on, as the data is now; of a portfolio side by side.
        seen: which data that is, as it is kept.
        late_at: when the next bar should be over.
        made_of: see `ForwardTrack`.
        floors: the policy's costs, for what is said of fills.
        reason: why a record begins.
    """

    market: LiveMarket
    job: BacktestJob
    bars: Bars
    seen: str
    late_at: str
    made_of: str
    floors: Floors
    track: ForwardTrack | None
    reason: str = DEPLOYED


@dataclass(frozen=True)
class NoOrders:
    """Why there are no orders; `seen`: the data that says so, "": look again at the next tick."""

    market: LiveMarket
    reason: str
    seen: str = ""


class DeployedLook:
    """One look at all that is deployed in a repository; data is read once for each symbol."""

    def __init__(self, world: World, watched: Watched, bench: Bench) -> None:
        self._store = world.store
        self._watched = watched
        self._bench = bench
        self._hashes: dict[tuple[str, str], str] = {}

    def wants(self) -> Iterator[Want | NoOrders]:
        """What has to be run, and what cannot be; nothing for what nothing has changed for."""
        known: dict[str, list[OrderState]] = {}
        for standing in self._store.forward.all_standing(self._watched.name):
            known.setdefault(standing.name, []).append(standing)
        for deployment in self._store.deployments.live(self._watched.name):
            before = known.pop(deployment.name, [])
            if not self._unchanged(deployment, before):
                yield from self._guarded(deployment, {one.symbol: one for one in before})
        for name, gone in known.items():
            for one in gone:
                if one.deployment:
                    yield _gone(one, f"{name} is not deployed any more")

    def _unchanged(self, deployment: Deployment, before: list[OrderState]) -> bool:
        accepted = self._store.meta.get(accept_key(deployment.repository, deployment.name))
        return (
            bool(before)
            and not accepted
            and all(one.deployment == deployment.id and self._is_seen(one) for one in before)
        )

    def _is_seen(self, one: OrderState) -> bool:
        """Whether a look would find nothing new."""
        if one.seen == GONE:
            return True
        if one.reason == late_words(one.late_at) and one.late_at > self._store.now():
            return False  # the clock was ahead
        seen = self._seen(one.symbols or (one.symbol,), one.interval)
        again = clock.later(clock.parse(one.updated_at), AGAIN_S)
        waits = one.updated_at <= self._store.now() < again
        return one.seen == seen or (one.seen == AGAIN + seen and waits)

    def _seen(self, symbols: Sequence[str], interval: str) -> str:
        """The data of symbols as it is now, or why there is none."""
        found = [self._hash(symbol, interval) for symbol in symbols]
        return found[0] if len(found) == 1 else digest(json.dumps(found))

    def _hash(self, symbol: str, interval: str) -> str:
        if (symbol, interval) not in self._hashes:
            try:
                found = self._bench.data.data_hash(symbol, interval, None, None)
            except AlgoOpsError as error:
                found = str(error)
            self._hashes[symbol, interval] = found
        return self._hashes[symbol, interval]

    def _guarded(
        self, deployment: Deployment, before: dict[str, OrderState]
    ) -> Iterator[Want | NoOrders]:
        """What breaks under one strategy keeps no other from its orders."""
        try:
            yield from list(self._of(deployment, before))
        except Exception as error:
            log.exception("orders broke", strategy=deployment.name)
            for symbol in before or ("",):
                one = before.get(symbol)
                market = _market(deployment, (symbol,), "", one)
                if one is not None:
                    market = replace(market, interval=one.interval, symbols=one.symbols)
                yield NoOrders(market, cause(error))

    def _of(
        self, deployment: Deployment, before: dict[str, OrderState]
    ) -> Iterator[Want | NoOrders]:
        if not deployment.content_key:  # it was live before it was checked
            live = self._store.versions.deployed(deployment.repository, deployment.name)
            key = live.content_key if live is not None and live.tree == deployment.tree else ""
            deployment = replace(deployment, content_key=key)
        change = StrategyChange(deployment.name, None, deployment.tree)
        subject = read_subject(self._watched.where, change)
        policies = self._bench.policies
        checked = read_definition(subject, policies)
        if checked.definition is None:
            market = _market(deployment, (), "", before.get(""))
            yield NoOrders(market, "its definition is not valid any more", GONE)
            return
        definition = _without_end(checked.definition, policies.risk)
        traded = {name_of(group): group for group in self._accounts(definition, subject)}
        _, interval = markets_of(definition, policies.risk)
        for name, group in traded.items():
            market = _market(
                deployment,
                group,
                interval,
                before.get(name),
                portfolio=definition.framework == PORTFOLIO,
            )
            try:
                yield self._one(market, subject, replace(checked, definition=definition))
            except TransientError as error:
                yield NoOrders(market, str(error))
            except UserError as error:
                yield NoOrders(market, str(error), self._seen(market.each, interval))
        for symbol, standing in before.items():
            if symbol not in traded and standing.deployment:
                yield _gone(standing, f"{deployment.name} does not trade {symbol} any more")

    def _accounts(self, definition: StrategyDefinition, subject: Subject) -> list[tuple[str, ...]]:
        """The symbols of each account that it trades on. Raises UserError: its universe is none."""
        symbols, _ = markets_of(definition, self._bench.policies.risk)
        if definition.framework != PORTFOLIO:
            return [(symbol,) for symbol in symbols]
        if definition.universe is not None:
            _, symbols = universe_of(definition.universe, subject.files)
        return [symbols]

    def _one(
        self, market: LiveMarket, subject: Subject, checked: DefinitionCheck
    ) -> Want | NoOrders:
        """Raises UserError: there are no bars for it. TransientError: they can't be read now."""
        accepted = self._store.meta.get(accept_key(self._watched.name, subject.name))
        found = self._store.forward.track(market.deployment, market.symbol)
        track = None if accepted else found
        task = self._task(market, subject, checked, track)
        for symbol in market.each:
            unfinished = self._bench.data.unfinished(symbol, market.interval)
            if unfinished:
                return NoOrders(market, unfinished)
        seen = self._seen(market.each, market.interval)
        bars, now = self._bars(market, task, self._decided(market, track, accepted))
        if now.reason:
            return NoOrders(market, now.reason, self._until(now, seen))
        sealed = self._store.forward.sealed(track.id) if track is not None else []
        if sealed and moments(bars.frame)[-1] < sealed[-1].bar:
            ends = f"the data ends at {bars.frame.index[-1]}"
            reason = f"{ends}, but there was a bar of {sealed[-1].time}: the file is not whole"
            return NoOrders(market, reason, seen)
        if not self._has_finer(task, bars):
            return NoOrders(
                market, f"the {task.config.detail} bars of {market.symbol} end before it"
            )
        job = backtest_of(subject.name, subject.files, checked.rules, task, self._bench)
        since = sealed[0].bar if sealed else LAST_BAR
        label = f"{job.label}/orders"
        return Want(
            market=market,
            job=replace(job, sheets_since=since, label=label, going_on=now.going_on),
            bars=bars,
            seen=seen,
            late_at=clock.text(now.late_at.to_pydatetime()),
            made_of=digest_of(order_fields(job)),
            floors=self._bench.policies.risk.floors,
            track=track,
            reason=accepted or DEPLOYED,
        )

    def _until(self, now: NewestBars, seen: str) -> str:
        """What was seen, where nothing may be ordered yet; "" where that passes any moment."""
        if not now.waits:
            return seen
        left = (now.late_at - pd.Timestamp(self._store.now())).total_seconds()
        return "" if 0 <= left < AGAIN_S else AGAIN + seen

    def _decided(
        self, market: LiveMarket, track: ForwardTrack | None, accepted: str
    ) -> DataDecision:
        """When somebody decided on what the data is: a late symbol may be over since then."""
        if accepted:
            return DataDecision(pd.Timestamp(self._store.now()), as_it_is=True)
        if track is not None and track.reason != DEPLOYED:
            return DataDecision(pd.Timestamp(track.began_at), as_it_is=True)
        return DataDecision(pd.Timestamp(market.deployed_at), as_it_is=False)

    def _bars(
        self, market: LiveMarket, task: Task, decided: DataDecision
    ) -> tuple[Bars, NewestBars]:
        """What it is to be run on, and whether all of that is there. Raises as `_one`."""
        several = bars_of(self._bench.data, market.each, market.interval, task.start, None)
        bars, members = several[0], None
        if market.symbols:
            joined = join(several, 1.0, task.universe[1])
            bars = side_by_side(market.symbol, several, joined)
            members = joined.timeline.members[-1] if joined.timeline.members is not None else None
        return bars, newest(several, members, decided, pd.Timestamp(self._store.now()))

    def _has_finer(self, task: Task, bars: Bars) -> bool:
        """Whether the finer bars that decide fills reach into the last bar."""
        if task.config.detail is None:
            return True
        finer = self._bench.data.bars(bars.symbol, task.config.detail, task.start, None)
        return bool(moments(finer.frame)[-1] >= moments(bars.frame)[-1])

    def _task(
        self,
        market: LiveMarket,
        subject: Subject,
        checked: DefinitionCheck,
        track: ForwardTrack | None,
    ) -> Task:
        """The whole history up to the last bar; it begins where it did when the record began.

        Nothing is sealed for what is deployed: its orders are for bars that come.
        """
        assert checked.definition is not None  # noqa: S101  # looked at by the caller
        symbols = () if market.symbols else (market.symbol,)
        tasks, findings = resolve_tasks(
            checked.definition,
            self._bench.policies.risk.model_copy(update={"holdout": None}),
            self._bench.data,
            causality=self._bench.causality,
            wishes=Wishes(start=track.start if track is not None else "", symbols=symbols),
            files=subject.files,
        )
        if not tasks:
            raise UserError(findings[0].message, hint=findings[0].hint)
        return tasks[0]


def _without_end(definition: StrategyDefinition, policy: RiskPolicy) -> StrategyDefinition:
    """The definition for bars that are not there yet: no last day, and nothing to compare with."""
    config = definition.backtest or policy.backtest
    if config is not None:
        config = config.model_copy(update={"end": None, "benchmark_symbol": None})
    return definition.model_copy(update={"end": None, "backtest": config})


def _market(
    deployment: Deployment,
    symbols: tuple[str, ...],
    interval: str,
    before: OrderState | None,
    *,
    portfolio: bool = False,
) -> LiveMarket:
    return LiveMarket(
        repository=deployment.repository,
        name=deployment.name,
        version=deployment.version,
        deployment=deployment.id,
        content_key=deployment.content_key,
        symbol=name_of(symbols),
        interval=interval,
        before=before,
        deployed_at=deployment.deployed_at,
        symbols=symbols if portfolio else (),
    )


def _gone(before: OrderState, reason: str) -> NoOrders:
    market = LiveMarket(
        repository=before.repository,
        name=before.name,
        version=before.version,
        deployment=0,
        content_key="",
        symbol=before.symbol,
        interval=before.interval,
        before=before,
        symbols=before.symbols,
    )
    return NoOrders(market, reason, GONE)
