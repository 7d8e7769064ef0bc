"""The guest's own code without walls, in a process forked from one that is as warm as a guest."""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import socket
    from multiprocessing.context import ForkServerProcess

    from components.ports import GuestJob

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.engine_guest_warm"])


def begin(job: GuestJob, wire: socket.socket, folder: Path, printed: Path) -> ForkServerProcess:
    """A process that serves one job over `wire`; the author's files are put into `folder`.

    A fork of the tests' own process would copy its memory, and do once more what is slow only the
    first time: two thirds of a short run.
    """
    for name, content in job.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sent = (job.spec, job.seed, job.limits.frame_kb * 1024, wire, folder, printed)
    made = _FORKING.Process(target=_serve, args=sent, daemon=True)
    made.start()
    return made


def _serve(
    spec: bytes, seed: int, frame_cap: int, wire: socket.socket, folder: Path, printed: Path
) -> NoReturn:
    import msgspec
    import numpy as np

    from components.protocol.wire import Channel
    from components.sandbox.guest.replay import backtest
    from components.sandbox.guest.runtime.faults import fault_of

    code = 1
    try:
        _keep_only(wire.fileno())
        channel = Channel(wire, frame_cap)
        os.dup2(os.open(printed, os.O_WRONLY), 1)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # what authors use
        try:
            backtest.run(channel, folder, spec)
            code = 0
        except BaseException as error:  # noqa: BLE001  # as the guest does
            channel.send(msgspec.msgpack.encode(fault_of(error, folder)))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _keep_only(wire: int) -> None:
    """What the guest's code attacks is the wire, not a descriptor of the tests' own processes.

    Each number stays taken: an object of the parent's that ends in here closes nothing of ours.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in {0, 1, 2, wire, nothing}:
            with contextlib.suppress(OSError):  # the listing's own descriptor has gone
                os.fstat(descriptor)
                os.dup2(nothing, descriptor)


def warm_up() -> None:
    """Import all that a guest does."""
    gc.disable()
    importlib.import_module("components.sandbox.guest.runtime.warm").load()
    importlib.import_module("pandas").options.compute.use_bottleneck = False  # no guest has it
    gc.freeze()
    gc.enable()
