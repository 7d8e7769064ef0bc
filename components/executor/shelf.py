"""Contents by their hash on the dask scheduler: the daemon puts them there, workers fetch them.

Dask's own ways to send data were not taken: what `scatter` has put on a worker is lost with it, and
the jobs that wait for it with it; and what no task asks for at the moment is taken off all workers
but one (the scheduler's memory manager), so that it would go over the line again and again.
"""

from collections import OrderedDict
from collections.abc import Sequence

from distributed import Scheduler
from distributed.diagnostics.plugin import SchedulerPlugin

MOST_BYTES = 1 << 30
ANSWER_BYTES = 1 << 26
"""From there on an answer is full; whoever asked asks again for the rest."""

TICK_MS = 500.0
"""How often the scheduler looks whether its event loop is late; dask's 20 is most of what it takes
while it has nothing to do."""


class Shelf(SchedulerPlugin):
    """Lives in the scheduler's process and on its event loop; all daemons share it."""

    name = "algoops-shelf"
    idempotent = True

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._contents: OrderedDict[str, bytes] = OrderedDict()

    async def start(self, scheduler: Scheduler) -> None:
        """Dask's hook."""
        scheduler.periodic_callbacks["tick"].callback_time = TICK_MS
        scheduler.handlers |= {
            "algoops_missing": self.missing,
            "algoops_put": self.put,
            "algoops_fetch": self.fetch,
        }

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Those that are not here."""
        return [digest for digest in digests if digest not in self._contents]

    def put(self, digest: str, content: bytes) -> None:
        """Keep it; what was fetched longest ago goes where that is too much."""
        self._contents[digest] = content
        self._contents.move_to_end(digest)
        while sum(map(len, self._contents.values())) > self._most and len(self._contents) > 1:
            self._contents.popitem(last=False)

    def fetch(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Those of them that are here, or the first ones where they are large."""
        found: dict[str, bytes] = {}
        for digest in digests:
            content = self._contents.get(digest)
            if content is not None:
                self._contents.move_to_end(digest)
                found[digest] = content
            if sum(map(len, found.values())) >= ANSWER_BYTES:
                break
        return found
