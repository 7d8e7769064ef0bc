"""A local bare repository -> events: what moved since the last look, told as soon as it moves."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from bot.core.events import Event
from bot.sources.poll import Seen, changes
from bot.sources.refs import RefsWatch
from components.errors import AlgoOpsError
from components.ports import Forge

log = structlog.get_logger(__name__)


class LocalSource:
    """Looks at a local forge when its refs move, and when asked (`look`).

    Args:
        forge: the local forge.
        git_dir: the watched repository's folder.
        emit: takes each event; durable when it returns.
    """

    def __init__(self, forge: Forge, git_dir: Path, emit: Callable[[Event], None]) -> None:
        self._forge = forge
        self._emit = emit
        self._seen: Seen | None = None
        self._lock = threading.Lock()
        self._watch = RefsWatch(git_dir, self._refs_moved)

    def start(self) -> None:
        """Watch from now on, and look once: what was pushed while nobody watched is found."""
        self._watch.start()
        self._refs_moved()

    def stop(self) -> None:
        """Stop watching. Idempotent."""
        self._watch.stop()

    def look(self) -> int:
        """Emit what changed since the last look; how many events came of it.

        Raises:
            TransientError: the repository has no base yet, or git failed.
        """
        with self._lock:
            now = Seen(self._forge.base(), frozenset(self._forge.proposals()))
            events = changes(self._forge.name, self._seen, now)
            for event in events:
                self._emit(event)
            self._seen = now
        return len(events)

    def _refs_moved(self) -> None:
        try:
            self.look()
        except AlgoOpsError as error:
            log.warning("the repository could not be read", why=str(error))
        except Exception:  # nobody else would watch the refs from now on
            log.exception("the check of the repository failed")
