"""The leases of a daemon's local repositories: taken, renewed, given up."""

import threading
import uuid
from pathlib import Path

import structlog

from bot.landing.context import Watched, World
from components.errors import AlgoOpsError, TransientError
from components.forge.local import LocalForge
from components.git_patch.lease import Lease, LeaseOwner
from components.safe_tools.files import write_atomic

STATE_ID = "state.id"
"""File in `state.dir`: what tells this state folder from every other one."""

log = structlog.get_logger(__name__)


def lease_of(watched: Watched, state: Path) -> Lease | None:
    """The lease of a repository for the daemon of a state folder.

    None on GitHub: a lease there would be a push each minute. Two daemons on one repository of
    GitHub would comment twice; what lands is decided by GitHub's own compare-and-swap.
    """
    if not isinstance(watched.forge, LocalForge):
        return None
    folder, file = state.resolve(), state / STATE_ID
    known = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    return Lease(watched.forge.repository, LeaseOwner(str(folder), known))


class Leases:
    """Those that the running daemon holds. Safe for threads.

    Args:
        state: the state folder; gets its id where it has none.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._held: dict[str, Lease] = {}
        self._turn = threading.Lock()
        if not (state / STATE_ID).exists():
            write_atomic(state, STATE_ID, f"{uuid.uuid4().hex}\n".encode())

    def use(self, world: World) -> None:
        """Hold those of this world's repositories, and no others; pushes there are checked.

        Raises:
            LeaseHeld: another daemon watches one of them.
            TransientError: one cannot be written. Those that were held are held as before.
        """
        with self._turn:
            taken = self._taken(world)
            for name in self._held.keys() - taken.keys():
                _released(name, self._held[name])
            self._held = taken

    def _taken(self, world: World) -> dict[str, Lease]:
        taken: dict[str, Lease] = {}
        try:
            for name, one in world.watched.items():
                if isinstance(one.forge, LocalForge):
                    one.forge.check_pushes()
                if (lease := lease_of(one, self._state)) is not None:
                    lease.take()
                    taken[name] = lease
        except AlgoOpsError:
            for name in taken.keys() - self._held.keys():
                _released(name, taken[name])
            raise
        return taken

    def renew(self, world: World) -> None:
        """Keep them; a repository that cannot be written now is told, and tried again.

        Raises:
            LeaseHeld: another daemon has taken one: it was not renewed in time.
        """
        with self._turn:
            for name, lease in self._held.items():
                what = f"lease of {name}"
                try:
                    lease.take()
                except TransientError as error:
                    world.troubles.note(what, str(error))
                else:
                    world.troubles.over(what)

    def release(self) -> None:
        """Give all up: the daemon ends in order."""
        with self._turn:
            while self._held:
                _released(*self._held.popitem())


def _released(name: str, lease: Lease) -> None:
    try:
        lease.release()
    except AlgoOpsError as error:  # it ends by itself in a few minutes
        log.warning("lease not given up", repository=name, why=str(error))
