"""The line to a dask scheduler: made when it is needed, made anew when it is lost."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from distributed import Client

from components.executor.dask_worker import WORDS
from components.executor.shelf import Shelf

CONNECT_S = 5.0
AGAIN_AFTER_S = 0.5
_NONE = "no scheduler"

Putting = asyncio.Task[None]

log = structlog.get_logger(__name__)


class Link:
    """Lives on one event loop.

    Args:
        address: of the scheduler.
        overhear: is given what workers say of running jobs, on the event loop.
    """

    def __init__(self, address: str, overhear: Callable[[Any], None]) -> None:
        self._address = address
        self._overhear = overhear
        self._client: Client | None = None
        self._lock = asyncio.Lock()
        self._shelved: dict[str, Putting] = {}
        self._doubted: set[str] = set()
        self.problem = f"not connected to {address} yet"
        self.lost = 0
        # dask writes a stack for each lost scheduler; what happened is told here, in one line.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)

    async def client(self) -> Client:
        """A client that is connected; waits for as long as there is no scheduler."""
        async with self._lock:
            while True:
                if self._client is not None and self._client.status == "running":
                    return self._client
                await self.close()
                self._client = await self._connect()

    async def shelve(
        self, client: Client, digests: Iterable[str], read: Callable[[str], bytes]
    ) -> dict[str, Putting]:
        """Have contents on the scheduler's shelf, put there once for each connection.

        Returns:
            What put each of them there, for `lacks`.

        Raises:
            OSError: the scheduler is lost. And what `read` raises.
        """
        new = [digest for digest in digests if digest not in self._shelved]
        putting = asyncio.create_task(self._put(client, new, read))
        self._shelved |= dict.fromkeys(new, putting)
        found = {digest: self._shelved[digest] for digest in digests}
        await asyncio.wait({putting, *found.values()})  # which cancels none of them
        for task in found.values():
            task.result()
        return found

    def lacks(self, digests: Iterable[str], put: Mapping[str, Putting]) -> None:
        """A worker has not found them, or something else: they are put there again, once."""
        for digest in digests:
            if self._shelved.get(digest) is put[digest]:
                del self._shelved[digest]
                self._doubted.add(digest)

    async def _put(
        self, client: Client, digests: Sequence[str], read: Callable[[str], bytes]
    ) -> None:
        if not digests:
            return
        try:
            scheduler: Any = client.scheduler
            missing = await scheduler.algoops_missing(digests=digests)
            for digest in {*missing, *self._doubted.intersection(digests)}:
                content = await asyncio.to_thread(read, digest)
                await scheduler.algoops_put(digest=digest, content=content)
                self._doubted.discard(digest)
        except BaseException:
            for digest in digests:
                self._shelved.pop(digest, None)
            raise

    def workers(self) -> int:
        """How many workers the scheduler knows; 0 while it is out of reach. From any thread."""
        client = self._client
        if client is None or client.status != "running":
            return 0
        return int(client.scheduler_info().get("n_workers", 0))

    async def close(self) -> None:
        """Hang up. Idempotent."""
        client, self._client = self._client, None
        self._shelved.clear()
        if client is not None:
            self.lost += 1
            await client.close(timeout=1)

    async def _connect(self) -> Client | None:
        """A client, or after a while None."""
        client = Client(
            self._address,
            asynchronous=True,
            set_as_default=False,
            timeout=CONNECT_S,
            name="algoops",
        )
        try:
            await client
            await client.register_plugin(Shelf())
        except (OSError, TimeoutError) as error:
            if not self.problem.startswith(_NONE):
                log.warning("no-scheduler", address=self._address, reason=str(error))
            self.problem = f"{_NONE} at {self._address}: jobs wait ({error})"
            await asyncio.sleep(AGAIN_AFTER_S)
            return None
        finally:
            if client.status != "running":
                await client.close(timeout=1)
        self.problem = ""
        client.subscribe_topic(WORDS, self._overhear)
        return client
