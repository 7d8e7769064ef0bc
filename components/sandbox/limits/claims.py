"""What only one process of this machine may have at a time: a processor, a guest's user."""

import errno
import socket

PREFIX = "\0algoops-"


def claim(name: str) -> socket.socket | None:
    """A claim on what a name stands for, which lasts until it is closed; None: another has it.

    It is an address that no file holds: the kernel gives it back when its process ends, however
    that happens. Containers with networks of their own do not see each other's.

    Raises:
        OSError: no descriptor is to be had.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.bind(f"{PREFIX}{name}")
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return made
