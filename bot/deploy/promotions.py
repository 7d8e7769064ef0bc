"""Promotions: what a stage has of a strategy, brought to the next one exactly as it was tested."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.checks.run import read_subject
from bot.config.stages import StageSettings
from bot.core.decisions import FROZEN, Refuse, StrategyChange
from bot.core.orders import PromoteOrder
from bot.deploy.stage_drift import see_stages
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.holding import find_hold
from bot.landing.land import renamed
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.landing.own_commits import OWN, PROPOSAL
from bot.landing.promotions import (
    PROMOTION,
    Promotion,
    announce_promotion,
    finish_promotion,
    promotion_from,
)
from bot.landing.stages import key_of, place_of
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.proposals.check import known_verdict
from bot.report import markdown
from bot.report.values import base_id
from components.errors import Moved, UserError, Waiting
from components.schema.results.values import Verdict
from components.state.tables.records import Deployment, Intent

log = structlog.get_logger(__name__)

ACTOR = "algoops"
LOOKED_AT = 20
EVERY = 10_000


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


def promote(world: World, watched: Watched, order: PromoteOrder) -> CommandOutcome:
    """Put a strategy on a stage as it is on the stage before, or say why not.

    Raises:
        Moved: a branch moved under our hands; the job is tried again.
        TransientError: the forge failed; the job is tried again.
        UserError: there is no such stage.
    """
    with watched.lane:
        watched.forge.fetch()
        unknown = finish_open(world, watched)
        done = read(world.store, order.key)
        if done is not None:
            return done
        refuse_unknown(unknown, order.name)
        see_stages(world, watched)
        way = _way(world, watched, order)
        if isinstance(way, Refuse):
            return CommandOutcome(ok=False, code=way.code, message=way.reason)
        return _go(world, watched, order, way)


def promote_by_itself(world: World, watched: Watched) -> None:
    """Promote what may go to a stage that the bot fills by itself (`by: auto`).

    A version goes there once after each of its landings on the stage before: what people do with
    the stage afterwards stays as they did it.

    Raises:
        TransientError: the forge failed; tried again at the next tick.
    """
    if frozen(world, watched) is not None:
        return
    for place, stage in enumerate(watched.stages):
        before = key_of(watched.stages, place - 1) if stage.by == "auto" else None
        if before is None:
            continue
        for live in world.store.deployments.live(watched.name, before):
            if _due(stage, live) <= datetime.now(UTC) and not _was_there(
                world, watched, stage.name, live
            ):
                _by_itself(world, watched, PromoteOrder(live.name, ACTOR, stage.name))


def _by_itself(world: World, watched: Watched, order: PromoteOrder) -> None:
    """What is refused of one strategy keeps no other from its stage."""
    try:
        outcome = promote(world, watched, order)
    except (Moved, UserError) as error:
        log.warning("not promoted by itself", name=order.name, why=str(error))
    else:
        if not outcome.ok:
            log.debug("not promoted by itself", name=order.name, why=outcome.message)


def _due(stage: StageSettings, live: Deployment) -> datetime:
    """When a version that is on the stage before may go to a stage."""
    return datetime.fromisoformat(live.deployed_at) + timedelta(days=stage.after.days)


def _was_there(world: World, watched: Watched, stage: str, live: Deployment) -> bool:
    landings = world.store.deployments.list(watched.name, live.name, stage=stage, limit=EVERY)
    return any(d.version == live.version and d.deployed_at >= live.deployed_at for d in landings)


def _way(world: World, watched: Watched, order: PromoteOrder) -> Way | Refuse:
    """The stage that is meant; without a name the first that has not what the one before has."""
    stages = watched.stages
    if order.stage or not stages[1:]:
        place = place_of(stages, order.stage or "live")
        if place == 0:
            words = f"{order.stage} is the first stage: deploy a proposal to it"
            return Refuse("first_stage", words)
        return _step(world, watched, order.name, place)
    way: Way | Refuse = Refuse("not_found", f"there is no strategy {order.name}")
    for place in range(1, len(stages)):
        way = _step(world, watched, order.name, place)
        if isinstance(way, Refuse) or way.there != way.live.tree:
            break
    return way


def _step(world: World, watched: Watched, name: str, place: int) -> Way | Refuse:
    live = world.store.deployments.current(watched.name, name, key_of(watched.stages, place - 1))
    if live is None:
        return _nothing(world, watched, name, place)
    tip, path = watched.forge.tip(watched.stages[place].branch), f"{watched.where.root}/{name}"
    there = watched.where.repository.tree_at(tip, path) if tip else None
    return Way(place, live, there or "", tip)


def _nothing(world: World, watched: Watched, name: str, place: int) -> Refuse:
    """Why there is nothing to promote: never known, not deployed yet, removed, renamed."""
    before = watched.stages[place - 1]
    if world.store.strategies.get(watched.name, name) is None:
        return Refuse("not_found", f"there is no strategy {name}")
    newest = world.store.deployments.list(
        watched.name, name, stage=key_of(watched.stages, place - 1), limit=1
    )
    why = "it was never put there"
    if newest:
        why = f"its folder was taken away as {newest[0].commit[:12]}"
        why += f" ({newest[0].reason})" if newest[0].reason else ""
    words = f"{name} is not on {before.name}, so there is nothing to promote: {why}"
    stage = watched.stages[place]
    if world.store.deployments.current(watched.name, name, stage.name) is not None:
        words += f"; it is still on {stage.name}: remove its folder on the branch {stage.branch}"
    return Refuse("not_deployed", words)


def _go(world: World, watched: Watched, order: PromoteOrder, way: Way) -> CommandOutcome:
    stage = watched.stages[way.place]
    intent = _under_way(world, watched, order.name, stage.name)
    if intent is not None and promotion_from(intent.details).tree == way.live.tree:
        return _finished_or_waiting(world, watched, intent, order.key)
    if way.there == way.live.tree:
        message = f"{order.name} {way.live.version} is on {stage.name} already"
        data = {"name": order.name, "version": way.live.version, "branch": stage.branch}
        return CommandOutcome(
            ok=True, code="unchanged", message=message, data={**data, "commit": "", "tag": ""}
        )
    refusal = _refusal(world, watched, order, way)
    if refusal is not None:
        return CommandOutcome(ok=False, code=refusal.code, message=refusal.reason)
    promotion = _prepared(world, watched, order, way)
    return _finished_or_waiting(
        world, watched, announce_promotion(world, watched, promotion), order.key
    )


def _under_way(world: World, watched: Watched, name: str, stage: str) -> Intent | None:
    """The promotion of a strategy to a stage that is announced and waits."""
    for intent in world.store.intents.open(PROMOTION, watched.name):
        order = promotion_from(intent.details).order
        if (order.name, order.stage) == (name, stage):
            return intent
    return None


def _refusal(world: World, watched: Watched, order: PromoteOrder, way: Way) -> Refuse | None:
    """Why this version may not go there now; the first reason that there is."""
    for code, look in _LOOKS:
        words = look(world, watched, order, way)
        if words:
            return Refuse(code, words)
    return None


def _frozen(world: World, watched: Watched, _order: PromoteOrder, _way: Way) -> str:
    freeze = frozen(world, watched)
    return freeze.words if freeze is not None else ""


def _another(world: World, watched: Watched, order: PromoteOrder, way: Way) -> str:
    """Another version of it is on its way to the same stage."""
    stage = watched.stages[way.place].name
    if _under_way(world, watched, order.name, stage) is None:
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
    due = _due(stage, way.live)
    if due <= datetime.now(UTC):
        return ""
    words = f"{order.name} {way.live.version} may go to {stage.name} {stage.after.days:g} days"
    return f"{words} after it came to {before}: from {due:%Y-%m-%d %H:%M} UTC"


_LOOKS = (
    (FROZEN, _frozen),
    ("under_way", _another),
    ("moved_on", _moved_on),
    ("untested", _untested),
    ("held", _held),
    ("renamed", _doubled),
    ("too_early", _too_early),
)


def _prepared(world: World, watched: Watched, order: PromoteOrder, way: Way) -> Promotion:
    stage, live, root = watched.stages[way.place], way.live, watched.where.root
    path, named = f"{root}/{order.name}", f"{stage.name}/{order.name}/v{live.version}"
    message = (
        f"Promote {order.name} {live.version} to {stage.name}\n\n"
        f"What was tested is {path}, tree {live.tree}.\n\n"
        f"Promoted-from: {live.commit}\nStrategy-tree: {live.tree}\n"
        f"Content-key: {live.content_key}\nPromoted-by: {order.actor}\n"
    )
    tagged = any(
        d.tag == named
        for d in world.store.deployments.list(
            watched.name, order.name, stage=stage.name, limit=EVERY
        )
    )
    return Promotion(
        order=replace(order, stage=stage.name),
        onto=stage.branch,
        before=way.tip,
        commit=watched.where.repository.revert_folder(way.tip, path, live.tree, message),
        message=message,
        path=path,
        version=live.version,
        tree=live.tree,
        content_key=live.content_key,
        tag="" if tagged else named,
        source=live.commit,
        branch=f"{OWN}promote-{stage.name}-{order.name}-{live.version}",
    )


def _finished_or_waiting(
    world: World, watched: Watched, intent: Intent, key: str
) -> CommandOutcome:
    """How it ended; that it waits is kept while the lane is held, for its end overwrites it."""
    promotion = promotion_from(intent.details)
    order = promotion.order
    try:
        return finish_promotion(world, watched, intent)
    except Waiting as waiting:
        words = markdown.promotion_waits(order.name, promotion.version, order.stage, str(waiting))
    now = _under_way(world, watched, order.name, order.stage)
    data = {
        "name": order.name,
        "version": promotion.version,
        "commit": "",
        "tag": promotion.tag,
        "branch": promotion.onto,
        "proposal": str(now.details.get(PROPOSAL, "")) if now is not None else "",
    }
    outcome = CommandOutcome(ok=True, code=WAITING, message=words, data=data)
    keep(world.store, key, outcome)
    return outcome
