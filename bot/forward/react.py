"""What follows when sealed orders differ from their replay: as the policy says for rechecks."""

import json

from bot.core.orders import RollbackOrder
from bot.deploy.recheck import ACTOR, Action, answer_failed
from bot.landing.context import Watched, World


def react_to(world: World, watched: Watched, action: Action) -> None:
    """Do it for each difference of orders that nothing was done about yet; safe to do again."""
    for one in world.store.forward.all_standing(watched.name):
        found = json.loads(one.integrity or "{}")
        if not found.get("orders"):
            continue
        landed = world.store.deployments.current(watched.name, one.name)
        if landed is None or landed.id != one.deployment:
            continue
        key = f"forward:{one.track}:{found['bar']}:{found['cause']}"
        why = f"{one.symbol}: {found['message']}"
        order = RollbackOrder(one.name, ACTOR, why, key=key, tree=landed.tree)
        answer_failed(world, watched, order, action)
