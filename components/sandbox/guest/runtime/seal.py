"""What a guest takes away from itself before strange code runs: all by the kernel's own calls."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
LINUX_CAPABILITY_VERSION_3 = 0x2008_0522
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
INSTRUCTION_BYTES = 8

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def become(user: int) -> None:
    """Give up root for `user` (uid and gid), where the guest was started as root.

    Going from uid 0 to another clears the permitted and effective capabilities; the bounding and
    inheritable sets, which no_new_privs makes worthless already, are emptied too.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        for capability in range(_capabilities()):
            _prctl(PR_CAPBSET_DROP, capability)
        os.setresuid(user, user, user)
        _drop_all()
    if 0 in {*os.getresuid(), *os.getresgid()}:
        raise PermissionError("the guest could not drop root privileges")


def _capabilities() -> int:
    return 1 + int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def _drop_all() -> None:
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")


def hide() -> None:
    """Make this process's /proc entries root's: no other process here can read or write it."""
    _prctl(PR_SET_DUMPABLE, 0)


def volunteer_for_the_oom_killer() -> None:
    """When memory runs out the job goes first, never its supervisor.

    The job's process is no secret to itself: unlike its supervisor's, its /proc entries are its.
    """
    _prctl(PR_SET_DUMPABLE, 1)
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def limit(rlimits: dict[str, int]) -> None:
    """Set hard and soft limits; a limit that is lower already stays."""
    for name, value in rlimits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        _soft, hard = resource.getrlimit(which)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))


def refuse_calls(program: bytes) -> None:
    """Add a seccomp program (array of struct sock_filter) to this process for good."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    wrapped = _Program(len(program) // INSTRUCTION_BYTES, program)
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(wrapped))


def _prctl(option: int, *values: int) -> None:
    padded = [ctypes.c_ulong(v) for v in (*values, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *padded) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")
