"""Processes of AlgoOps that are forked from one which has imported all of it.

Two CPU seconds of each start are imports. Where a test is about what happens afterwards, it takes
these: the same entry point, or a small program of the test's own, in a process of its own, which
can be killed as any other. Real starts remain where a start or a command is itself what is tested,
and in each family of commands.
"""

import atexit
import contextlib
import gc
import importlib
import inspect
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO

import algoops_app
from components.sandbox.image import inventory

ROOT = Path(__file__).parents[1]
LONGEST = 1 << 17
"""Bytes of a request: a command line and an environment."""
CLIENT = """#!{python} -SE
import json, os, socket, sys
{asking}
told = _ask(socket.socket(fileno={line}), sys.argv[1:], "", [1, 2])
told.recv(64)
raise SystemExit(int(told.recv(64)))
"""


_look = inventory.take


@cache
def contents() -> inventory.Inventory:
    """What is in each sandbox without packages of its own, found out once for all tests."""
    return _look()


def look_once() -> None:
    """Have executors of this process, and of those that it forks, find the same as the first."""
    inventory.take = lambda extra=None: _look(extra) if extra else contents()


class Forked:
    """A process that another one forked for us: what tests use of `subprocess.Popen`."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.pid = int(line.recv(64))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code once it has ended, minus the signal that ended it; else None."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            self.returncode = int(self._line.recv(64))
            self._line.close()
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Warm:
    """The process that has imported everything. It ends with the one that made it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=_plain(os.environ) | {"PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            )

    def start(self, words: Sequence[str], out: IO, err: IO, code: str = "") -> Forked:
        """`algoops`, or `python -c code`, with these words; our environment and folder of now."""
        return Forked(_ask(self._line, [*words], code, [out.fileno(), err.fileno()]))

    def install(self, file: Path) -> int:
        """Write a program `algoops` for scripts that asks this process; the descriptor it needs."""
        line = self._line.fileno()
        file.parent.mkdir(parents=True, exist_ok=True)
        asking = inspect.getsource(_ask)
        file.write_text(CLIENT.format(python=sys.executable, asking=asking, line=line))
        file.chmod(0o755)
        return line

    def close(self) -> None:
        self._line.close()
        self._process.wait()


def _ask(line: socket.socket, words: list[str], code: str, streams: list[int]) -> socket.socket:
    """Ask for a process; where its number and then its exit code are told."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    here = {"cwd": os.getcwd(), "env": dict(os.environ)}  # noqa: PTH109  # CLIENT has no pathlib
    request = json.dumps({"words": words, "code": code, **here}).encode()
    with theirs:
        socket.send_fds(line, [request], [*streams, theirs.fileno()])
    return ours


def _plain(env: Mapping[str, str]) -> dict[str, str]:
    """Without what a test has set for us: each request brings its own."""
    return {name: value for name, value in env.items() if not name.startswith("ALGOOPS_")}


@cache
def warm() -> Warm:
    """The one of this session, made when it is first needed."""
    made = Warm()
    atexit.register(made.close)
    return made


class Command:
    """`algoops` under way; with `code`, a small program as `python -c` runs it."""

    def __init__(self, *words: object, code: str = "") -> None:
        self._words = [str(word) for word in words]
        self._said = [Path(tempfile.mkstemp()[1]) for _stream in range(2)]
        with ExitStack() as files:
            out, err = (files.enter_context(file.open("wb")) for file in self._said)
            self._process = warm().start(self._words, out, err, code)

    def finish(self, timeout: float = 250) -> subprocess.CompletedProcess[str]:
        code = self._process.wait(timeout)
        out, err = (file.read_text() for file in self._said)
        for file in self._said:
            file.unlink()
        return subprocess.CompletedProcess(self._words, code, out, err)


# --- the process itself ---


def fork_for_each(line: socket.socket) -> Mapping | None:
    """Fork for each request. Returns in each child, with its request; else when nobody asks more."""
    living: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready = select.select([line.fileno(), *living], [], [])[0]
        for ended in living.keys() & set(ready):
            pid, told = living.pop(ended)
            _tell(told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            told.close()
            os.close(ended)
        if line.fileno() not in ready:
            continue
        request, sent, _flags, _address = socket.recv_fds(line, LONGEST, 3)
        if not request:
            return None
        out, err, teller = sent
        told = socket.socket(fileno=teller)
        pid = os.fork()
        if pid == 0:
            for one in (line, told, *(told for _pid, told in living.values())):
                one.close()
            for ended in living:
                os.close(ended)
            os.dup2(out, 1)
            os.dup2(err, 2)
        os.close(out)
        os.close(err)
        if pid == 0:
            return json.loads(request)
        _tell(told, pid)
        living[os.pidfd_open(pid)] = pid, told


def _tell(told: socket.socket, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # why: nobody asks any more how it ended
        told.send(str(number).encode())


def _import_all() -> None:
    for name in ("operate", "run", "check", "reload"):
        importlib.import_module(f"bot.cli.{name}")
    for name in ("bot.daemon.github", "components.forge.github"):
        importlib.import_module(name)
    look_once()
    contents()
    gc.freeze()


def main() -> None:
    gc.disable()
    _import_all()
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "a fork would lose the other threads"
    request = fork_for_each(socket.socket(fileno=int(sys.argv[1])))
    if request is None:
        return
    os.setsid()
    os.chdir(request["cwd"])
    os.environ.update(request["env"])
    sys.path.insert(0, str(ROOT))
    become(request["code"], request["words"])


def become(code: str, words: Sequence[str]) -> None:
    """What was asked for: a test's own small program, or `algoops`."""
    sys.argv = ["-c" if code else "algoops", *words]
    if code:
        exec(code, {"__name__": "__main__"})
    else:
        algoops_app.main()


if __name__ == "__main__":
    main()
