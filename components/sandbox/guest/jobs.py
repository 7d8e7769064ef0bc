"""One job inside its own forked process: limits, files, seed, then the kind's entry point."""

from __future__ import annotations

import importlib
import os
import random
import socket
import sys
from pathlib import Path

import msgspec
import numpy as np

from . import seal
from .faults import fault_of
from .wire import Channel, Start, WireError

KINDS = {"script": ".script", "pytest": ".pytests", "backtest": ".backtest", "smoke": ".backtest"}
FOLDER = Path("/tmp/job")  # noqa: S108  # the guest's own tmpfs, empty at its start
EXIT_FAILED = 1


def perform(start: Start, descriptors: list[int]) -> int:
    """Run the job in this process; its exit code (0: nothing was raised).

    Raises:
        SystemExit: as the author's code raised it.
    """
    channel, folder = _enter(start, descriptors)
    try:
        importlib.import_module(KINDS[start.kind], __package__).run(channel, folder, start.spec)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  # whatever the author raised is the outcome
        _tell(channel, error, folder)
        return EXIT_FAILED
    return 0


def _enter(start: Start, descriptors: list[int]) -> tuple[Channel, Path]:
    os.setsid()
    connection, stdout, stderr = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    folder = _write(start.files)
    random.seed(start.seed)
    np.random.seed(start.seed % 2**32)  # noqa: NPY002  # authors use the global generator
    seal.volunteer_for_the_oom_killer()
    seal.limit(start.rlimits)
    seal.refuse_calls(start.seal)
    return Channel(socket.socket(fileno=connection), start.frame_cap), folder


def _write(files: dict[str, bytes]) -> Path:
    folder = FOLDER
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.chdir(folder)
    return folder


def _tell(channel: Channel, error: BaseException, folder: Path) -> None:
    fault = fault_of(error, folder)
    sys.stderr.write(fault.traceback)
    try:
        channel.send(msgspec.msgpack.encode(fault))
    except (OSError, WireError):
        sys.stderr.write("(the host was not listening any more)\n")
