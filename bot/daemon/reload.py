"""Takes changed settings and policies while the daemon runs; what is broken keeps the old ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from bot.checks.policies import load_policies
from bot.config.settings import Settings
from bot.core.notices import StrategyChanged
from bot.daemon.opening import auditor, open_watched
from bot.daemon.start import refusals
from bot.landing.context import Watched, World
from components.errors import AlgoOpsError, ConfigError
from components.state.tables.notes import SETTINGS_REFUSED, SETTINGS_TAKEN

CHANGEABLE = frozenset({"repositories", "schedule", "policies", "retention"})
"""Keys of config.yaml that are taken without a restart."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Taken:
    """Settings that hold from now on, the world that jobs work on with them, and what is to say."""

    settings: Settings
    world: World
    words: str


def reread(world: World, old: Settings, read: Callable[[], Settings]) -> Taken | None:
    """Read the settings and policies again; None where they are broken, which everybody is told.

    Args:
        world: what jobs work on now.
        old: the settings that hold now.
        read: reads the configuration as at the start.
    """
    try:
        taken = _taken(world, old, read())
    except AlgoOpsError as error:
        why = f"not taken, what held before still holds: {error}"
        log.error("settings not taken", why=str(error))  # noqa: TRY400  # the stack says nothing
        _note(world, why, refused=why)
        return None
    log.info("settings taken", what=taken.words)
    _note(world, taken.words, refused="")
    return taken


def _note(world: World, words: str, *, refused: str) -> None:
    meta = world.store.meta
    with world.store.transaction():
        number = int(meta.get(SETTINGS_TAKEN, "0").partition(":")[0]) + 1
        meta.put(SETTINGS_REFUSED, refused)
        meta.put(SETTINGS_TAKEN, f"{number}:{words}")
    world.progress.tell(StrategyChanged(""))  # pages show it
    world.settled.ring()


def _taken(world: World, old: Settings, new: Settings) -> Taken:
    broken = [str(error) for _, error in refusals(new)]
    if broken:
        raise ConfigError("; ".join(broken))
    policies = load_policies(new.policies)
    now = world.bench.policies
    for key in ("isolation", "runtime"):
        if getattr(policies.sandbox, key) != getattr(now.sandbox, key):
            raise ConfigError(f"{new.policies}/sandbox.yaml: `{key}` needs a restart of the daemon")
    watched = _watched(world, old, new)
    said = []
    if policies.hash != now.hash:
        said.append(f"policies {policies.hash[:12]}")
    said += _differences(old, new)
    kept = {key: getattr(old, key) for key in Settings.model_fields if key not in CHANGEABLE}
    return Taken(
        settings=new.model_copy(update=kept),
        world=replace(world, bench=replace(world.bench, policies=policies), watched=watched),
        words="; ".join(said) or "nothing has changed",
    )


def _differences(old: Settings, new: Settings) -> list[str]:
    changed = [key for key in Settings.model_fields if getattr(old, key) != getattr(new, key)]
    taken = [key for key in changed if key in CHANGEABLE]
    left = [key for key in changed if key not in CHANGEABLE]
    words = [f"{key} taken" for key in taken]
    return [*words, f"{', '.join(left)}: needs a restart of the daemon"] if left else words


def _watched(world: World, old: Settings, new: Settings) -> dict[str, Watched]:
    """The repositories; those that did not change stay: somebody may hold their locks."""
    before = {repository.name: repository for repository in old.repositories}
    return {
        repository.name: world.watched[repository.name]
        if before.get(repository.name) == repository
        else open_watched(new, repository, auditor(world.store, repository.name))
        for repository in new.repositories
    }
