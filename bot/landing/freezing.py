"""Freezes: times in which nothing is deployed, by the configuration or an operator's order.

Rollbacks go all the same: they restore what was live before, and may be needed most just then.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.notices import StrategyChanged
from bot.report import markdown
from components.windows import CronWindow, open_window, span

if TYPE_CHECKING:  # the command line only reads freezes: it needs none of what jobs work on
    from collections.abc import Iterable

    from bot.config.settings import RepositorySettings
    from bot.landing.context import Watched, World
    from components.state import Store

CONFIGURED = "the configuration"


@dataclass(frozen=True)
class FreezeNow:
    """A freeze that holds now: why, by whom, and its end (ISO; "": until somebody lifts it)."""

    reason: str
    by: str
    until: str

    @property
    def words(self) -> str:
        """The freeze in one sentence."""
        return markdown.frozen(self.reason, self.by, self.until)


def freeze_of(
    store: Store, repository: str, windows: Iterable[CronWindow], now: datetime | None = None
) -> FreezeNow | None:
    """What freezes a repository now; of several the one that ends last, None where nothing does.

    Args:
        store: where orders are.
        repository: its key in the configuration.
        windows: those of the configuration.
        now: another time than this, for tests.
    """
    moment = now or datetime.now(UTC)
    found = [_ordered(store, repository, moment)]
    window = open_window(windows, moment)
    if window is not None:
        found.append(FreezeNow(window[1], CONFIGURED, window[0].isoformat()))
    return max((f for f in found if f), key=lambda f: (not f.until, f.until), default=None)


def freeze_words(store: Store, repositories: Iterable[RepositorySettings]) -> list[str]:
    """What freezes which repository now, one sentence each."""
    found = (
        (one.name, freeze_of(store, one.name, (f.window for f in one.freeze)))
        for one in repositories
    )
    return [f"{name}: {freeze.words}" for name, freeze in found if freeze is not None]


def _ordered(store: Store, repository: str, now: datetime) -> FreezeNow | None:
    text = store.meta.get(_key(repository))
    order = FreezeNow(**json.loads(text)) if text else None
    if order is None or (order.until and datetime.fromisoformat(order.until) <= now):
        return None
    return order


def _key(repository: str) -> str:
    return f"freeze:{repository}"


def frozen(world: World, watched: Watched) -> FreezeNow | None:
    """What freezes a repository now."""
    return freeze_of(world.store, watched.name, watched.freezes)


def order_freeze(
    world: World, watched: Watched, *, actor: str, reason: str, lasts: str
) -> FreezeNow:
    """FreezeNow a repository from now on; an order that holds already is replaced.

    Args:
        world: everything.
        watched: the repository.
        actor: who orders it.
        reason: why.
        lasts: a span such as `4h`; "": until somebody lifts it.

    Raises:
        UserError: `lasts` is no span.
    """
    until = (datetime.now(UTC) + span(lasts)).isoformat(timespec="seconds") if lasts else ""
    freeze = FreezeNow(reason, actor, until)
    with watched.lane, world.store.transaction():  # what lands now has landed before it
        world.store.meta.put(_key(watched.name), json.dumps(asdict(freeze)))
        _record(world, watched, actor, "freeze.set", {"reason": reason, "until": until})
    world.progress.tell(StrategyChanged(""))
    return freeze


def lift_freeze(world: World, watched: Watched, *, actor: str, reason: str) -> bool:
    """Lift an operator's freeze; False where none holds. Those of the configuration stay."""
    if _ordered(world.store, watched.name, datetime.now(UTC)) is None:
        return False
    with world.store.transaction():
        world.store.meta.delete(_key(watched.name))
        _record(world, watched, actor, "freeze.lifted", {"reason": reason})
    world.progress.tell(StrategyChanged(""))
    return True


def _record(
    world: World, watched: Watched, actor: str, event: str, details: dict[str, str]
) -> None:
    world.store.audit.append(actor, event, details=details, repository=watched.name)
