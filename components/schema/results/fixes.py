"""PURE: a fix as text: one small change of a file as a unified diff, made, read and applied."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from components.schema.results.values import Finding
from components.texts import harmless

CONTEXT = 3
LONGEST = 4_000
"""Characters of a fix; a longer one is not offered, for a cut diff is none."""

_FILE = re.compile(r"[\w ./+-]{1,300}")
_HUNK = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+\d{1,7}(?:,\d{1,7})? @@")
_NO_END = "\\ No newline at end of file"
_HEADER_LINES = 2


class Edit(NamedTuple):
    """The text between two places, replaced. Lines and columns count from 1; the end is behind it.

    `there` is what has to stand there; where something else does, there is no fix.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    there: str = ""


@dataclass(frozen=True)
class LineChange:
    """Whole lines, with their ends, that stand from line `start` (from 1) on, and what they become.

    With nothing in `old`, `new` is put before line `start`.
    """

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def diff_of(lines: Sequence[str], edit: Edit, file: str) -> str:
    """An edit as a unified diff with three lines of context.

    Args:
        lines: the file's text, split at line feeds.
        edit: the change.
        file: path for the diff's head.

    Returns:
        The diff; "" where the edit does not fit, or the diff could not be shown as it is: too
        long, or with characters that deceive a reader.
    """
    change = _change(lines, edit)
    if change is None or not _FILE.fullmatch(file):
        return ""
    text = _head(file) + _hunk(_with_ends(lines), change)
    return text if len(text) <= LONGEST and harmless(text, keep="\n\t\r") == text else ""


def moved(finding: Finding, file: str) -> Finding:
    """The finding, and its fix, under another path."""
    if not finding.fix:
        return finding.model_copy(update={"file": file})
    hunk = finding.fix.split("\n", _HEADER_LINES)[-1]
    fix = _head(file) + hunk if _FILE.fullmatch(file) else ""
    return finding.model_copy(update={"file": file, "fix": fix})


def change_of(fix: str) -> LineChange | None:
    """What a fix (its lines stand together) changes; None for what is no fix of ours."""
    rows = fix.split("\n")[_HEADER_LINES:]
    head = _HUNK.fullmatch(rows[0]) if rows else None
    if head is None:
        return None
    lines: dict[str, list[str]] = {" ": [], "-": [], "+": []}
    before = 0
    for row, after in zip(rows[1:], [*rows[2:], ""], strict=True):
        if row and row != _NO_END:
            if row[0] not in lines:
                return None
            lines[row[0]].append(row[1:] if after == _NO_END else f"{row[1:]}\n")
            before += row[0] == " " and not (lines["-"] or lines["+"])
    start = int(head[1]) + before + (head[2] == "0")
    return LineChange(start, tuple(lines["-"]), tuple(lines["+"]))


def applied(text: str, changes: Iterable[LineChange]) -> tuple[str, int]:
    """A text with all changes that fit into it, each given for the text as it is.

    Returns:
        The new text, and how many changes were made: of two on the same lines, or where the text
        holds something else, the later one is left out.
    """
    lines = _with_ends(text.split("\n"))
    made: list[LineChange] = []
    for change in sorted(set(changes), key=lambda c: (c.start, len(c.old))):
        end = made[-1].start + max(1, len(made[-1].old)) if made else 1
        stands = tuple(lines[change.start - 1 : change.start - 1 + len(change.old)])
        if end <= change.start <= len(lines) + 1 and stands == change.old:
            made.append(change)
    for change in reversed(made):
        lines[change.start - 1 : change.start - 1 + len(change.old)] = change.new
    return "".join(lines), len(made)


def _change(lines: Sequence[str], edit: Edit) -> LineChange | None:
    if not 0 < edit.line <= edit.end_line <= len(lines):
        return None
    first, last = lines[edit.line - 1], lines[edit.end_line - 1]
    whole = "\n".join(lines[edit.line - 1 : edit.end_line])
    stop = len(whole) - len(last) + edit.end_column - 1
    if edit.there and whole[edit.column - 1 : stop] != edit.there:
        return None
    text = edit.text.replace("\n", "\r\n") if first.endswith("\r") else edit.text
    old = _with_ends(lines)[edit.line - 1 : edit.end_line]
    end = "" if edit.end_line == len(lines) else "\n"
    new = _with_ends(f"{whole[: edit.column - 1]}{text}{whole[stop:]}{end}".split("\n"))
    return _trimmed(edit.line, old, new)


def _trimmed(start: int, old: Sequence[str], new: Sequence[str]) -> LineChange | None:
    """Without the lines that are the same at either end; None where nothing changes."""
    low, high = 0, 0
    most = min(len(old), len(new))
    while high < most and old[-1 - high] == new[-1 - high]:
        high += 1
    while low < most - high and old[low] == new[low]:
        low += 1
    was, now = tuple(old[low : len(old) - high]), tuple(new[low : len(new) - high])
    return LineChange(start + low, was, now) if was or now else None


def _with_ends(lines: Sequence[str]) -> list[str]:
    """Lines with their ends; what follows the last line feed counts where it is something."""
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, *lines[-1:]] if lines[-1:] != [""] else ended


def _head(file: str) -> str:
    path = file.lstrip("/")
    return f"--- a/{path}\n+++ b/{path}\n"


def _hunk(lines: Sequence[str], change: LineChange) -> str:
    at, until = change.start - 1, change.start - 1 + len(change.old)
    before, after = lines[max(0, at - CONTEXT) : at], lines[until : until + CONTEXT]
    rows = [
        *(f" {line}" for line in before),
        *(f"-{line}" for line in change.old),
        *(f"+{line}" for line in change.new),
        *(f" {line}" for line in after),
    ]
    around = len(before) + len(after)
    was, now = len(change.old) + around, len(change.new) + around
    start = change.start - len(before)
    head = f"@@ -{start - (not was)},{was} +{start - (not now)},{now} @@\n"
    return head + "".join(row if row.endswith("\n") else f"{row}\n{_NO_END}\n" for row in rows)
