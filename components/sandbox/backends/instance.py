"""A sandbox instance: a started guest that waits for a job, in any sandbox backend."""

import contextlib
import itertools
import os
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from components.errors import TransientError
from components.protocol.wire import HEADER, UNREADABLE, Broken, Control, Ready
from components.sandbox.backends import owner
from components.sandbox.limits.cgroups import Counters
from components.schema.results.values import Limits

CONTROL_CAP = 65_536
"""Largest control message that a guest may send, bytes."""

POLL_S = 0.1
SOCKET_NAME = "s"
_numbers = itertools.count(1)
log = structlog.get_logger(__name__)


class Handle(Protocol):
    """A backend's access to one guest. All calls are safe twice and from any thread."""

    first: int
    """The host's id of the guest's first process; 0 before it was started."""
    unlimited: tuple[str, ...]
    """Limits that nothing holds for the guest as a whole."""
    by_process: tuple[str, ...]
    """Limits that must be set on each process, since no control group holds them."""

    def running(self) -> bool:
        """Whether the guest's first process still runs."""

    def counters(self) -> Counters:
        """What the kernel counted since the guest was started."""

    def forget_peak(self) -> None:
        """Have the peak of its memory counted anew, where the kernel lets us."""

    def kill(self) -> None:
        """SIGKILL everything in it, now."""

    def destroy(self) -> None:
        """Kill, reap and remove every trace of it."""

    def diagnose(self) -> str:
        """What it wrote before it was ready, for the operator."""


class ControlLost(Exception):
    """The guest's first process has ended, or breaks the rules: it is of no more use."""


class ControlLine:
    """The connection to a guest's first process; no job's process has it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._buffer = b""

    def next(self, timeout_s: float) -> Control | None:
        """The next message, None when there is none in time. Raises ControlLost."""
        if (waiting := self._message()) is not None:
            return waiting
        self.socket.settimeout(timeout_s)
        try:
            chunk = self.socket.recv(CONTROL_CAP)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise ControlLost(str(error)) from error
        if not chunk:
            raise ControlLost("the guest's first process ended")
        self._buffer += chunk
        return self._message()

    def quiet(self) -> bool:
        """Whether the line is up and nothing waits on it, as it must be between jobs."""
        self.socket.settimeout(0)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return not self._buffer
        except OSError:
            return False
        return False

    def _message(self) -> Control | None:
        if len(self._buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(self._buffer)
        if length > CONTROL_CAP:
            raise ControlLost("a control message is over the cap")
        end = HEADER.size + length
        if len(self._buffer) < end:
            return None
        frame, self._buffer = self._buffer[HEADER.size : end], self._buffer[end:]
        try:
            message: Control = msgspec.msgpack.decode(frame, type=Control)
        except UNREADABLE as error:
            raise ControlLost(f"not a control message: {error}") from error
        return message


@dataclass(eq=False)
class Instance:
    """A guest that is ready: its control socket, the backend's handle, and its size.

    Attributes:
        limits: the limits that the sandbox backend itself enforces on it.
        versions: packages inside, by distribution.
        born: monotonic time of its start.
    """

    line: ControlLine
    handle: Handle
    limits: Limits
    versions: dict[str, str]
    born: float = field(default_factory=time.monotonic)

    def healthy(self) -> bool:
        """Whether a job may be given to it."""
        return self.line.quiet() and self.handle.running()

    def destroy(self) -> None:
        """End it and remove every trace. Never raises: what is left is the reaper's."""
        try:
            self.line.socket.close()
        except OSError:  # the guest must go all the same
            log.exception("control-line-not-closed")
        try:
            self.handle.destroy()
        except Exception:  # nobody waits for the answer: unsaid, it would be lost
            log.exception("guest-not-removed")


class Rendezvous:
    """A socket in a folder of its own, which is all that a guest sees of the host's files."""

    def __init__(self) -> None:
        self.name = f"{next(_numbers)}"
        self._lock = threading.Lock()
        try:
            self.folder = owner.home() / self.name
            self._listener = socket.socket(socket.AF_UNIX)
        except OSError as error:
            raise TransientError(f"no sandbox: no socket can be made: {error}") from error
        try:
            self._listen()
        except OSError as error:
            self.close()
            raise TransientError(f"no sandbox: no socket in {self.folder}: {error}") from error

    def meet(self, handle: Handle, limits: Limits, timeout_s: float) -> Instance:
        """Wait until the guest is there and ready; the listener takes exactly one connection.

        Raises:
            TransientError: it did not come, or could not get ready: says why.
        """
        deadline = time.monotonic() + timeout_s
        try:
            connection = self._accept(handle, deadline)
        finally:
            self.close()
        line = ControlLine(connection)
        try:
            ready = _wait_ready(line, handle, deadline)
        except BaseException:
            connection.close()
            raise
        return Instance(line=line, handle=handle, limits=limits, versions=ready.versions)

    def close(self) -> None:
        """Close the listener and remove the folder. Idempotent."""
        with self._lock:
            self._listener.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _listen(self) -> None:
        self.folder.mkdir(mode=0o711)
        self.folder.chmod(0o711)
        folder = os.open(self.folder, os.O_PATH | os.O_DIRECTORY)
        try:  # by descriptor: a socket's path is at most 107 bytes long, TMPDIR's may be longer
            self._listener.bind(f"/proc/self/fd/{folder}/{SOCKET_NAME}")
        finally:
            os.close(folder)
        (self.folder / SOCKET_NAME).chmod(0o666)
        self._listener.listen(1)

    def _accept(self, handle: Handle, deadline: float) -> socket.socket:
        self._listener.settimeout(POLL_S)
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                return self._listener.accept()[0]
            if not handle.running():
                raise TransientError(f"no sandbox: the guest ended at once: {handle.diagnose()}")
        raise TransientError("no sandbox: the guest did not start in time")


def _wait_ready(line: ControlLine, handle: Handle, deadline: float) -> Ready:
    while time.monotonic() < deadline:
        try:
            message = line.next(POLL_S)
        except ControlLost as error:
            raise TransientError(f"no sandbox: {error}: {_why(handle)}") from error
        if isinstance(message, Ready):
            return message
        if isinstance(message, Broken):
            raise TransientError(f"no sandbox: the guest can't get ready: {message.message}")
    raise TransientError("no sandbox: the guest was not ready in time")


def _why(handle: Handle) -> str:
    if handle.counters().oom_kills:
        return "the memory limit is too small for the guest itself"
    return handle.diagnose() or "it exited without output"


def socket_path(folder: Path) -> str:
    """Where a guest finds the host's socket, given where the folder is mounted."""
    return os.fspath(folder / SOCKET_NAME)
