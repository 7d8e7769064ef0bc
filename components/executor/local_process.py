"""One worker process of this machine, and the line to it."""

import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import components
from components.executor.messages import Done, JobBegan, Order, State, Word, WorkerSpec

CLOSE_TIMEOUT_S = 20.0

Answer = JobBegan | Done | State | Word


def start(line: int) -> "subprocess.Popen[bytes]":
    """Start a worker on its end of a line. Raises OSError: the machine has no process to give.

    With -P: the current folder may be a proposal's checkout, nothing is imported from there.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "components.executor.worker", str(line)],
        pass_fds=(line,),
        stdin=subprocess.DEVNULL,
        stdout=2,  # results may be on our stdout; a worker's log lines must not
        env=environment(),
    )


def environment() -> dict[str, str]:
    """One computing thread a worker, and the folder that has our packages (see algoops_app)."""
    ours = str(Path(components.__file__).parents[1])
    path = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **threads, "PYTHONPATH": path}


class Process:
    """One worker process and the line to it. Closing the line ends the process.

    Raises:
        OSError: the machine has no process to give.
    """

    def __init__(self, spec: WorkerSpec, seat: int) -> None:
        self.seat, self._spec = seat, spec
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = start(theirs.fileno())
            self._line = Connection(ours.detach())
        self.pid = self._process.pid
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Tell it what it is to be. Raises OSError when the process has ended."""
        self._line.send(self._spec)

    def tell(self, order: Order) -> None:
        """Send an order. Raises OSError when the process has ended."""
        with self._lock:
            self._line.send(order)

    def hear(self, timeout_s: float | None = None) -> Answer:
        """The next answer.

        Raises:
            EOFError: the process has ended.
            TimeoutError: none came within `timeout_s`.
        """
        if timeout_s is not None and not self._line.poll(max(0.0, timeout_s)):
            raise TimeoutError
        answer: Answer = self._line.recv()
        return answer

    def end(self) -> None:
        """Hang up and wait for the process; kill it when it does not go."""
        with self._lock:
            self._line.close()
        try:
            self._process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
