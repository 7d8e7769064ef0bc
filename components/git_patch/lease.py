"""One daemon for one repository: a lease that is kept in the repository itself, as a ref."""

import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from components.errors import Moved, TransientError, UserError
from components.git_patch.repository import Repository
from components.git_patch.values import Update
from components.safe_tools.objects import MissingObject

HIDDEN = "refs/algoops"
LEASE = f"{HIDDEN}/lease"
LEASE_S = 300.0
"""How long a lease holds when nobody renews it. Clocks of two machines may differ by less."""

RENEW_S = 60.0
_BYTES = 4096
_TRIES = 5


class LeaseHeld(UserError):
    """Another daemon works on the repository: names it."""


def _process_space() -> str:
    """The boot and the namespace in which a process number means the same process."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


@dataclass(frozen=True)
class LeaseOwner:
    """A daemon: where its state folder is and what that is, and its process.

    Attributes:
        folder: path of the state folder.
        state: what tells this folder from another one at the same path of an equally named host.
    """

    folder: str
    state: str
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    space: str = field(default_factory=_process_space)


@dataclass(frozen=True)
class _Found:
    """The lease as it stands in the repository: its object, its owner, its end (Unix seconds)."""

    id: str
    owner: LeaseOwner
    until: float


class Lease:
    """The lease of one repository for one owner.

    Args:
        repository: the watched repository.
        owner: who asks.
        now: the time in Unix seconds, for tests.
    """

    def __init__(
        self, repository: Repository, owner: LeaseOwner, now: Callable[[], float] = time.time
    ) -> None:
        self._repository = repository
        self._owner = owner
        self._now = now
        self._last: _Found | None = None

    def require_free(self) -> None:
        """Only look.

        Raises:
            LeaseHeld: another daemon has it.
        """
        self._mine_or_over(self._found())

    def take(self) -> None:
        """Take it, or renew it.

        Raises:
            LeaseHeld: another daemon has it.
            TransientError: the repository cannot be read or written now.
        """
        self._repository.hide(HIDDEN)  # else whoever may push could take or delete it
        for _ in range(_TRIES):
            found = self._found()
            self._mine_or_over(found)
            until = self._now() + LEASE_S
            words = json.dumps(asdict(self._owner) | {"until": until})
            blob = self._repository.write_blob(words.encode())
            with suppress(Moved):
                self._repository.publish((Update(LEASE, found.id if found else None, blob),))
                self._last = _Found(blob, self._owner, until)
                if found is not None and found.id != blob:
                    self._drop(found)
                return
        raise TransientError(f"{LEASE} is changed again and again by other processes")

    def release(self) -> None:
        """Give it up where it is ours. Idempotent."""
        found = self._found()
        if found is not None and self._is_mine(found.owner):
            with suppress(Moved):
                self._repository.publish((Update(LEASE, found.id, None),))
                self._drop(found)

    def _drop(self, old: _Found) -> None:
        """Remove the object of a lease that was renewed: there is a new one each minute."""
        file = self._repository.path / "objects" / old.id[:2] / old.id[2:]
        file.unlink(missing_ok=True)

    def _found(self) -> _Found | None:
        for _ in range(_TRIES):
            named = self._repository.refs(LEASE).get(LEASE)
            if named is None:
                return None
            if self._last is not None and self._last.id == named:
                return self._last
            with suppress(MissingObject):  # its owner renewed it in between
                return self._read(named)
        raise self._no_lease()

    def _read(self, named: str) -> _Found:
        try:
            words = json.loads(self._repository.objects.read(named, _BYTES))
            return _Found(named, until=float(words.pop("until")), owner=LeaseOwner(**words))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._no_lease() from error

    def _no_lease(self) -> LeaseHeld:
        return LeaseHeld(f"{LEASE} of {self._repository.path} is no lease", hint=self._hint())

    def _mine_or_over(self, found: _Found | None) -> None:
        if found is None or self._is_mine(found.owner) or found.until <= self._now():
            return
        owner, until = found.owner, datetime.fromtimestamp(found.until, UTC)
        wrong = found.until > self._now() + LEASE_S
        raise LeaseHeld(
            f"another daemon watches {self._repository.path}: process {owner.pid} on {owner.host},"
            f" state folder {owner.folder}; its lease ends at {until:%Y-%m-%d %H:%M:%S} UTC if it"
            " is not renewed" + (", and the clocks of the two machines differ" if wrong else ""),
            hint=self._hint(),
        )

    def _is_mine(self, other: LeaseOwner) -> bool:
        """The same state folder, or a daemon of which this machine knows that it is gone."""
        me = self._owner
        if (other.host, other.folder, other.state) == (me.host, me.folder, me.state):
            return True
        return other.space == me.space and not Path(f"/proc/{other.pid}").exists()

    def _hint(self) -> str:
        return (
            "stop that daemon: two would answer every proposal twice; after a crash the lease ends "
            f"by itself, sooner with `git -C {self._repository.path} update-ref -d {LEASE}`"
        )
