"""The guest's first process: imports everything, says it is ready, forks a process per job.

It is process 1 of its own pid namespace, so that its end is the end of everything in there. It
holds the control connection, which no job's process has; when the host is gone that connection
ends and so does the guest: nobody has to clean up.

    python -m components.sandbox.guest.runtime.main SOCKET USER
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import select
import signal
import socket
import sys
from pathlib import Path

import msgspec

from components.protocol.wire import (
    HEADER,
    HOST_CAP,
    Began,
    Broken,
    Control,
    Ended,
    Ready,
    Start,
    WireError,
)
from components.sandbox.guest.runtime import seal

REAP_MS = 200
SCRATCH = Path("/tmp")  # noqa: S108  # the guest's own tmpfs
DESCRIPTORS = 3
OWNER_ONLY = 0o700


def main() -> int:
    """Serve until the host hangs up; a job's process never returns from here."""
    # The kernel keeps signals from process 1 unless it handles them, as Python does this one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    control = socket.socket(socket.AF_UNIX)
    control.connect(sys.argv[1])
    try:
        versions = _get_ready(int(sys.argv[2]))
    except Exception as error:  # noqa: BLE001  # told to the host, whose problem it is
        _say(control, Broken(message=f"{type(error).__name__}: {error}"))
        return 1
    _say(control, Ready(versions=versions))
    while (order := _next_job(control)) is not None:
        start, descriptors = order
        clean()
        _say(control, Began())
        child = os.fork()
        if child == 0:
            control.close()
            from components.sandbox.guest.runtime.jobs import perform  # noqa: PLC0415  # loaded in _get_ready

            perform(start, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if (ended := _attend(child, control)) is None:
            return 0
        _kill_the_rest()
        _say(control, ended)
    return 0


def _get_ready(user: int) -> dict[str, str]:
    seal.become(user)
    seal.hide()
    from components.sandbox.guest.runtime.warm import load  # noqa: PLC0415  # root is given up first, and failures are told

    gc.disable()  # what is imported stays: looking for garbage in it is a twentieth of the time
    versions = load()
    gc.freeze()
    gc.enable()
    return versions


def _say(control: socket.socket, message: Control) -> None:
    frame = msgspec.msgpack.encode(message)
    control.sendall(HEADER.pack(len(frame)) + frame)


def _next_job(control: socket.socket) -> tuple[Start, list[int]] | None:
    header, descriptors, _flags, _address = socket.recv_fds(control, HEADER.size, DESCRIPTORS)
    if not header:
        return None
    (length,) = HEADER.unpack(header)
    if length > HOST_CAP or len(descriptors) != DESCRIPTORS:
        raise WireError("protocol error: the host sent an unexpected message")
    body = bytearray()
    while len(body) < length:
        chunk = control.recv(length - len(body))
        if not chunk:
            return None
        body += chunk
    return msgspec.msgpack.decode(bytes(body), type=Start), descriptors


def _attend(child: int, control: socket.socket) -> Ended | None:
    """Wait for the job's process; None when the host hung up first."""
    pidfd = os.pidfd_open(child)
    watch = select.poll()
    watch.register(pidfd, select.POLLIN)
    watch.register(control, select.POLLIN)
    try:
        while True:
            events = dict(watch.poll(REAP_MS))
            if control.fileno() in events:
                return None
            if pidfd in events:
                return _ended(child)
            _reap_orphans(child)
    finally:
        os.close(pidfd)


def _ended(child: int) -> Ended:
    _pid, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(
        code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        max_memory_kb=usage.ru_maxrss,
        cpu_s=usage.ru_utime + usage.ru_stime,
    )


def _reap_orphans(child: int) -> None:
    """Collect what was left to process 1, but leave the job's own process to be asked for."""
    while True:
        try:
            seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if seen is None or seen.si_pid == child:
            return
        os.waitpid(seen.si_pid, 0)


def _kill_the_rest() -> None:
    """Kill all that the job left behind: as process 1, everything but ourselves."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def clean(folder: Path = SCRATCH) -> None:
    """Remove the files of the job before, where there was one, whatever it did to them.

    A folder that may not be read or that is nested without end would tell the next job something:
    what is inside comes up one level, so nothing is too deep, and each is made readable first.
    """
    while entries := list(folder.iterdir()):
        for entry in entries:
            if not _is_folder(entry):
                entry.unlink()
                continue
            for inner in list(entry.iterdir()):
                if _is_folder(inner):
                    inner.rename(folder / secrets.token_hex(16))
                else:
                    inner.unlink()
            entry.rmdir()


def _is_folder(path: Path) -> bool:
    """Whether it is one, and no link to one; then we may look into it from now on."""
    if path.is_symlink() or not path.is_dir():
        return False
    path.chmod(OWNER_ONLY)
    return True


if __name__ == "__main__":
    sys.exit(main())
