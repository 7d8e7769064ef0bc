"""The job that runs what is deployed on new bars, seals what it wants, and tells of it."""

import json
import uuid
from collections import deque
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace

import structlog

from bot.checks.base_policies import bench_now
from bot.checks.strategy import Superseded, cause
from bot.core.failpoints import failpoint
from bot.core.notices import OrdersChanged
from bot.forward.at_once import at_once, is_as_streamed, is_streamed_too
from bot.forward.compare import Difference, difference, digest, orders_text
from bot.forward.edge import edge_of
from bot.forward.react import react_to
from bot.forward.send import TRIES, queue_notes
from bot.forward.wants import AGAIN, GONE, DeployedLook, NoOrders, Want
from bot.landing.context import Watched, World
from components.engine.data.prefix import pack, restated, unpack
from components.errors import TransientError
from components.ports import BacktestJob, Turn
from components.schema.policies.risk import Floors
from components.schema.results.orders import OrderSheet
from components.schema.results.values import ExecutionResult, Status
from components.state.orders import WORKED_OUT, accept_key, late_words, sheet_document
from components.state.tables.forward import ForwardTrack, OrderState, Sealed
from components.state.tables.records import Job

log = structlog.get_logger(__name__)

POLL_S = 0.1
BY_CHANCE = (Status.INFRASTRUCTURE_ERROR, Status.KILLED, Status.TIMEOUT)
"""How a run may end that comes out otherwise the next time."""


@dataclass(frozen=True)
class LookedAt:
    """What came of one look at one strategy on one symbol.

    Attributes:
        sealed: rows for the bars that have none yet; `track`: the record that begins with them.
        bars: a packed copy of the bars up to the first of these, where a record begins.
    """

    standing: OrderState
    sealed: tuple[Sealed, ...] = ()
    track: ForwardTrack | None = None
    bars: bytes = b""


@dataclass(frozen=True)
class _Running:
    """A strategy that is run; `job` is not its own where it gets all bars at once."""

    want: Want
    job: BacktestJob
    future: Future[ExecutionResult]


def _record(world: World, want: Want) -> list[Sealed]:
    return world.store.forward.sealed(want.track.id) if want.track is not None else []


def follow(world: World, job: Job) -> None:
    """Run each deployed strategy whose data has changed, once, and publish what it wants next.

    Raises:
        Superseded: the daemon is stopping.
    """
    watched = world.repository(job.repository)
    bench = bench_now(watched.where, world.bench, watched.base_branch)
    turn = Turn(watched.name, "", watched.weight)
    running: deque[_Running] = deque()

    def run(want: Want, job: BacktestJob) -> None:
        running.append(_Running(want, job, world.bench.executor.submit(job, None, turn)))

    try:
        for want in DeployedLook(world, watched, bench).wants():
            if isinstance(want, NoOrders):
                _settle(world, want.market.before, _refused(want))
            else:
                ours = _taken_back(world, want)
                run(ours, at_once(ours, _record(world, ours)) or ours.job)
        while running:
            now = running[0]
            result = _wait(world, now.future)
            running.popleft()
            failpoint("forward.ran")
            streamed = now.job is now.want.job
            if streamed or is_as_streamed(now.want, _record(world, now.want), result):
                _settle(world, now.want.market.before, _guarded(world, now.want, result))
                if not streamed and is_streamed_too(now.want, _record(world, now.want)):
                    run(_as_it_stands(world, now.want), now.want.job)
            else:
                run(now.want, now.want.job)
    finally:
        for one in running:
            one.future.cancel()
    tell_late(world, watched)
    react_to(world, watched, bench.policies.risk.recheck.action)


def _taken_back(world: World, want: Want) -> Want:
    """Take back the orders of the version before; those of this one are worked out next."""
    market = want.market
    if market.before is None or market.before.deployment == market.deployment:
        return want
    _settle(world, market.before, LookedAt(_standing(want, WORKED_OUT, "")))
    return _as_it_stands(world, want)


def _as_it_stands(world: World, want: Want) -> Want:
    market = want.market
    now = world.store.forward.standing(market.repository, market.name, market.symbol)
    return replace(want, market=replace(market, before=now))


