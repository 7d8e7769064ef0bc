"""Side effects that were announced and not settled: each is brought to its end, or left waiting."""

import structlog

from bot.landing.context import Watched, World
from bot.landing.land import DEPLOY, finish_deploy
from bot.landing.promotions import PROMOTION, finish_promotion
from bot.landing.reverts import ROLLBACK, finish_rollback
from components.errors import Moved, TransientError, UserError, Waiting
from components.state.db.errors import StateTooNew
from components.state.tables.payloads import is_newer
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)


def finish_open(world: World, watched: Watched) -> frozenset[str]:
    """Complete every open intent of a repository: done -> record, not done -> do or abandon.

    The caller holds the lane. None of them keeps the others from their end.

    Returns:
        Names of strategies of which nobody knows whether a landing happened, for the forge does
        not answer: nothing may be decided about these until it does.
    """
    unknown: set[str] = set()
    for intent in world.store.intents.open(repository=watched.name):
        if is_newer(intent.format):
            raise StateTooNew(
                f"the open {intent.kind} {intent.key[:12]} was announced by a newer AlgoOps",
                hint="upgrade AlgoOps again: only that version can complete it",
            )
        try:
            _FINISHERS[intent.kind](world, watched, intent)
            log.info("intent finished", kind=intent.kind, key=intent.key)
        except Waiting as error:
            log.debug("intent waits", kind=intent.kind, key=intent.key, why=str(error))
        except (Moved, UserError) as error:
            log.warning("intent abandoned", kind=intent.kind, key=intent.key, why=str(error))
        except TransientError as error:
            log.warning("intent stays open", kind=intent.kind, key=intent.key, why=str(error))
            unknown |= _names(intent)
    return frozenset(unknown)


def refuse_unknown(unknown: frozenset[str], *names: str) -> None:
    """Decide nothing about a strategy while nobody knows what is live of it.

    Raises:
        Moved: look again a moment later.
    """
    for name in unknown.intersection(names):
        words = f"whether a landing of {name} happened is not known yet"
        raise Moved(words, hint="the forge does not answer; this is tried again", retry_after_s=2.0)


def unfinished(world: World, watched: Watched) -> frozenset[str]:
    """Names of the strategies that an open intent is about."""
    found = world.store.intents.open(repository=watched.name)
    return frozenset(name for intent in found for name in _names(intent))


def _names(intent: Intent) -> set[str]:
    if intent.kind == PROMOTION:
        return {intent.details["order"]["name"]}
    if intent.kind == ROLLBACK:
        return {item["name"] for item in intent.details["restored"]}
    return {item["name"] for part in intent.details["parts"] for item in part["landed"]}


_FINISHERS = {
    DEPLOY: finish_deploy,
    PROMOTION: finish_promotion,
    ROLLBACK: finish_rollback,
}
