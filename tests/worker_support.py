"""Executors' workers, and all of a cluster, forked from a process which has imported what they need.

One or two CPU seconds of each start are imports. Where a worker's start is not what is tested, its
executor takes these: a process of its own on a line of its own, which can be killed as any other.
"""

import gc
import os
import socket
import sys
from functools import cache

import dask

from bot.demo.daemon import DaemonProcess
from components.executor import dask_worker as _imported_ahead  # noqa: F401
from components.executor import local_process, worker
from tests.warm_support import Warm, become, fork_for_each, warm


class Nursery(Warm):
    """Starts what takes no imports, by the process at the other end of a line."""

    def __init__(self, line):
        self._line = line

    def start_worker(self, line):
        """In place of `local_process.start`."""
        with open(line, "wb", closefd=False) as out, open(2, "wb", closefd=False) as err:
            return self.start([], out, err)


@cache
def nursery():
    """The one of this session; it ends with us."""
    ours, theirs = _pair()
    with theirs:
        warm().start([], theirs, sys.__stderr__, code=f"from {__name__} import serve; serve()")
    return Nursery(ours)


def fork_workers(patch):
    """Have executors of this process fork their workers, until `patch` is undone."""
    patch.setattr(local_process, "start", nursery().start_worker)


class ForkingDaemon(DaemonProcess):
    """A daemon that takes no imports to start, nor do its executor's workers."""

    def _begin(self, words, log):
        return nursery().start(words, log, log)


def _pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


# --- in the processes that are forked ---


def serve():
    """Fork for whoever has the other end of our stdout."""
    gc.freeze()
    _fork_on(socket.socket(fileno=os.dup(1)))


def _fork_on(line):
    """Never returns: neither here nor in what is forked."""
    request = fork_for_each(line)
    if request is not None:
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        _become(request["code"], request["words"])
    os._exit(0)


def _become(code, words):
    """What was asked for: a small program, `algoops`, or a worker of this machine."""
    if not (code or words):
        _work()
        return
    os.setsid()
    dask.config.refresh()
    if not code and words[0] == "run":
        _take_workers_from_a_copy()
    become(code, words)


def _take_workers_from_a_copy():
    """Of what this process is now: later it has threads, which no fork has."""
    ours, theirs = _pair()
    if os.fork() == 0:
        ours.close()
        _fork_on(theirs)
    theirs.close()
    local_process.start = Nursery(ours).start_worker


def _work():
    """A worker on what is our stdout yet."""
    sys.argv = ["worker", str(os.dup(1))]
    os.dup2(2, 1)  # as every worker's: results may be on a command's stdout
    gc.enable()
    worker.main()
