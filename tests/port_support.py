"""A port for something that is started later, or twice."""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port that nobody has now, and that the kernel gives to nobody who asks for any port."""
    first = int(_RANGE.read_text(encoding="ascii").split()[0])
    for port in random.sample(range(max(1_024, first - 10_000), first), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")
