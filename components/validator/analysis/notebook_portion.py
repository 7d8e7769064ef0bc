"""One top-level statement of a file, as the look for a notebook's part sees it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAIN = "__main__"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_PLAIN = ("object",)


def is_main(node: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__":`, spelled just so (or the other way round)."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    test = node.test
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    named = [side for side in sides if isinstance(side, ast.Name) and side.id == "__name__"]
    texts = [side for side in sides if isinstance(side, ast.Constant) and side.value == _MAIN]
    return len(named) == 1 and len(texts) == 1


@dataclass
class FilePortion:
    """One statement.

    Attributes:
        node: None for what may never be blanked (the head of a `__main__` block with an `else`).
        main: it stands below `if __name__ == "__main__":`.
        uses: module-level names that it reads; `binds`: those that it gives a value.
        seeded: it loads data, plots, or uses the package's Backtest.
        gone: it is blanked.
    """

    node: ast.stmt | None
    line: int
    column: int
    main: bool = False
    uses: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    notebook_imports: list[tuple[int, str]] = field(default_factory=list)
    seeded: bool = False
    gone: bool = False

    @property
    def first_line(self) -> int:
        """Where it begins, decorators included."""
        return self.line

    @property
    def last_line(self) -> int:
        """Where it ends."""
        return (self.node and self.node.end_lineno) or self.line

    @property
    def end_column(self) -> int:
        """Offset in bytes of what follows it."""
        return (self.node and self.node.end_col_offset) or self.column

    @property
    def is_import(self) -> bool:
        """Whether it is an import statement."""
        return isinstance(self.node, _IMPORTS)

    @property
    def acts(self) -> bool:
        """Whether it does something now, rather than define what is used later."""
        return self.node is not None and not isinstance(self.node, (*_DEFINITIONS, *_IMPORTS))

    @property
    def stays(self) -> bool:
        """Whether it may be part of the strategy whatever uses it."""
        return self.node is None or self.has_base

    @property
    def has_base(self) -> bool:
        """Whether it is a class with a base: perhaps a strategy."""
        return isinstance(self.node, ast.ClassDef) and any(
            getattr(base, "id", "") not in _PLAIN for base in self.node.bases
        )

    @property
    def only_binds(self) -> bool:
        """Whether it does nothing but give names a value."""
        if isinstance(self.node, ast.Assign):
            return all(isinstance(target, ast.Name) for target in self.node.targets)
        if isinstance(self.node, ast.AnnAssign):
            return isinstance(self.node.target, ast.Name)
        if isinstance(self.node, ast.ImportFrom):
            starred = any(item.name == "*" for item in self.node.names)
            return not starred and self.node.module != "__future__"
        return not self.acts and not self.stays


def portions(tree: ast.Module) -> Iterator[FilePortion]:
    """Top-level statements; of a `__main__` block with an `else` each statement by itself."""
    for node in tree.body:
        if is_main(node) and isinstance(node, ast.If) and node.orelse:
            yield FilePortion(None, node.lineno, node.col_offset)
            yield from (_part(inner, main=True) for inner in node.body)
            yield from (FilePortion(None, n.lineno, n.col_offset) for n in node.orelse)
        else:
            yield _part(node, main=is_main(node))


def _part(node: ast.stmt, *, main: bool) -> FilePortion:
    decorators = getattr(node, "decorator_list", None)
    line = decorators[0].lineno if decorators else node.lineno
    return FilePortion(node, line, node.col_offset, main=main)
