"""Frames between host and guest: 4-byte big-endian length, then that many bytes.

The host makes a fresh socket pair for every job, so what one job writes can't reach another. The
content of the frames belongs to the job's kind; only `Fault` may end any of them. Messages are
msgspec structs told apart by the default tag field `type`; a kind which decodes a union of
its own messages adds `Fault` to that union.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import socket

HEADER = struct.Struct(">I")
CHUNK = 65_536
HOST_CAP = 64 * 1024 * 1024
"""Largest frame that the host sends (bytes): the job's files and a whole series of bars fit."""


UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)
"""What decoding a frame may raise: wrong shapes, nesting without end, text that is none."""


class WireError(Exception):
    """The other side broke the framing rules."""


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the host tells a waiting guest to do; comes with three descriptors.

    The descriptors are: the job's frame channel, its standard output, its standard error.

    Attributes:
        kind: script | pytest | backtest | smoke.
        files: relative path -> content, written to the job's folder.
        spec: the kind's own arguments, msgpack.
        rlimits: names of `resource` (without RLIMIT_) -> value in the kernel's unit.
        seal: a compiled seccomp program that takes away what only start-up needed.
        frame_cap: largest frame that the guest may send, bytes.
        processor: where the host's end of the conversation is at work; None: anywhere.
    """

    kind: str
    files: dict[str, bytes]
    spec: bytes
    seed: int
    rlimits: dict[str, int]
    seal: bytes
    frame_cap: int
    processor: int | None = None


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The guest has imported everything and waits. `versions`: package -> version."""

    versions: dict[str, str]


class Began(msgspec.Struct, frozen=True, tag="began"):
    """A job was taken; its process is forked next. Before this word, nothing of it has run."""


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The job's process ended and everything it started was killed.

    Attributes:
        code: exit code, None when a signal ended it.
        max_memory_kb: largest resident set of the job's process; cpu_s: its CPU seconds.
    """

    code: int | None
    signal: int | None
    max_memory_kb: int
    cpu_s: float


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """The guest could not get ready (before any job was given to it)."""

    message: str


Control = Ready | Began | Ended | Broken


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """The author's code raised: the last frame of its job.

    Attributes:
        error: "ValueError: the message".
        traceback: cleaned: the author's files and lines only.
        file, line: the innermost author's line, "" and None where there is none.
    """

    error: str
    traceback: str
    file: str = ""
    line: int | None = None


CaseOutcome = Literal["passed", "failed", "skipped"]


class CaseDone(msgspec.Struct, frozen=True, tag="test"):
    """One finished test of the author's: outcome is passed | failed | skipped."""

    name: str
    outcome: CaseOutcome
    duration_s: float
    message: str


class TestsDone(msgspec.Struct, frozen=True, tag="tests-done"):
    """Pytest came to its end: without this word, tests that are missing were not run."""

    ran: int


class Channel:
    """The guest's end of its job's frames."""

    def __init__(
        self, connection: socket.socket, send_cap: int, receive_cap: int = HOST_CAP
    ) -> None:
        self._socket = connection
        self._send_cap = send_cap
        self._receive_cap = receive_cap
        self._buffer = b""

    def send(self, frame: bytes) -> None:
        """Send one frame. Raises WireError above the cap, OSError when the host is gone."""
        if len(frame) > self._send_cap:
            raise WireError(
                f"too much at once: an answer of {len(frame):,} bytes is over the cap of "
                f"{self._send_cap:,} (`frame_kb` in policies/sandbox.yaml)"
            )
        self._socket.sendall(HEADER.pack(len(frame)) + frame)

    def receive(self) -> bytes:
        """The next frame. Raises EOFError when the host closed, WireError on a bad length."""
        while len(self._buffer) < HEADER.size:
            self._buffer += self._more()
        (length,) = HEADER.unpack_from(self._buffer)
        if length > self._receive_cap:
            raise WireError(f"a frame of {length} bytes is over the cap of {self._receive_cap}")
        end = HEADER.size + length
        if len(self._buffer) < end:
            parts, size = [self._buffer], len(self._buffer)
            while size < end:
                parts.append(self._more())
                size += len(parts[-1])
            self._buffer = b"".join(parts)
        frame, self._buffer = self._buffer[HEADER.size : end], self._buffer[end:]
        return frame

    def _more(self) -> bytes:
        chunk = self._socket.recv(CHUNK)
        if not chunk:
            raise EOFError("the host closed the channel")
        return chunk
