"""What of a file only a notebook needs: it is blanked, so that it is neither judged nor run.

One file may serve a notebook and the bot. Its statements below `if __name__ == "__main__":`, those
that download data, plot or call `Backtest` at module level, and what only these use, are replaced
by `pass` of the same length. What is left is what is judged, and the same bytes are run.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.validator.analysis.notebook_parts import FilePortions
from components.validator.analysis.source import BOM
from components.validator.analysis.walker import index
from components.validator.registry.words import NOTEBOOK_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from components.validator.analysis.notebook_portion import FilePortion

ENTRY = "strategy.py"
TAKEN = frozenset({"prepare"})
"""Names that the guest takes from strategy.py, beside its class."""
_TRIGGER = re.compile(
    rb"__main__|Backtest|algoops|\bread_|sys\.path|backtesting\.test|\b(?:"
    + b"|".join(re.escape(name.encode()) for name in sorted(NOTEBOOK_MODULES))
    + rb")\b"
)
_LARGEST = 1_048_576
"""Bytes; no policy lets more than that be judged."""


@dataclass(frozen=True)
class Cut:
    """A file without its notebook part.

    Attributes:
        content: what is judged and run; lines and columns are as in the file.
        gone: (first, last) line of each blanked statement.
        lines: of those the ones that act, outside of `__main__` blocks.
        imports: (line, module) of imports for plots and downloads that were blanked.
        lost: (name, its place in what is left, line that made it): used, but blanked.
        set_from_outside: (place, text) of attributes that blanked statements set on what is left.
    """

    content: bytes
    gone: tuple[tuple[int, int], ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    imports: tuple[tuple[int, str], ...] = ()
    lost: tuple[tuple[str, ast.AST, int], ...] = ()
    set_from_outside: tuple[tuple[ast.AST, str], ...] = ()

    def covers(self, line: int) -> bool:
        """Whether a line of the file belongs to a blanked statement."""
        return any(first <= line <= last for first, last in self.gone)


@dataclass(frozen=True)
class _Folder:
    """What a file is to the others of its folder."""

    entry: bool
    needed: frozenset[str] = field(default_factory=frozenset)


def runnable(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A strategy's files as they are run: each Python file without its notebook part."""
    return {path: found.content for path, found in cut_folder(files).items()}


def cut_folder(files: Mapping[str, bytes]) -> dict[str, Cut]:
    """Each file with what was blanked of it; the author's tests and other files are left whole."""
    needed = frozenset(
        name
        for path, content in files.items()
        if path != ENTRY
        for name in _imported(path, content)
    )
    alone = sum(path.endswith(".py") for path in files) == 1
    return {
        path: _cut(content, _Folder(alone or path == ENTRY, needed))
        if path.endswith(".py") and not is_test(path)
        else Cut(content)
        for path, content in files.items()
    }


def is_test(path: str) -> bool:
    """Whether a file holds the author's tests: pytest runs it whole."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _imported(path: str, content: bytes) -> Iterable[str]:
    """Names that a file takes from `strategy`."""
    if not path.endswith(".py") or b"strategy" not in content or len(content) > _LARGEST:
        return ()
    tree = _parsed(content)
    return (
        item.name
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.ImportFrom)
        for item in node.names
    )


def _parsed(content: bytes) -> ast.Module | None:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _cut(content: bytes, folder: _Folder) -> Cut:
    """A file that can't be read, or not be cut cleanly, stays whole."""
    if len(content) > _LARGEST or not _TRIGGER.search(content):
        return Cut(content)
    text = content.removeprefix(BOM)
    tree = _parsed(text)
    if tree is None:
        return Cut(content)
    try:
        parts = FilePortions(index(tree), folder.entry, folder.needed)
    except RecursionError:
        return Cut(content)
    gone = [part for part in parts.all if part.gone]
    blanked = _blanked(text, gone)
    if not gone or _parsed(blanked) is None:
        return Cut(content)
    return Cut(
        blanked,
        gone=tuple((part.first_line, part.last_line) for part in gone),
        lines=tuple(
            (part.first_line, part.last_line) for part in gone if part.acts and not part.main
        ),
        imports=tuple(found for part in gone for found in part.notebook_imports),
        lost=tuple(parts.lost()),
        set_from_outside=tuple(parts.set_from_outside()),
    )


def _blanked(text: bytes, gone: list[FilePortion]) -> bytes:
    lines = text.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    out = bytearray(text)
    for part in gone:
        first = starts[part.first_line - 1] + part.column
        last = starts[part.last_line - 1] + part.end_column
        blank = bytes(c if c in b"\r\n" else 0x20 for c in text[first:last])
        word = b"pass" if blank[:4] == b"    " else b"0"
        out[first:last] = word + blank[len(word) :]
    return bytes(out)
