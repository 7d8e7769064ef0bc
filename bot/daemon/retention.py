"""What is removed once a day: what can be made again, and nobody needs any more."""

import time

import structlog

from bot.config.settings import RetentionSettings
from bot.landing.context import World
from components.errors import AlgoOpsError
from components.forge.local import LocalForge

DAY_S = 86_400.0

log = structlog.get_logger(__name__)


def tidy(world: World, keep: RetentionSettings) -> None:
    """Remove what the settings do not keep: of the database, and report files of gone branches."""
    removed = world.store.prune(keep.runs_days, keep.verdicts_days)
    removed["files"] = 0
    for watched in world.watched.values():
        if isinstance(watched.forge, LocalForge):
            removed["files"] += _files(watched.forge, keep.reports_days)
    log.info("retention", **{what: count for what, count in removed.items() if count})


def _files(forge: LocalForge, days: float) -> int:
    try:
        return forge.forget_reports(time.time() - days * DAY_S)
    except AlgoOpsError as error:  # a repository that cannot be read keeps its files
        log.warning("report files stay", repository=forge.name, why=str(error))
        return 0
