"""Which deployed strategies have new bars, and the run that each of them needs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import structlog

from bot.checks.backtests import (
    Task,
    Wishes,
    digest_of,
    markets_of,
    order_fields,
    resolve_tasks,
)
from bot.checks.jobs import backtest_of
from bot.checks.run import read_subject
from bot.checks.strategy import cause
from bot.checks.subject import Bench, Subject, read_definition
from bot.core.decisions import StrategyChange
from bot.landing.context import Watched, World
from components.engine.data.prefix import moments
from components.errors import AlgoOpsError, TransientError, UserError
from components.ports import BacktestJob, Bars
from components.schema.definition.check import DefinitionCheck
from components.schema.definition.models import PORTFOLIO, StrategyDefinition
from components.schema.policies.risk import Floors, RiskPolicy
from components.state.db import clock
from components.state.orders import accept_key
from components.state.tables.forward import ForwardTrack, OrderState
from components.state.tables.records import Deployment

log = structlog.get_logger(__name__)

LAST_BAR = (1 << 63) - 1
"""Nanoseconds since 1970 after every bar: only the last one is asked for."""

GONE = "gone"
"""Seen of what has no data to look at."""

AGAIN, AGAIN_S = "again:", 300.0
"""Begins what was seen where the run failed and may not fail the next time, so much later."""


@dataclass(frozen=True)
class LiveMarket:
    """A deployed strategy on one symbol, and what stood of it when the look began.

    Attributes:
        deployment: number of the landing; 0 where nothing is deployed any more.
    """

    repository: str
    name: str
    version: str
    deployment: int
    content_key: str
    symbol: str
    interval: str
    before: OrderState | None


@dataclass(frozen=True)
class Want:
    """A run that is needed: its job, and the record that it goes on with (None: it begins one).

    Attributes:
        bars: what it is to be run on, as the data is now.
        made_of: see `ForwardTrack`.
        floors: the policy's costs, for what is said of fills.
        reason: why a record begins.
    """

    market: LiveMarket
    job: BacktestJob
    bars: Bars
    made_of: str
    floors: Floors
    track: ForwardTrack | None
    reason: str = "deployed"


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
        now = self._seen(one.symbol, one.interval)
        waits = clock.later(clock.parse(one.updated_at), AGAIN_S) > self._store.now()
        return one.seen == now or (one.seen == AGAIN + now and waits)

    def _seen(self, symbol: str, interval: str) -> str:
        """The data of a symbol as it is now, or why there is none."""
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
                interval = one.interval if one is not None else ""
                yield NoOrders(_market(deployment, symbol, interval, one), cause(error))

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
            market = _market(deployment, "", "", before.get(""))
            yield NoOrders(market, "its definition is not valid any more", GONE)
            return
        definition = _without_end(checked.definition, policies.risk)
        symbols, interval = markets_of(definition, policies.risk)
        if definition.framework == PORTFOLIO:
            symbols = definition.symbols or ("",)  # a universe's may not be read
        for symbol in symbols:
            market = _market(deployment, symbol, interval, before.get(symbol))
            if definition.framework == PORTFOLIO:
                yield NoOrders(market, "orders of the day are not made for portfolios yet")
                continue
            try:
                yield self._one(market, subject, replace(checked, definition=definition))
            except TransientError as error:
                yield NoOrders(market, str(error))
            except UserError as error:
                yield NoOrders(market, str(error), self._seen(symbol, interval))
        for symbol, standing in before.items():
            if symbol not in symbols and standing.deployment:
                yield _gone(standing, f"{deployment.name} does not trade {symbol} any more")

    def _one(
        self, market: LiveMarket, subject: Subject, checked: DefinitionCheck
    ) -> Want | NoOrders:
        """Raises UserError: there are no bars for it. TransientError: they can't be read now."""
        accepted = self._store.meta.get(accept_key(self._watched.name, subject.name))
        found = self._store.forward.track(market.deployment, market.symbol)
        track = None if accepted else found
        task = self._task(market, checked, track)
        unfinished = self._bench.data.unfinished(market.symbol, market.interval)
        if unfinished:
            return NoOrders(market, unfinished)
        bars = self._bench.data.bars(market.symbol, market.interval, task.start, None)
        seen = self._seen(market.symbol, market.interval)
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
        return Want(
            market=market,
            job=replace(job, sheets_since=since, label=f"{job.label}/orders"),
            bars=bars,
            made_of=digest_of(order_fields(job)),
            floors=self._bench.policies.risk.floors,
            track=track,
            reason=accepted or "deployed",
        )

    def _has_finer(self, task: Task, bars: Bars) -> bool:
        """Whether the finer bars that decide fills reach into the last bar."""
        if task.config.detail is None:
            return True
        finer = self._bench.data.bars(bars.symbol, task.config.detail, task.start, None)
        return bool(moments(finer.frame)[-1] >= moments(bars.frame)[-1])

    def _task(
        self, market: LiveMarket, checked: DefinitionCheck, track: ForwardTrack | None
    ) -> Task:
        """The whole history up to the last bar; it begins where it did when the record began.

        Nothing is sealed for what is deployed: its orders are for bars that come.
        """
        assert checked.definition is not None  # noqa: S101  # looked at by the caller
        tasks, findings = resolve_tasks(
            checked.definition,
            self._bench.policies.risk.model_copy(update={"holdout": None}),
            self._bench.data,
            causality=self._bench.causality,
            wishes=Wishes(start=track.start if track is not None else "", symbols=(market.symbol,)),
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
    deployment: Deployment, symbol: str, interval: str, before: OrderState | None
) -> LiveMarket:
    return LiveMarket(
        repository=deployment.repository,
        name=deployment.name,
        version=deployment.version,
        deployment=deployment.id,
        content_key=deployment.content_key,
        symbol=symbol,
        interval=interval,
        before=before,
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
    )
    return NoOrders(market, reason, GONE)
