"""Which files of its folder a file imports, by its text alone."""

import ast
from collections.abc import Iterator

from components.validator.registry import catalogue

_LARGEST = 1_048_576
"""Bytes; no policy lets more than that be judged."""


def local_files(content: bytes, file: str) -> frozenset[str]:
    """Paths inside the folder that a file's imports may mean; none where it can't be parsed.

    Args:
        content: the file.
        file: its own path inside the folder, such as `signals/trend.py`.
    """
    if len(content) > _LARGEST:
        return frozenset()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    known = catalogue.names().keys() | catalogue.stdlib()
    paths = {path for node in ast.walk(tree) for path in _modules(node, file.split("/")[:-1])}
    return frozenset(
        name
        for path in paths
        if path and path[0] not in known
        for depth in range(1, len(path) + 1)
        for name in ("/".join(path[:depth]) + ".py", "/".join(path[:depth]) + "/__init__.py")
    )


def _modules(node: ast.AST, folder: list[str]) -> Iterator[tuple[str, ...]]:
    """The module paths inside the folder that an import statement may mean."""
    if isinstance(node, ast.Import):
        yield from (tuple(item.name.split(".")) for item in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level - 1 <= len(folder):
        base = folder[: len(folder) - node.level + 1] if node.level else []
        inside = (*base, *(node.module.split(".") if node.module else ()))
        yield inside
        yield from ((*inside, item.name) for item in node.names if item.name != "*")
