"""The files that differ between two versions of a strategy, as bounded text."""

from bot.core.requests import FileDiff
from bot.landing.context import Watched
from bot.server.backend import NotFound
from components.state import Store

FILE_CAP = 64 * 1024


def diff_versions(
    store: Store, watched: Watched, name: str, old: str, new: str
) -> tuple[FileDiff, ...]:
    """Each file that differs between two versions.

    Raises:
        NotFound: a version is not known, or its content is gone from the repository.
    """
    repository = watched.where.repository
    before, after = _tree(store, watched, name, old), _tree(store, watched, name, new)
    found = []
    for path in repository.changed_paths(before, after):
        text = repository.diff(before, after, path, cap=FILE_CAP)
        found.append(FileDiff(path=path, text=text, truncated=len(text.encode()) >= FILE_CAP))
    return tuple(found)


def _tree(store: Store, watched: Watched, name: str, version: str) -> str:
    found = store.versions.get(watched.name, name, version)
    if found is None or not found.tree:
        raise NotFound(f"{name} has no version {version}")
    if watched.where.repository.objects.header(found.tree) is None:
        raise NotFound(f"the content of {name} {version} is not in the repository any more")
    return found.tree
