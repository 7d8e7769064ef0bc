"""Why a version may not go on to a stage now: one look a reason, the first that holds is told."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.checks.run import read_subject
from bot.core.decisions import FROZEN, Refuse, StrategyChange
from bot.core.orders import PromoteOrder
from bot.deploy.record_gates import broken_gate
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.holding import find_hold
from bot.landing.land import renamed
from bot.landing.promotions import (
    PROMOTION,
    promotion_from,
)
from bot.proposals.check import known_verdict
from bot.report.values import base_id
from components.schema.results.values import Verdict
from components.state.tables.forward import OrderState
from components.state.tables.records import Deployment, Intent

LOOKED_AT = 20


@dataclass(frozen=True)
class Way:
    """From which stage to which a strategy goes.

    Attributes:
        place: of the stage that it goes to.
        live: the landing on the stage before it.
        there: tree that the stage it goes to has now, "" where it has none.
        tip: of the stage's branch, "" where that is not there yet.
    """

    place: int
    live: Deployment
    there: str
    tip: str


def refusal(world: World, watched: Watched, order: PromoteOrder, way: Way) -> Refuse | None:
    """Why this version may not go there now; the first reason that there is."""
    for code, look in _LOOKS:
        words = look(world, watched, order, way)
        if words:
            return Refuse(code, words)
    return None


def _frozen(world: World, watched: Watched, _order: PromoteOrder, _way: Way) -> str:
    freeze = frozen(world, watched)
    return freeze.words if freeze is not None else ""


def under_way(world: World, watched: Watched, name: str, stage: str) -> Intent | None:
    """The promotion of a strategy to a stage that is announced and waits."""
    for intent in world.store.intents.open(PROMOTION, watched.name):
        order = promotion_from(intent.details).order
        if (order.name, order.stage) == (name, stage):
            return intent
    return None


def _another(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """Another version of it is on its way to the same stage."""
    stage = watched.stages[way.place].name
    if under_way(world, watched, order.name, stage) is None:
        return ""
    words = f"another version of {order.name} is on its way to {stage}"
    return f"{words}: merge or close its pull request first"


def _moved_on(_world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """What is on the stage before is not what was meant, or not what is on record."""
    before, what = watched.stages[way.place - 1].name, f"{order.name} {way.live.version}"
    if order.version.removeprefix("v") not in {"", way.live.version}:
        return f"{before} has {what}, not {order.version}: only what is there can be promoted"
    if order.asked_at and way.live.deployed_at > order.asked_at:
        return f"{what} came to {before} after this was asked for: look at it, and ask again"
    if _tree_on(watched, order.name, way.place - 1) != way.live.tree:
        return f"{order.name} on {before} moved this moment and is no more {what}: try again"
    return ""


def _tree_on(watched: Watched, name: str, place: int) -> str | None:
    stage = watched.stages[place]
    tip = watched.forge.tip(stage.branch) if place else watched.forge.base()
    return watched.where.repository.tree_at(tip, f"{watched.where.root}/{name}")


def _untested(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """Not this very content has passed; or a later check of it, on newer data, has failed."""
    name, what = order.name, f"{order.name} {way.live.version}"
    version = world.store.versions.landed(watched.name, name, way.live.version)
    if version is None or version.tree != way.live.tree:
        return f"{what} is not a released version: deploy it by a proposal first"
    if not _passed(world, version.verdict, version.content_key or way.live.content_key):
        return f"{what} has no passed verdict for exactly this content: have it checked first"
    for run in world.store.runs.list(
        repository=watched.name,
        strategy=name,
        proposal=base_id(watched.base_branch),
        limit=LOOKED_AT,
    ):
        found = next((s for s in world.store.runs.strategies(run.id) if s.name == name), None)
        if found is not None and found.version == way.live.version:
            if found.verdict == Verdict.FAILED:
                return f"{what} failed when it was checked again (run {run.id})"
            if found.verdict == Verdict.PASSED:
                break
    return ""


def _passed(world: World, verdict: str, key: str) -> bool:
    if verdict:
        return verdict == Verdict.PASSED
    known = known_verdict(world.store, key) if key else None
    return known is not None and known.verdict is Verdict.PASSED


def _held(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    change = StrategyChange(order.name, None, way.live.tree)
    files = read_subject(watched.where, change).files
    hold = find_hold(world, watched, order.name, way.live.version, files)
    if hold is None:
        return ""
    what, why = f"{hold.name} {hold.version}", hold.reason or "no reason given"
    held = f"{order.name} {way.live.version} is held as {what} ({why})"
    return f"{held}: lift it with `unhold {what}`"


def _doubled(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """Under its old name the same strategy is still on the stage: both would trade."""
    stage = watched.stages[way.place]
    for other in world.store.deployments.live(watched.name, stage.name):
        gone = world.store.deployments.list(watched.name, other.name, limit=1)
        if gone and gone[0].reason == renamed(order.name):
            return (
                f"{order.name} is {other.name} under a new name, and {other.name} is still on"
                f" {stage.name}: remove its folder on the branch {stage.branch} first"
            )
    return ""


def _too_early(_world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    stage, before = watched.stages[way.place], watched.stages[way.place - 1].name
    due = datetime.fromisoformat(way.live.deployed_at) + timedelta(days=stage.after.days)
    if due <= datetime.now(UTC):
        return ""
    words = f"{order.name} {way.live.version} may go to {stage.name} {stage.after.days:g} days"
    return f"{words} after it came to {before}: from {due:%Y-%m-%d %H:%M} UTC"


def _too_few_bars(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    stage, before = watched.stages[way.place], watched.stages[way.place - 1].name
    if not stage.after.bars:
        return ""
    rows = (world.store.forward.sealed(one.track) for one in _record(world, watched, way))
    found = min((sum(row.counts for row in sealed) for sealed in rows), default=0)
    if stage.after.bars <= found:
        return ""
    words = f"{order.name} {way.live.version} may go to {stage.name} after {stage.after.bars} bars"
    return f"{words} on {before}: {found} are on record"


def _not_clean(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """Its sealed orders are not those of today, or nobody could look; neither is clean."""
    stage, what = watched.stages[way.place], f"{order.name} {way.live.version}"
    if not stage.after.integrity:
        return ""
    record = _record(world, watched, way)
    for one in record:
        if one.integrity:
            return f"{what} on {one.symbol}: {json.loads(one.integrity)['message']}"
        if one.reason or not one.track:
            return f"{what} on {one.symbol} has no orders to compare: {one.reason or 'none yet'}"
    return "" if record else f"{what} has no orders on record yet"


def _gate_broken(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    stage = watched.stages[way.place]
    broken = broken_gate(world, stage.after.gates, way.live, _record(world, watched, way))
    words = f"{order.name} {way.live.version} may not go to {stage.name} yet"
    return f"{words}: {broken}" if broken else ""


def _record(world: World, watched: Watched, way: Way) -> list[OrderState]:
    """How this landing's orders stand, one a symbol; none while a tested symbol lacks its own."""
    standing = world.store.forward.all_standing(watched.name, way.live.name)
    found = [one for one in standing if one.deployment == way.live.id]
    tested = known_verdict(world.store, way.live.content_key)
    symbols = {result.symbol for result in tested.results} if tested is not None else set()
    return found if symbols <= {one.symbol for one in found} else []


WITHOUT_THE_FORGE = (
    ("too_early", _too_early),
    ("too_early", _too_few_bars),
    ("integrity", _not_clean),
    ("gates", _gate_broken),
    ("untested", _untested),
    ("held", _held),
)
_LOOKS = (
    (FROZEN, _frozen),
    ("under_way", _another),
    ("moved_on", _moved_on),
    *WITHOUT_THE_FORGE,
    ("renamed", _doubled),
)
