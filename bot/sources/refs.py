"""Watches the refs of a local bare repository and calls back as soon as one may have moved.

A hint only: whoever is called reads the refs themselves, and the clock's sweep finds what the
kernel did not tell (network file systems, a full inotify queue).
"""

from collections.abc import Callable
from pathlib import Path

from bot.sources.folders import CHANGES, LONGEST_S, QUIET_S, FolderWatch

_PACKED = "packed-refs"


class RefsWatch(FolderWatch):
    """Calls `changed` from its own thread, once for a burst of changes; see `FolderWatch`.

    Args:
        git_dir: the bare repository's folder.
    """

    def __init__(
        self,
        git_dir: Path,
        changed: Callable[[], None],
        *,
        quiet_s: float = QUIET_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        super().__init__(git_dir, changed, "refs-watch", quiet_s, longest_s)
        self._heads = git_dir / "refs" / "heads"

    def _prepare(self) -> None:
        self._heads.mkdir(parents=True, exist_ok=True)
        self._observer.schedule(self, str(self._heads), recursive=True, event_filter=CHANGES)

    def _concerns(self, path: str) -> bool:
        if path.endswith(".lock"):
            return False
        relative = Path(path).relative_to(self._folder)
        return relative.parts[:2] == ("refs", "heads") or str(relative) == _PACKED
