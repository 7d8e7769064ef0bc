"""Stages as they are: what somebody else put on a stage's branch is noticed and recorded."""

from bot.config.stages import StageSettings
from bot.core.notices import StrategyChanged
from bot.landing.context import Watched, World
from bot.landing.drifted import EXTERNAL
from bot.landing.land import base_key
from bot.landing.unfinished import refuse_unknown, unfinished
from components.state.story import OUTSIDE

REMOVAL = "removal"
UNRELEASED = "unreleased"
"""The version of content on a stage that was never deployed."""

EVERY = 10_000


def see_stages(world: World, watched: Watched) -> None:
    """Record what is on each stage and was not put there by the bot. The caller holds the lane.

    Raises:
        Moved: whether an own landing happened is not known yet.
    """
    for stage in watched.stages[1:]:
        tip = watched.forge.tip(stage.branch)
        if tip != world.store.meta.get(base_key(watched.name, stage.name)):
            _record(world, watched, stage, tip)


def _record(world: World, watched: Watched, stage: StageSettings, tip: str) -> None:
    repository, store = watched.where.repository, world.store
    now = repository.strategy_trees(tip, watched.where.root) if tip else {}
    before = {d.name: d.tree for d in store.deployments.live(watched.name, stage.name)}
    changed = [n for n in sorted({*now, *before}) if now.get(n) != before.get(n)]
    refuse_unknown(unfinished(world, watched), *changed)
    with store.transaction():
        for name in changed:
            tree = now.get(name, "")
            store.deployments.record(
                watched.name,
                name,
                _version(world, watched, name, tree) if tree else "",
                found=True,
                kind=EXTERNAL if tree else REMOVAL,
                commit=tip,
                actor=OUTSIDE,
                reason="moved outside the bot",
                tree=tree,
                stage=stage.name,
            )
        store.meta.put(base_key(watched.name, stage.name), tip)
    for name in changed:
        world.progress.tell(StrategyChanged(name))


def _version(world: World, watched: Watched, name: str, tree: str) -> str:
    versions = world.store.versions.list(watched.name, name, limit=EVERY)
    return next((v.version for v in versions if v.deployed_at and v.tree == tree), UNRELEASED)
