"""One job inside its own forked process: limits, files, seed, then the kind's entry point."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import random
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

import msgspec
import numpy as np

from components.protocol.wire import Channel, Start, WireError
from components.sandbox.guest.runtime import seal
from components.sandbox.guest.runtime.faults import fault_of

BACKTEST = "..replay.backtest"
KINDS = {"script": ".script", "pytest": ".pytests", "backtest": BACKTEST, "smoke": BACKTEST}
FOLDER = Path("/tmp/job")  # noqa: S108  # the guest's own tmpfs, empty at its start
EXIT_FAILED = 1


def perform(start: Start, descriptors: list[int]) -> NoReturn:
    """Run the job in this process and end it; exit code 0: nothing was raised."""
    channel, folder = _enter(start, descriptors)
    code = EXIT_FAILED
    try:
        importlib.import_module(KINDS[start.kind], __package__).run(channel, folder, start.spec)
        code = 0
    except SystemExit as leaving:
        code = _code_of(leaving)
    except BaseException as error:  # noqa: BLE001  # whatever the author raised is the outcome
        _tell(channel, error, folder)
    finally:
        _end(code)


def _code_of(leaving: SystemExit) -> int:
    if leaving.code is None or isinstance(leaving.code, int):
        return (leaving.code or 0) & 0xFF
    sys.stderr.write(f"{leaving.code}\n")
    return EXIT_FAILED


def _end(code: int) -> NoReturn:
    """End as Python does (threads, exit handlers, streams), but leave the memory to the kernel.

    Tearing down an interpreter with pandas in it takes longer than most jobs.
    """
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # as Py_Finalize does
        atexit._run_exitfuncs()  # noqa: SLF001  # as Py_Finalize does
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _enter(start: Start, descriptors: list[int]) -> tuple[Channel, Path]:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    connection, stdout, stderr = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    if start.processor is not None:
        with contextlib.suppress(OSError):  # not ours to use here: it only costs time
            os.sched_setaffinity(0, {start.processor})
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
