"""Lines of TCP that are slow: each of some ports leads to another one, everything arrives later.

For kernels without netem. Bytes are passed on in order and without a bound on how many are under
way, so only the time is added, not a limit of throughput.
"""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Mapping
from types import TracebackType
from typing import Self

CHUNK = 1 << 18


class SlowLines:
    """A process of its own that passes on; use as a context manager.

    Args:
        ports: where it listens -> where that leads to, both on 127.0.0.1.

    Attributes:
        delay_s: seconds by which each byte arrives later, in either direction; may be changed.
        carried: bytes carried so far, over all lines, both directions together.
    """

    def __init__(self, ports: Mapping[int, int]) -> None:
        context = multiprocessing.get_context("spawn")
        self.delay_s = context.Value("d", 0.0)
        self.carried = context.Value("Q", 0)
        self._process = context.Process(
            target=_pass_on, args=(dict(ports), self.delay_s, self.carried), daemon=True
        )

    @property
    def pid(self) -> int:
        """Of its process; 0 before it has begun."""
        return self._process.pid or 0

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.join()


def _pass_on(ports: dict[int, int], delay_s, carried) -> None:  # type: ignore[no-untyped-def]
    asyncio.run(_serve(ports, delay_s, carried))


async def _serve(ports: dict[int, int], delay_s, carried) -> None:  # type: ignore[no-untyped-def]
    def to(port: int):  # type: ignore[no-untyped-def]
        async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(
                _carry(reader, far_writer, delay_s, carried),
                _carry(far_reader, writer, delay_s, carried),
            )

        return joined

    servers = [
        await asyncio.start_server(to(target), "127.0.0.1", port) for port, target in ports.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _carry(  # type: ignore[no-untyped-def]
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s, carried
) -> None:
    """One direction of one line, until it ends."""
    loop, waiting = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()

    async def read() -> None:
        block = b"."
        while block:
            try:
                block = await reader.read(CHUNK)
            except OSError:
                block = b""
            carried.value += len(block)
            waiting.put_nowait((loop.time() + delay_s.value, block))

    reading = asyncio.create_task(read())
    with contextlib.suppress(OSError):  # the other side is gone: the line ends, as without us
        while True:
            due, block = await waiting.get()
            if not block:
                break
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)  # why: that is the delay
            writer.write(block)
            await writer.drain()
    writer.close()
    await reading
