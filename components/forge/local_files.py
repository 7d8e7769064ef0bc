"""Reports and statuses of the local forge as files, each written whole or not at all."""

import hashlib
import json
import os
import threading
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from components.ports import StatusState
from components.safe_tools.files import read_file_under, write_atomic
from components.safe_tools.names import NAME_BYTES, PATH_BYTES, object_id
from components.schema.results.report import Report

DESCRIPTION_CHARS = 140
_STATUS_BYTES = 1024 * 1024
_FOLDER_ENDS = (".md", ".json", ".")
_ENDS = (".md", ".json", "+replies.md")
_STATUSES = "+statuses"
_LONGEST_SUFFIX = max(map(len, _ENDS))


class ReportFiles:
    """A folder of reports; branch names become paths without two ever meeting in one file."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()

    def write_report(self, branch: str, body: str, report: Report) -> None:
        """`<branch>.md` for people and `<branch>.json` for machines."""
        stem = file_stem(branch)
        write_atomic(self._root, f"{stem}.json", report.model_dump_json().encode())
        write_atomic(self._root, f"{stem}.md", body.encode(errors="replace"))

    def write_replies(self, branch: str, text: str) -> None:
        """`<branch>+replies.md`: what was answered about the branch's present commit."""
        write_atomic(self._root, f"{file_stem(branch)}+replies.md", text.encode(errors="replace"))

    def set_status(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Set one context of `+statuses/<commit>.json`; the others stay."""
        path = f"{_STATUSES}/{object_id(commit)}.json"
        with self._lock:
            statuses = self._statuses(path)
            statuses[context] = {
                "state": state.value,
                "description": description[:DESCRIPTION_CHARS],
                "url": url,
                "updated_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            write_atomic(self._root, path, json.dumps(statuses, indent=2).encode())

    def forget(self, branches: Collection[str], commits: Collection[str], before: float) -> int:
        """Remove the files of other branches and commits that were written before a time.

        Args:
            branches: whose reports stay.
            commits: whose statuses stay.
            before: Unix seconds.
        """
        kept = {f"{file_stem(b)}{end}" for b in branches for end in _ENDS}
        kept |= {f"{_STATUSES}/{commit}.json" for commit in commits}
        removed = 0
        for place, _, names in os.walk(self._root, topdown=False):
            folder = Path(place)
            for file in (folder / name for name in names):
                path = file.relative_to(self._root).as_posix()
                if path not in kept and file.lstat().st_mtime < before:
                    file.unlink()
                    removed += 1
            if folder != self._root and not any(folder.iterdir()):
                with suppress(OSError):  # somebody has just written into it
                    folder.rmdir()
        return removed

    def _statuses(self, path: str) -> dict[str, Any]:
        try:
            document = json.loads(read_file_under(self._root, path, _STATUS_BYTES))
        except (FileNotFoundError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}


def file_stem(branch: str) -> str:
    """A relative path for a branch: readable, safe, different for different branches.

    `+` never comes out of a branch's name, so what we name with it collides with none.
    """
    parts = branch.split("/")
    stem = "/".join((*map(_folder, parts[:-1]), _escaped(parts[-1])))
    longest = max(len(p) for p in stem.split("/")) + _LONGEST_SUFFIX
    if longest > NAME_BYTES or len(stem) + _LONGEST_SUFFIX > PATH_BYTES:
        return f"+long/{hashlib.sha256(branch.encode(errors='surrogateescape')).hexdigest()}"
    return stem


def _folder(part: str) -> str:
    # A branch `a.md/b` next to a branch `a` must not need a folder where the other has its file.
    if part.endswith(_FOLDER_ENDS):
        head, _, tail = part.rpartition(".")
        return f"{_escaped(head)}%2E{tail}"
    return _escaped(part)


def _escaped(part: str) -> str:
    text = quote(part, safe="", errors="surrogateescape")
    return f"%2D{text[1:]}" if text.startswith("-") else text
