"""What is removed once a day: what can be made again, and nobody needs any more."""

import time

import structlog

from bot.config.settings import RetentionSettings
from bot.landing.context import Watched, World
from components.errors import AlgoOpsError
from components.forge.local import LocalForge

DAY_S = 86_400.0

log = structlog.get_logger(__name__)


def tidy(world: World, keep: RetentionSettings) -> None:
    """Remove what the settings do not keep: of the database, and report files of gone branches."""
    removed = world.store.prune(keep.runs_days, keep.verdicts_days)
    removed["files"] = 0
    for watched in world.watched.values():
        _collect(watched)
        if isinstance(watched.forge, LocalForge):
            removed["files"] += _files(watched.forge, keep.reports_days)
    log.info("retention", **{what: count for what, count in removed.items() if count})


def _collect(watched: Watched) -> None:
    """Pack the repository's loose objects, unless a command wants it; then the next day does."""
    with watched.lane.if_free() as free:
        if not free:
            return
        try:
            if watched.where.repository.collect_garbage(watched.lane.is_wanted):
                log.info("git gc", repository=watched.name)
        except AlgoOpsError as error:
            log.warning("git gc did not end well", repository=watched.name, why=str(error))


def _files(forge: LocalForge, days: float) -> int:
    try:
        return forge.forget_reports(time.time() - days * DAY_S)
    except AlgoOpsError as error:  # a repository that cannot be read keeps its files
        log.warning("report files stay", repository=forge.name, why=str(error))
        return 0
