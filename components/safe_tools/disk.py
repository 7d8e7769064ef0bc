"""A folder of untrusted content on disk (an author's working copy): same rules as from git."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from components.errors import TransientError, UserError
from components.safe_tools.files import read_file_under
from components.safe_tools.names import UnsafeName, shown
from components.safe_tools.tree import (
    DEFAULT_CAPS,
    Audit,
    Caps,
    Folder,
    Refusals,
    judge_name,
    no_audit,
    refuse_depth,
    refuse_many,
    refuse_weight,
)
from components.schema.documents.lfs import HINT, POINTER, is_lfs_pointer

# What tools leave in a working folder and no one commits.
LEFTOVERS = frozenset(
    ("__pycache__", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints")
)


def read_disk_folder(
    root: Path,
    caps: Caps = DEFAULT_CAPS,
    prefix: str = "",
    audit: Audit = no_audit,
) -> Folder:
    """Read a folder's plain files as `read_folder` reads a tree; links are never followed.

    Raises:
        UserError: there is no such folder.
        TransientError: the disk failed.
    """
    if not root.is_dir():
        raise UserError(f"{root} is not a folder")
    refusals = Refusals(prefix, audit)
    files: dict[str, bytes] = {}
    total = 0
    for path in _walk(root, caps, refusals):
        if len(files) >= caps.files:
            refuse_many(refusals, caps)
            break
        data = _read(root, path, caps, refusals)
        if data is None:
            continue
        total += len(data)
        if total > caps.total_bytes:
            refuse_weight(refusals, caps)
            break
        files[path] = data
    return Folder(files, tuple(refusals.findings))


def _read(root: Path, path: str, caps: Caps, refusals: Refusals) -> bytes | None:
    try:
        data = read_file_under(root, path, caps.file_bytes)
        if not is_lfs_pointer(data):
            return data
        refusals.add("tree-lfs", path, POINTER, HINT)
    except UnsafeName as error:
        refusals.add("tree-file", path, str(error), "use a plain, small file")
    except FileNotFoundError:
        return None  # an editor replaced it since the folder was listed
    except TransientError as error:
        if not isinstance(error.__cause__, PermissionError):
            raise
        refusals.add("tree-file", path, str(error), "make it readable")
    return None


def _walk(root: Path, caps: Caps, refusals: Refusals) -> Iterator[str]:
    folders = [("", 0)]
    seen = 0
    while folders:
        parent, depth = folders.pop()
        twins: dict[str, str] = {}
        for name, mode in _listing(root, parent, 4 * caps.files + 1, refusals):
            seen += 1
            if seen > 4 * caps.files:
                refuse_many(refusals, caps, parent)
                return
            path = f"{parent}/{name}" if parent else name
            if not judge_name(path, name, twins, refusals):
                continue
            if stat.S_ISREG(mode):
                yield path
            elif not stat.S_ISDIR(mode):
                refusals.add(
                    "tree-symlink" if stat.S_ISLNK(mode) else "tree-mode",
                    path,
                    f"{shown(name)} is not a plain file",
                    "use the file itself",
                )
            elif depth < caps.depth:
                folders.append((path, depth + 1))
            else:
                refuse_depth(refusals, path, caps)


def _listing(root: Path, parent: str, limit: int, refusals: Refusals) -> list[tuple[str, int]]:
    """Names and modes in a folder; none of a folder that is gone or closed to us."""
    try:
        with os.scandir(root / parent) as entries:
            wanted = (entry for entry in entries if entry.name not in LEFTOVERS)
            found = [(entry.name, _mode(entry)) for entry in islice(wanted, limit)]
    except PermissionError:
        refusals.add("tree-file", parent, "the folder may not be read", "make it readable")
        return []
    except FileNotFoundError:
        return []  # removed since its name was read
    except OSError as error:
        raise TransientError(f"cannot list {shown(parent)}: {error.strerror}") from error
    return sorted((name, mode) for name, mode in found if mode)


def _mode(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0  # removed since its name was read
