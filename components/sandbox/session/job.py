"""One job in one guest, seen from the trusted side: frames, budgets, and how it ended."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

import msgspec

from components.ports import GuestBroke, GuestExit, GuestGone, GuestJob, GuestLate, OutputLine
from components.protocol.wire import CHUNK, HEADER, HOST_CAP, Began, Ended, Start
from components.sandbox.backends.instance import ControlLost, Instance
from components.sandbox.limits import seccomp
from components.sandbox.limits.cgroups import Counters
from components.sandbox.limits.processor import Processor
from components.sandbox.session import outcome
from components.sandbox.session.budget import JobBudget, Late, rlimits
from components.sandbox.session.output import Drain
from components.schema.results.values import ResourceUsage

TICK_S = 0.1
"""How often budgets are looked at while nothing comes in."""

WORD_S = 1.0
"""How often those who listen are told how far a job is."""

LAST_OUTPUT_S = 2.0
BEGIN_TIMEOUT_S = 10.0
_TICK = struct.pack("ll", 0, int(TICK_S * 1_000_000))


class NeverBegan(Exception):
    """The guest did not take the job: nothing of it has run, another guest may."""


class Session:
    """Implements `ports.Guest` over an instance of any sandbox backend.

    Args:
        instance: a ready guest, taken from its pool.
        give_back: called once with the instance when the job is over, and whether it may be used
            again (its job ended in order and everything it started is gone).

    Raises:
        NeverBegan: the guest did not take the job.
    """

    def __init__(
        self, instance: Instance, job: GuestJob, give_back: Callable[[Instance, bool], None]
    ) -> None:
        self._instance, self._job, self._limits = instance, job, job.limits
        self._give_back = give_back
        self._drain = Drain(job.limits.output_kb * 1024, job.hear)
        self._hear_of_it, self._frames = job.hear, 0
        self._buffer, self._at = b"", 0
        self._late: Late | None = None
        self._broke = ""
        self._killed = False
        self._ended: Ended | None = None
        self._lost = False
        self._exit: GuestExit | None = None
        self._kill_lock = threading.Lock()
        self._processor: Processor | None = None
        try:
            self._processor = Processor() if _takes_turns(job) else None
            self._socket = self._begin(job, self._drain.writers)
            self._drain.start()
        except BaseException:
            self.part()
            self._drain.finish(LAST_OUTPUT_S)
            raise
        if self._processor is not None:
            self._processor.stay()
        self._budget = JobBudget(instance.handle, job.limits)
        self._next_check = time.monotonic() + TICK_S
        self._next_word = self._next_check + WORD_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._exit is None:
            self.kill()
            self.finish()

    def send(self, frame: bytes) -> None:
        """See `ports.Guest`. Raises GuestGone or GuestLate."""
        if len(frame) > HOST_CAP:
            raise ValueError(f"a frame of {len(frame)} bytes is over the host's own cap")
        rest = memoryview(HEADER.pack(len(frame)) + frame)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                self._check()
            except OSError as error:
                raise GuestGone(str(error)) from error
            self.watch()  # a guest that reads byte by byte never lets us wait

    def receive(self) -> bytes:
        """See `ports.Guest`. Raises GuestGone, GuestLate or GuestBroke."""
        while (frame := self._take()) is None:
            try:
                chunk = self._socket.recv(CHUNK)
            except BlockingIOError:
                self._check()
                continue
            except OSError as error:
                raise GuestGone(str(error)) from error
            if not chunk:
                raise GuestGone("the guest closed the connection")
            self._buffer, self._at = self._buffer[self._at :] + chunk, 0
            self.watch()
        return frame

    def watch(self) -> None:
        """See `ports.Guest`. Raises GuestLate."""
        if time.monotonic() >= self._next_check:
            self._check(gone_counts=False)

    def cpu_s(self) -> float | None:
        """See `ports.Guest`."""
        return self._budget.used().cpu_s

    def part(self) -> None:
        """See `ports.Guest`. Whatever this thread starts while it shares one stays there too."""
        if self._processor is not None:
            self._processor.leave()

    def renew(self, spec: bytes, seed: int) -> None:
        """See `ports.Guest`. Raises GuestGone or GuestLate."""
        self.part()
        self._socket.close()
        self._wait()
        if self._late is not None:
            raise GuestLate(self._late.message)
        if self._ended is None or self._ended.signal is not None:
            raise GuestGone("the job's process ended before the next one began")
        self._ended, self._buffer, self._at = None, b"", 0
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            job = replace(self._job, spec=spec, seed=seed)
            self._socket = self._begin(job, (nowhere, nowhere))
        except NeverBegan as error:
            raise GuestGone("the guest could not start another process") from error
        finally:
            os.close(nowhere)

    def kill(self) -> None:
        """See `ports.Guest`."""
        with self._kill_lock:
            if self._exit is None:
                self._killed = not (self._late or self._broke)
                self._instance.handle.kill()

    def finish(self) -> GuestExit:
        """See `ports.Guest`."""
        if self._exit is None:
            self.part()
            self._socket.close()
            self._wait()
            with self._kill_lock:
                self._exit = self._settle()
        return self._exit

    def _begin(self, job: GuestJob, output: tuple[int, int]) -> socket.socket:
        host, guest = socket.socketpair()
        processor = self._processor.number if self._processor is not None else None
        order = msgspec.msgpack.encode(_order(job, self._instance.handle.by_process, processor))
        control = self._instance.line.socket
        control.settimeout(BEGIN_TIMEOUT_S)
        try:
            descriptors = [guest.fileno(), *output]
            socket.send_fds(control, [HEADER.pack(len(order))], descriptors)
            control.sendall(order)
            began = self._instance.line.next(BEGIN_TIMEOUT_S)
        except (OSError, ControlLost):
            began = None
        guest.close()
        if not isinstance(began, Began):
            host.close()
            self._instance.handle.kill()
            raise NeverBegan
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            host.setsockopt(socket.SOL_SOCKET, option, _TICK)
        return host

    def _take(self) -> bytes | None:
        start = self._at + HEADER.size
        if len(self._buffer) < start:
            return None
        (length,) = HEADER.unpack_from(self._buffer, self._at)
        cap = self._limits.frame_kb * 1024
        if length > cap:
            self._broke = f"it sent a frame of {length} bytes, the cap is {cap}"
            raise GuestBroke(self._broke)
        end = start + length
        if len(self._buffer) < end:
            return None
        self._at = end
        self._frames += 1
        return self._buffer[start:end]

    def _check(self, *, gone_counts: bool = True) -> None:
        """Look at the budgets (and whether the job is over). Raises GuestLate or GuestGone."""
        self._next_check = time.monotonic() + TICK_S
        self._late = self._late or self._budget.spent(self._frames)
        if self._late is not None:
            raise GuestLate(self._late.message)
        if self._killed or (gone_counts and self._over()):
            raise GuestGone("the job's process ended")
        if self._hear_of_it is not None and time.monotonic() >= self._next_word:
            self._next_word = time.monotonic() + WORD_S
            self._hear_of_it(
                OutputLine("progress", f"{self._frames:,} answers of the guest so far")
            )

    def _over(self) -> bool:
        if self._ended is None and not self._lost:
            self._hear(0.0)
        return self._ended is not None or self._lost

    def _hear(self, timeout_s: float) -> None:
        try:
            message = self._instance.line.next(timeout_s)
        except ControlLost:
            self._lost = True
            return
        if isinstance(message, Ended):
            self._ended = message
        elif message is not None:
            self._lost = True

    def _wait(self) -> None:
        """Until the job's process has ended, or has no right to go on."""
        while not (self._ended or self._lost or self._late or self._broke or self._killed):
            self._hear(TICK_S)
            if self._ended is None:
                self._late = self._budget.spent(self._frames)

    def _settle(self) -> GuestExit:
        handle = self._instance.handle
        used = self._budget.used()
        if self._ended is None:
            handle.kill()
        self._drain.finish(LAST_OUTPUT_S)
        if used.cpu_s is None and self._ended is not None:  # no control group: its own process's
            used = replace(used, cpu_s=self._ended.cpu_s)
        status, message = outcome.judge(self._facts(used), self._limits)
        self._give_back(self._instance, self._ended is not None and not used.oom_kills)
        ended = self._ended
        stdout, stderr = self._drain.stdout, self._drain.stderr
        return GuestExit(
            status=status,
            exit_code=ended.code if ended else None,
            signal=ended.signal if ended else None,
            stdout=stdout.text(),
            stderr=stderr.text(),
            truncated=stdout.truncated or stderr.truncated,
            usage=_usage(used, ended, self._late),
            unlimited=handle.unlimited,
            message=message,
        )

    def _facts(self, used: Counters) -> outcome.Facts:
        ended = self._ended
        return outcome.Facts(
            ended=ended is not None,
            code=ended.code if ended else None,
            signal=ended.signal if ended else None,
            killed=self._killed,
            late=self._late.message if self._late else "",
            excuse=self._late.excuse if self._late else "",
            broke=self._broke,
            used=used,
        )


def _takes_turns(job: GuestJob) -> bool:
    """Whether it is a conversation, by a guest that may use no more than one processor."""
    return job.kind in {"backtest", "smoke"} and job.limits.cpus <= 1


def _order(job: GuestJob, by_process: tuple[str, ...], processor: int | None) -> Start:
    return Start(
        kind=job.kind,
        files=dict(job.files),
        spec=job.spec,
        seed=job.seed,
        rlimits=rlimits(job.limits, by_process),
        seal=seccomp.sealing_program(),
        frame_cap=job.limits.frame_kb * 1024,
        processor=processor,
    )


def _usage(used: Counters, ended: Ended | None, late: Late | None) -> ResourceUsage:
    """The kernel's counts, or (without a control group) those of the job's own process."""
    memory = used.max_memory_mb
    if ended is not None and memory is None:
        memory = ended.max_memory_kb / 1024
    waited = late.starved_s if late else None
    return ResourceUsage(max_memory_mb=memory, cpu_s=used.cpu_s, waited_s=waited)
