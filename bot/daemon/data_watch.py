"""New bars: as soon as a file of the data folder changes, what is deployed is looked at."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import structlog

from bot.config.settings import Settings
from bot.landing.context import World
from bot.proposals.ask import ask_orders
from bot.sources.folders import FolderWatch
from components.errors import AlgoOpsError, TransientError

log = structlog.get_logger(__name__)

QUIET_S, LONGEST_S = 0.2, 1.0
"""A file that is written in portions is looked at once it rests, or so much later anyway."""

AT_ONCE = 5
"""Priority: somebody trades on it."""


def watch_data(stack: ExitStack, settings: Settings, world: World) -> None:
    """Watch the data folder until the stack is closed; a URL is looked at by the clock alone."""
    folder = settings.market_data
    if not isinstance(folder, Path):
        return
    changed = partial(_changed, world)
    watch = FolderWatch(folder, changed, "data-watch", quiet_s=QUIET_S, longest_s=LONGEST_S)
    try:
        watch.start()
    except TransientError as error:  # the clock looks, only later
        log.warning("the data folder is not watched", why=str(error))
    else:
        stack.callback(watch.stop)


def _changed(world: World) -> None:
    try:
        ask_orders(world, *world.watched, priority=AT_ONCE)
    except AlgoOpsError as error:  # the clock asks again
        log.warning("new data was not looked at", why=str(error))
