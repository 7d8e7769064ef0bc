"""The list of folders in docs/design.md, made of the packages' first lines.

`python docs/folders.py` writes it anew; a test compares the two.
"""

import ast
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DESIGN = PROJECT / "docs" / "design.md"
BEGIN, END = "<!-- folders: python docs/folders.py -->\n", "<!-- end of folders -->\n"
WIDTH = 16


def folders() -> str:
    """Each package of algoops/, bot/ and components/ with the first line of its docstring."""
    lines = []
    for top in ("algoops", "bot", "components"):
        packages = sorted(f.parent for f in (PROJECT / top).rglob("__init__.py"))
        lines += [_line(package) for package in packages]
    return "\n".join(("```", *lines, "```", ""))


def _line(package: Path) -> str:
    depth = len(package.relative_to(PROJECT).parts) - 1
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    first = text.splitlines()[0]
    return f"{'  ' * depth}{package.name}/".ljust(WIDTH + 2 * depth) + f" {first}"


def designed(text: str) -> str:
    """docs/design.md with today's list in it."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + folders() + END + rest.partition(END)[2]


if __name__ == "__main__":
    DESIGN.write_text(designed(DESIGN.read_text()))
