"""The line to a dask scheduler: made when it is needed, made anew when it is lost."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import structlog
from distributed import Client

from components.executor.dask_worker import WORDS

CONNECT_S = 5.0
AGAIN_AFTER_S = 0.5
_NONE = "no scheduler"

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

    def workers(self) -> int:
        """How many workers the scheduler knows; 0 while it is out of reach. From any thread."""
        client = self._client
        if client is None or client.status != "running":
            return 0
        return int(client.scheduler_info().get("n_workers", 0))

    async def close(self) -> None:
        """Hang up. Idempotent."""
        client, self._client = self._client, None
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
