"""Reads a guest's stdout and stderr by bytes, keeps the end of it and drops the rest."""

import os
import select
import threading
from collections import deque
from contextlib import ExitStack
from typing import Literal

from components.ports import Hear, OutputLine
from components.texts import harmless

CHUNK = 65_536
LINE_CAP = 500
"""Bytes of a line that is told while the guest runs."""

LINES_A_CHUNK = 20
"""Lines that are told of one read, the last ones: a flood costs no more than reading it."""


class Tail:
    """The end of a stream within `cap` bytes."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self.truncated = False

    def add(self, chunk: bytes) -> None:
        """Keep `chunk`; what is older than the cap allows is dropped."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size - len(self._chunks[0]) >= self._cap:
            self._size -= len(self._chunks.popleft())
            self.truncated = True

    def text(self) -> str:
        """What was kept, decoded: what is not UTF-8, or a terminal would obey, is marked."""
        kept = b"".join(self._chunks)
        if len(kept) > self._cap:
            self.truncated = True
            kept = kept[-self._cap :]
        return harmless(kept.decode("utf-8", errors="replace"))


class Lines:
    """Tells somebody who listens the lines of a stream, as they come; a few of many."""

    def __init__(self, source: Literal["stdout", "stderr"], hear: Hear) -> None:
        self._source, self._hear = source, hear
        self._rest = b""

    def add(self, chunk: bytes) -> None:
        """Tell the lines that have come to their end; one that is too long is cut."""
        *whole, self._rest = (self._rest + chunk).rsplit(b"\n", LINES_A_CHUNK)
        if len(whole) == LINES_A_CHUNK:
            whole[0] = whole[0].rpartition(b"\n")[2]
        if len(self._rest) > LINE_CAP:
            whole.append(self._rest)
            self._rest = b""
        for line in whole:
            self._tell(line)

    def end(self) -> None:
        """The stream has ended: what is left is a line too."""
        if self._rest:
            self._tell(self._rest)

    def _tell(self, line: bytes) -> None:
        self._hear(OutputLine(self._source, line[:LINE_CAP].decode("utf-8", errors="replace")))


class Drain:
    """A thread that empties two pipes until all their writers are gone, or it is told to stop.

    Args:
        cap: bytes of each stream that are kept.
        hear: is told the lines as they come; None: nobody listens.

    Raises:
        OSError: there are no descriptors left; none is kept.
    """

    def __init__(self, cap: int, hear: Hear | None = None) -> None:
        self.stdout, self.stderr = Tail(cap), Tail(cap)
        self._lines: dict[Tail, Lines] = {}
        if hear is not None:
            self._lines = {self.stdout: Lines("stdout", hear), self.stderr: Lines("stderr", hear)}
        with ExitStack() as undo:
            out, err, wake = _pipe(undo), _pipe(undo), _pipe(undo)
            undo.pop_all()
        self._tails = {out[0]: self.stdout, err[0]: self.stderr}
        self.writers = (out[1], err[1])
        self._wake_reader, self._wake = wake
        self._thread = threading.Thread(target=self._run, name="guest-output", daemon=True)

    def start(self) -> None:
        """Close our copies of the writing ends (the guest has them now) and begin.

        Raises:
            RuntimeError: there is no thread to be had; `finish` lets go of the rest.
        """
        self._close_writers()
        self._thread.start()

    def finish(self, timeout_s: float) -> None:
        """Wait until both streams ended, at most `timeout_s`; then stop. Idempotent."""
        begun = self._thread.ident is not None
        if begun:
            self._thread.join(timeout_s)
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1
        if begun:
            self._thread.join()
        else:
            self._close_writers()
            self._close_readers()

    def _close_writers(self) -> None:
        for writer in self.writers:
            if writer >= 0:
                os.close(writer)
        self.writers = (-1, -1)

    def _close_readers(self) -> None:
        for reader in (*self._tails, self._wake_reader):
            if reader >= 0:
                os.close(reader)
        self._tails.clear()
        self._wake_reader = -1

    def _run(self) -> None:
        poll = select.poll()
        for reader in (*self._tails, self._wake_reader):
            poll.register(reader, select.POLLIN)
        stopped = False
        while self._tails and not stopped:
            for reader, _event in poll.poll():
                stopped = stopped or reader == self._wake_reader
                if reader in self._tails and not self._read(reader):
                    poll.unregister(reader)
        self._close_readers()
        for lines in self._lines.values():
            lines.end()

    def _read(self, reader: int) -> bool:
        chunk = os.read(reader, CHUNK)
        if chunk:
            tail = self._tails[reader]
            tail.add(chunk)
            if tail in self._lines:
                self._lines[tail].add(chunk)
            return True
        os.close(reader)
        del self._tails[reader]
        return False


def _pipe(undo: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        undo.callback(os.close, end)
    return ends