def _wait(world: World, future: Future[ExecutionResult]) -> ExecutionResult:
    while not world.stopping.is_set():
        try:
            return future.result(timeout=POLL_S)
        except TimeoutError:
            continue
        except CancelledError as error:
            raise Superseded from error
    raise Superseded


def tell_late(world: World, watched: Watched) -> None:
    """Take back the orders of a bar whose next one should have come by now."""
    now = world.store.now()
    for one in world.store.forward.all_standing(watched.name):
        if not one.reason and one.late_at and one.late_at < now:
            _settle(world, one, LookedAt(replace(one, reason=late_words(one.late_at))))


def _refused(refused: NoOrders) -> LookedAt:
    return LookedAt(_standing(refused, refused.reason, refused.seen))


def _standing(asked: Want | NoOrders, reason: str, seen: str) -> OrderState:
    market = asked.market
    before = market.before
    same = before is not None and before.deployment == market.deployment
    fresh = OrderState(
        repository=market.repository,
        name=market.name,
        symbol=market.symbol,
        symbols=market.symbols,
        interval=market.interval,
        deployment=market.deployment,
        version=market.version,
        number=before.number if before is not None else 0,
        told=before.told if before is not None else "",
    )
    kept = fresh if before is None or not same or seen == GONE else before
    return replace(kept, reason=reason, seen=seen)


def _guarded(world: World, want: Want, result: ExecutionResult) -> LookedAt:
    """What a run comes to; what breaks under one strategy keeps no other from its orders."""
    try:
        return _found(world, want, result)
    except TransientError:
        raise
    except Exception as error:
        log.exception("orders broke", strategy=want.market.name)
        return LookedAt(_standing(want, cause(error), AGAIN + want.seen))


def _found(world: World, want: Want, result: ExecutionResult) -> LookedAt:
    """What a run comes to: held against the record, then its new bars."""
    if result.status is not Status.PASSED:
        again = AGAIN if result.status in BY_CHANCE else ""
        reason = f"its run failed: {result.message or result.status}"
        return LookedAt(_standing(want, reason, again + want.seen))
    if result.provenance.data_hash != want.bars.data_hash:
        return LookedAt(_standing(want, "the data changed while it was read", ""))
    standing = _standing(want, "", want.seen)
    sealed = _record(world, want)
    differs = difference(
        sealed,
        result.sheets,
        (want.made_of, result.provenance),
        lambda: restated(_as_it_was(world, sealed), want.bars.frame),
    )
    reason = _withheld(differs) or _dried(want, result.sheets)
    if not reason and want.late_at < world.store.now():
        reason = late_words(want.late_at)
    standing = replace(
        standing,
        reason=reason,
        late_at=want.late_at,
        integrity=differs.text() if differs is not None else "",
        track=want.track.id if want.track is not None else 0,
    )
    if _withheld(differs) or not result.sheets:
        return LookedAt(standing)
    found = _with_rows(want, result, standing, {row.bar for row in sealed})
    rows = [*sealed, *found.sealed]
    edge = edge_of(world, want.market.content_key, want.market.symbol, rows)
    return replace(found, standing=replace(found.standing, edge=edge))


def _withheld(differs: Difference | None) -> str:
    """Why a difference leaves no orders, or "": ours is told, but what it wants now is known."""
    trusted = differs is None or differs.cause in {"settings", "engine", "image"}
    return "" if differs is None or trusted else differs.message


def _dried(want: Want, sheets: tuple[OrderSheet, ...]) -> str:
    whole = bool(sheets) and sheets[-1].time == want.bars.frame.index[-1].isoformat()
    return "" if whole else "its account has run out of money"


def _as_it_was(world: World, sealed: list[Sealed]) -> dict[int, dict[str, float | None]]:
    first = world.store.forward.bars(sealed[0].data)
    old: dict[int, dict[str, float | None]] = {at: {**row} for at, row in unpack(first).items()}
    return {**old, **{row.bar: json.loads(row.prices) for row in sealed}}


