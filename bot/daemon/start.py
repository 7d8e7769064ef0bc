"""What keeps the daemon from starting: `algoops run` refuses it, and `algoops doctor` shows it.

One list for both, so that doctor never says that all is well where `run` would refuse.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from bot.checks.policies import load_policies
from bot.config.settings import Settings
from bot.config.source import placed
from bot.daemon.executors import refuse_executor, sandbox_spec
from bot.daemon.leases import lease_of
from bot.daemon.opening import open_watched
from bot.server.reach import listen, refuse_missing_sdk, refuse_open_door
from components.errors import AlgoOpsError, ConfigError
from components.state import DATABASE, LOCK, DaemonLock, Store
from components.state.db.errors import StateOld, StateReadOnly

Refusal = tuple[str, AlgoOpsError]
"""What was looked at, and why it keeps the daemon from starting."""


def refusals(settings: Settings) -> Iterator[Refusal]:
    """Everything that keeps the daemon from starting, not only the first of it."""
    looks: list[tuple[str, Callable[[], object]]] = [
        ("state", partial(usable_parent, settings)),
        ("server", partial(_server, settings)),
        ("policies", partial(_policies, settings)),
        ("executor", partial(refuse_executor, settings)),
        ("database", partial(_database, settings)),
    ]
    looks += [
        (f"repository {repository.name}", partial(_repository, settings, place))
        for place, repository in enumerate(settings.repositories)
    ]
    for what, look in looks:
        try:
            look()
        except AlgoOpsError as error:
            yield what, error


def refuse(settings: Settings) -> None:
    """Called by the daemon before it does anything.

    Raises:
        ConfigError: something keeps it from starting; all of it is named.
    """
    found = [str(error) for _, error in refusals(settings)]
    if found:
        raise ConfigError("; ".join(found))


def usable_parent(settings: Settings) -> Path:
    """The nearest folder of `state.dir` that is there. Raises ConfigError where it is of no use."""
    folder = settings.state.dir
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if there.is_dir() and os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return there
    why = "it can't be written" if there.is_dir() else "it is no folder"
    where = settings.place("state", "dir")
    raise ConfigError(f"{where}cannot use {folder}: {there}: {why}", hint="check `state.dir`")


def _server(settings: Settings) -> None:
    server = settings.server
    key = "public_url" if server.public_url else "host"
    with placed(settings.place("server", key)):
        refuse_open_door(settings)
    with placed(settings.place("server", "tokens")):
        refuse_missing_sdk(settings)
    if DaemonLock(settings.state.dir / LOCK).holder() is None:  # else a daemon has the port
        with placed(settings.place("server", "port")):
            listen(server.host, server.port).close()


def _policies(settings: Settings) -> None:
    sandbox_spec(settings, load_policies(settings.policies).sandbox)


def _database(settings: Settings) -> None:
    path = settings.state.dir / DATABASE
    if path.exists():
        with suppress(StateOld):  # `run` brings it up to date
            # Not with `look`: at a reload this process has it open, and would lose its locks.
            Store(path, create=False).close()
        if not os.access(path, os.W_OK):
            raise StateReadOnly(f"{path} cannot be written", hint="give the bot's user access")


def _repository(settings: Settings, place: int) -> None:
    repository = settings.repositories[place]
    github = repository.github if repository.forge == "github" else None
    if github is not None and not (github.app_id or github.token.get_secret_value()):
        where = settings.place("repositories", place, "github")
        raise ConfigError(
            f"{where}repository {repository.name}: no token, so GitHub lets us report nothing",
            hint="set github.token_file, or app_id, installation_id and private_key_file; "
            "docs/github.md says what they need",
        )
    with placed(settings.place("repositories", place, "path")):
        watched = open_watched(settings, repository)
        try:
            lease = lease_of(watched, settings.state.dir)
            if lease is not None:
                lease.require_free()
        finally:
            watched.close()
