"""Makes `syscalls.json` (name -> number for each architecture) from the machine's libseccomp.

A table in the package instead of libseccomp at run time: the filter then depends on nothing which
a machine may lack, and is the same everywhere. Run again when the allowlist gains a name.
"""

import ctypes
import json

from components.sandbox.limits.seccomp import ALLOWED, AUDIT_ARCH, FIRST_ARGUMENT, SEALED, TABLE

_REFUSED = """
add_key bpf chroot clone clone3 delete_module finit_module init_module io_uring_enter
io_uring_register io_uring_setup kcmp kexec_file_load kexec_load keyctl memfd_create
memfd_secret mount mount_setattr move_mount mq_open msgget name_to_handle_at open_by_handle_at
open_tree perf_event_open personality pidfd_getfd pivot_root process_madvise process_vm_readv
process_vm_writev ptrace quotactl reboot request_key seccomp semget setdomainname sethostname
setns shmget splice swapon syslog tee umount2 unshare userfaultfd vmsplice
"""
REFUSED = tuple(_REFUSED.split())
"""Not allowed; in the table so that tests can try them by number."""


def table() -> dict[str, dict[str, int]]:
    """Numbers of every name that this module and the allowlist know. Raises OSError without it."""
    library = ctypes.CDLL("libseccomp.so.2")
    resolve = library.seccomp_syscall_resolve_name_arch
    names = sorted({*ALLOWED, *FIRST_ARGUMENT, *SEALED, *REFUSED})
    return {
        machine: {
            name: number
            for name in names
            if (number := resolve(ctypes.c_uint32(token), name.encode())) >= 0
        }
        for machine, token in AUDIT_ARCH.items()
    }


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1) + "\n", encoding="ascii")