def _with_rows(
    want: Want, result: ExecutionResult, standing: OrderState, known: set[int]
) -> LookedAt:
    new = [sheet for sheet in result.sheets if sheet.at not in known]
    rows = tuple(
        _row(want, result, sheet, published=sheet is result.sheets[-1] and not standing.reason)
        for sheet in new
    )
    if want.track is not None:
        return LookedAt(standing, rows)
    market = want.market
    track = ForwardTrack(
        id=0,
        deployment=market.deployment,
        repository=market.repository,
        name=market.name,
        version=market.version,
        symbol=market.symbol,
        symbols=market.symbols,
        interval=market.interval,
        start=want.job.start or "",
        made_of=want.made_of,
        reason=want.reason,
    )
    return LookedAt(standing, rows, track, pack(want.bars.frame))


def _row(want: Want, result: ExecutionResult, sheet: OrderSheet, *, published: bool) -> Sealed:
    orders = orders_text(sheet)
    return Sealed(
        bar=sheet.at,
        time=sheet.time,
        content_key=want.market.content_key,
        data=sheet.data,
        prices=json.dumps({n: v for n, v in sheet.prices.items() if v is not None}, sort_keys=True),
        orders=orders,
        orders_sha256=digest(orders),
        position=sheet.position,
        equity=sheet.equity,
        engine=result.provenance.engine,
        image=result.provenance.image,
        made_of=want.made_of,
        counts=want.track is not None,
        published=published,
        fills=_fills_text(sheet, want.floors),
        asked=sheet.asked,
        positions=json.dumps(dict(sheet.positions)) if want.market.symbols else "",
    )


def _fills_text(sheet: OrderSheet, floors: Floors) -> str:
    """What a bar filled, with what the policy's floors take of each fill, in money."""
    found = []
    for fill in sheet.fills:
        value = fill.size * fill.quoted
        share = floors.commission_pct + (floors.slippage if fill.opens else 0.0)
        floor = floors.commission_fixed + share * value
        found.append({"fill": fill.model_dump(mode="json"), "floor": floor})
    return json.dumps(found, sort_keys=True)


def _settle(world: World, before: OrderState | None, found: LookedAt) -> None:
    """Seal and say what stands now, as one commit; nothing where somebody else was faster."""
    store, now = world.store, found.standing
    with store.transaction():
        if store.forward.standing(now.repository, now.name, now.symbol) != before:
            return
        landed = store.deployments.current(now.repository, now.name)
        if now.deployment and (landed is None or landed.id != now.deployment):
            return  # another version landed while this one was run
        if found.track is not None:
            now = replace(now, track=store.forward.begin(found.track))
            store.forward.keep_bars(found.sealed[0].data, found.bars)
            store.meta.delete(accept_key(now.repository, now.name))
        if found.sealed:
            store.forward.seal(now.track, found.sealed)
        last = store.forward.last(now.track)
        held = last.orders_sha256 if last is not None and not now.reason else ""
        bar = last.bar if last is not None and not now.reason else ""
        told = digest(json.dumps([now.deployment, now.reason, now.integrity, bar, held]))
        news = told != now.told
        now = replace(now, told=told, number=now.number + news)
        store.forward.stand(now)
        if news:
            _tell(world, before, now)
    failpoint("forward.sealed")
    if news:
        world.progress.tell(OrdersChanged(now.name, now.symbol))
        world.wake.set()


def _tell(world: World, before: OrderState | None, now: OrderState) -> None:
    """Queue what is to be told, in the same commit: a note, and a message where somebody waits.

    A message that has not left yet is replaced: nobody is sent yesterday's orders.
    """
    store = world.store
    if now.integrity != (before.integrity if before is not None else ""):
        event = "forward.differs" if now.integrity else "forward.as_sealed"
        details = json.loads(now.integrity or "{}")
        store.audit.append(
            "algoops", event, now.name, "", now.symbol, details, repository=now.repository
        )
    landings = {now.deployment, before.deployment if before is not None else 0} - {0}
    queue_notes(store, now.repository, [store.deployments.commit_of(one) for one in landings])
    if world.webhook is not None:
        number = uuid.uuid4().hex
        body = json.dumps({"id": number, **sheet_document(store, now)}, sort_keys=True)
        store.jobs.enqueue(
            "webhook",
            f"{now.name}/{now.symbol}",
            now.repository,
            {"id": number, "body": body},
            0,
            TRIES,
        )
