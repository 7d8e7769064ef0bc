"""Promotions: what a stage has of a strategy, brought to the next one exactly as it was tested."""

from dataclasses import replace

import structlog

from bot.checks.releases import tag_of
from bot.core.decisions import Refuse
from bot.core.orders import PromoteOrder
from bot.deploy.promotion_looks import WITHOUT_THE_FORGE, Way, refusal, under_way
from bot.deploy.stage_drift import see_stages
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.landing.own_commits import OWN, PROPOSAL
from bot.landing.promotions import (
    Promotion,
    announce_promotion,
    finish_promotion,
    promotion_from,
)
from bot.landing.stages import key_of, place_of
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.report import markdown
from components.errors import Moved, UserError, Waiting
from components.state.tables.records import Deployment, Intent

log = structlog.get_logger(__name__)

ACTOR = "algoops"
EVERY = 10_000


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
    for place in [n for n, stage in enumerate(watched.stages) if stage.by == "auto"]:
        stage = watched.stages[place].name
        for live in world.store.deployments.live(watched.name, key_of(watched.stages, place - 1)):
            order, way = PromoteOrder(live.name, ACTOR, stage), Way(place, live, "", "")
            waits = _was_there(world, watched, stage, live) or any(
                look(world, watched, order, way) for _, look in WITHOUT_THE_FORGE
            )
            if not waits:
                _by_itself(world, watched, order)


def _by_itself(world: World, watched: Watched, order: PromoteOrder) -> None:
    """What is refused of one strategy keeps no other from its stage."""
    try:
        outcome = promote(world, watched, order)
    except (Moved, UserError) as error:
        log.warning("not promoted by itself", name=order.name, why=str(error))
    else:
        if not outcome.ok:
            log.debug("not promoted by itself", name=order.name, why=outcome.message)


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
    intent = under_way(world, watched, order.name, stage.name)
    if intent is not None and promotion_from(intent.details).tree == way.live.tree:
        return _finished_or_waiting(world, watched, intent, order.key)
    if way.there == way.live.tree:
        message = f"{order.name} {way.live.version} is on {stage.name} already"
        data = {"name": order.name, "version": way.live.version, "branch": stage.branch}
        return CommandOutcome(
            ok=True, code="unchanged", message=message, data={**data, "commit": "", "tag": ""}
        )
    refused = refusal(world, watched, order, way)
    if refused is not None:
        return CommandOutcome(ok=False, code=refused.code, message=refused.reason)
    promotion = _prepared(world, watched, order, way)
    return _finished_or_waiting(
        world, watched, announce_promotion(world, watched, promotion), order.key
    )


def _prepared(world: World, watched: Watched, order: PromoteOrder, way: Way) -> Promotion:
    stage, live, root = watched.stages[way.place], way.live, watched.where.root
    path, named = f"{root}/{order.name}", f"{stage.name}/{tag_of(order.name, live.version)}"
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
    now = under_way(world, watched, order.name, order.stage)
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
