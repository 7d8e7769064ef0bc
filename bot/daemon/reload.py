"""Takes changed settings and policies while the daemon runs; what is broken keeps the old ones."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import structlog

from bot.checks.policies import Policies, load_policies
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


def reread(
    world: World,
    old: Settings,
    read: Callable[[], Settings],
    use: Callable[[World], None] = lambda _world: None,
) -> Taken | None:
    """Read the settings and policies again; None where they are broken, which everybody is told.

    Args:
        world: what jobs work on now.
        old: the settings that hold now.
        read: reads the configuration as at the start.
        use: takes what the daemon must have in the new world; where it can't, nothing is taken.
    """
    try:
        taken = _taken(world, old, read, use)
    except AlgoOpsError as error:
        why = f"not taken, what held before still holds: {error}"
        log.error("settings not taken", why=str(error))  # noqa: TRY400  # the stack says nothing
        _note(world, why, refused=why)
        return None
    log.info("settings taken", what=taken.words)
    _note(world, taken.words, refused="")
    return taken


def _require_still(read: Callable[[], Settings], new: Settings, policies: Policies) -> None:
    """Refuse files that somebody still writes: half of them may be settings too."""
    if read() != new or load_policies(new.policies).hash != policies.hash:
        raise ConfigError(
            "the files changed while they were read",
            hint="`algoops reload` again, once they are written",
        )


def _note(world: World, words: str, *, refused: str) -> None:
    meta = world.store.meta
    with world.store.transaction():
        number = int(meta.get(SETTINGS_TAKEN, "0").partition(":")[0]) + 1
        meta.put(SETTINGS_REFUSED, refused)
        meta.put(SETTINGS_TAKEN, f"{number}:{words}")
    world.progress.tell(StrategyChanged(""))  # pages show it
    world.settled.ring()


def _taken(
    world: World, old: Settings, read: Callable[[], Settings], use: Callable[[World], None]
) -> Taken:
    new = read()
    if new.empty and not old.empty:
        raise ConfigError(
            "the configuration file is empty", hint="is it being written? then reload again"
        )
    broken = [str(error) for _, error in refusals(new)]
    if broken:
        raise ConfigError("; ".join(broken))
    policies = load_policies(new.policies)
    for file in sorted(new.policies.glob("*.yaml")):
        if not file.read_bytes().strip():  # without gates all would pass
            raise ConfigError(f"{file} is empty", hint="is it being written? then reload again")
    now = world.bench.policies
    for key in ("isolation", "runtime"):
        if getattr(policies.sandbox, key) != getattr(now.sandbox, key):
            raise ConfigError(f"{new.policies}/sandbox.yaml: `{key}` needs a restart of the daemon")
    _require_still(read, new, policies)
    with ExitStack() as opened:
        watched = _watched(world, old, new, opened)
        later = replace(world, bench=replace(world.bench, policies=policies), watched=watched)
        use(later)
        opened.pop_all()
    said = []
    if policies.hash != now.hash:
        said.append(f"policies {policies.hash[:12]}")
    said += _differences(old, new)
    kept = {key: getattr(old, key) for key in Settings.model_fields if key not in CHANGEABLE}
    return Taken(
        settings=new.model_copy(update=kept),
        world=later,
        words="; ".join(said) or "nothing has changed",
    )


def _differences(old: Settings, new: Settings) -> list[str]:
    changed = [key for key in Settings.model_fields if getattr(old, key) != getattr(new, key)]
    taken = [key for key in changed if key in CHANGEABLE]
    left = [key for key in changed if key not in CHANGEABLE]
    words = [f"{key} taken" for key in taken]
    return [*words, f"{', '.join(left)}: needs a restart of the daemon"] if left else words


def _watched(world: World, old: Settings, new: Settings, opened: ExitStack) -> dict[str, Watched]:
    """The repositories; those that did not change stay: somebody may hold their locks."""
    before = {repository.name: repository for repository in old.repositories}
    watched = {}
    for repository in new.repositories:
        name = repository.name
        if before.get(name) == repository:
            watched[name] = world.watched[name]
        else:
            watched[name] = open_watched(new, repository, auditor(world.store, name))
            opened.callback(watched[name].close)
    return watched
