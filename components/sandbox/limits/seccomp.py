"""Which system calls a guest may make: one allowlist, as Docker's JSON and as compiled BPF.

Tighter than Docker's default profile, which (20.10) lets io_uring through: nothing is in here that
a single-threaded numeric Python program does not need. Numbers come from `syscalls.json`, which
`python -m components.sandbox.limits.syscall_table` makes from the machine's libseccomp.
"""

import errno
import json
import platform
import struct
from functools import cache
from pathlib import Path

from components.errors import TransientError

_ALLOWED = """
accept accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown clock_getres
clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait eventfd
eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod
fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork fstat fstatfs fsync
ftruncate futex futex_waitv getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups
getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid
gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl
kill lchown lgetxattr link linkat listen listxattr llistxattr lseek lstat madvise membarrier
mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mremap msync munlock
munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal
pipe pipe2 poll ppoll prctl pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2
read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg rename renameat renameat2
restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_getaffinity sched_getattr
sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
sched_rr_get_interval sched_setaffinity sched_yield select sendfile sendmmsg sendmsg sendto
set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer
setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid
shutdown sigaltstack signalfd signalfd4 stat statfs statx symlink symlinkat sync_file_range
sysinfo tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask uname unlink unlinkat
utime utimensat utimes vfork wait4 waitid write writev
"""
ALLOWED = tuple(_ALLOWED.split())
AF_UNIX = 1
FIRST_ARGUMENT = {"socket": AF_UNIX, "socketpair": AF_UNIX, "prlimit64": 0}
"""Allowed with this first argument alone: a network namespace does not hold AF_VSOCK or AF_ALG
back, and a process sets limits for itself (0), not for the guest's first process.
"""

NEW_NAMESPACES = 0x7E02_0080
"""CLONE_NEW*: refused in clone(); clone3 hides its flags in memory, so it says "not there"."""

SEALED = (
    *("execve", "execveat", "kill", "tkill", "pidfd_send_signal"),
    *("rt_sigqueueinfo", "rt_tgsigqueueinfo", "setpriority", "sched_setaffinity"),
)
"""What the guest takes away from itself before a job: nothing is ever executed in there, and a
signal that ends a job was sent from outside.

Nor can a job move the guest's first process to another priority or processor: the next job, a fork
of it, would start there and know something of the job before.
"""

SIGABRT = 6
"""The one signal that a job may send (tgkill): abort() ends with it."""

AUDIT_ARCH = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
X32_BIT = 0x4000_0000

_KILL, _ALLOW, _ERRNO = 0x8000_0000, 0x7FFF_0000, 0x0005_0000
_LOAD, _JEQ, _JGT, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT, _THIRD_ARGUMENT_AT = 0, 4, 16, 32
_DENY = _ERRNO | errno.EPERM

Instruction = tuple[int, int, int, int]
TABLE = Path(__file__).with_name("syscalls.json")


def docker_profile() -> str:
    """The profile in Docker's JSON format."""
    same = [{"index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
    allow = "SCMP_ACT_ALLOW"
    rules = [
        {"names": list(ALLOWED), "action": allow},
        *(
            {
                "names": [name],
                "action": allow,
                "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}],
            }
            for name, value in FIRST_ARGUMENT.items()
        ),
        {"names": ["clone"], "action": allow, "args": same},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
    ]
    return json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules})


@cache
def program(machine: str = platform.machine()) -> bytes:
    """The allowlist compiled for this machine's kernel (array of struct sock_filter).

    Raises:
        TransientError: the machine's architecture is not in the table.
    """
    numbers = _numbers(machine)
    code = [*_head(machine), *_not_there(numbers["clone3"]), *_clone(numbers["clone"])]
    for name, value in FIRST_ARGUMENT.items():
        code += _only_with(numbers[name], value)
    for low, high in _ranges(sorted(numbers[n] for n in ALLOWED if n in numbers)):
        code += [(_JGE, 1, 0, low), _return(_DENY), (_JGT, 1, 0, high), _return(_ALLOW)]
    return _packed([*code, _return(_DENY)])


@cache
def sealing_program(machine: str = platform.machine()) -> bytes:
    """The second filter, which a guest adds to itself before a job: see `SEALED`."""
    numbers = _numbers(machine)
    code = [
        *_head(machine),
        *_only_with(numbers["tgkill"], SIGABRT, _THIRD_ARGUMENT_AT),
    ]
    for name in SEALED:
        code += [(_JEQ, 0, 1, numbers[name]), _return(_DENY)]
    return _packed([*code, _return(_ALLOW)])


def _numbers(machine: str) -> dict[str, int]:
    table: dict[str, dict[str, int]] = json.loads(TABLE.read_text(encoding="ascii"))
    if machine not in table or machine not in AUDIT_ARCH:
        raise TransientError(
            f"no sandbox: no system call table for {machine}", hint=f"known are {sorted(table)}"
        )
    return table[machine]


def _head(machine: str) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _ARCH_AT),
        (_JEQ, 1, 0, AUDIT_ARCH[machine]),
        _return(_KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JGE, 0, 1, X32_BIT),
        _return(_DENY),
    ]


def _not_there(number: int) -> list[Instruction]:
    return [(_JEQ, 0, 1, number), _return(_ERRNO | errno.ENOSYS)]


def _clone(number: int) -> list[Instruction]:
    return [
        (_JEQ, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JSET, 0, 1, NEW_NAMESPACES),
        _return(_DENY),
        _return(_ALLOW),
    ]


def _only_with(number: int, argument: int, at: int = _FIRST_ARGUMENT_AT) -> list[Instruction]:
    return [
        (_JEQ, 0, 4, number),
        (_LOAD, 0, 0, at),
        (_JEQ, 1, 0, argument),
        _return(_DENY),
        _return(_ALLOW),
    ]


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _return(verdict: int) -> Instruction:
    return (_RETURN, 0, 0, verdict)


def _packed(code: list[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
