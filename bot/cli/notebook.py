"""A notebook's code as strategy.py, and what it says of symbol, bars, costs and parameters."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from typing import Any

from components.errors import UserError
from components.texts import cut

LARGEST = 20 << 20
_TOO_DEEP = (RecursionError, MemoryError)
_CODE_MAGICS = {"time", "timeit", "capture", "prun", "memit"}
"""Cell magics with Python below their line; below others is HTML, a shell script ..."""

_FRACTION = 1e-8
"""FractionalBacktest's own unit."""

_PORTFOLIO = "PortfolioStrategy"

_CONFIG = {
    "cash": "initial_capital",
    "commission": "commission",
    "spread": "slippage",
    "margin": "margin",
    "trade_on_close": "trade_on_close",
    "hedging": "hedging",
    "exclusive_orders": "exclusive_orders",
    "finalize_trades": "finalize_trades",
}
"""Arguments of `Backtest` and the names that they have in strategy.yaml."""


@dataclass(frozen=True)
class Draft:
    """The code of a notebook as one file; `notes` say what became a comment, and why."""

    source: str
    notes: tuple[str, ...] = ()


@dataclass
class Said:
    """What the code says beside its trading, as far as it is written out.

    Attributes:
        classes: strategy classes -> their numbers; `portfolios`: those on several symbols.
        config: settings of strategy.yaml's `backtest`.
        symbols, intervals: of downloads; symbols also of the data of `algoops.backtest`.
        unread: arguments of `Backtest` whose values are not written out.
    """

    classes: dict[str, dict[str, float]] = field(default_factory=dict)
    portfolios: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    symbols: list[str] = field(default_factory=list)
    intervals: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def drafted(name: str, content: bytes) -> Draft:
    """The code of a file: a notebook's cells one after the other, or a script as it is.

    Args:
        name: the file's name; .ipynb is a notebook.
        content: its bytes.

    Raises:
        UserError: it is too large, no notebook, not in Python, or has no code.
    """
    if len(content) > LARGEST:
        raise UserError(f"{name} is larger than {LARGEST >> 20} MB", hint="clear its outputs first")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not text in UTF-8") from error
    if not name.endswith(".ipynb"):
        return Draft(text)
    notes: list[str] = []
    parts = [_cell(number, code, notes) for number, code in _cells(name, text)]
    return Draft("\n\n".join(part for part in parts if part.strip()) + "\n", tuple(notes))


def _cells(name: str, text: str) -> list[tuple[int, str]]:
    """Code cells with their numbers in the notebook, counted from 1."""
    try:
        book = json.loads(text)
        language = book.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        cells = book["cells"] if "cells" in book else book["worksheets"][0]["cells"]
        found = [
            (number, "".join(cell.get("source", cell.get("input", ""))))
            for number, cell in enumerate(cells, start=1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, *_TOO_DEEP) as error:
        raise UserError(f"{name} is no Jupyter notebook", hint="is it saved?") from error
    if str(language).lower() != "python":
        raise UserError(f"{name} is written in {cut(str(language), 40)}, not in Python")
    if not any(code.strip() for _, code in found):
        raise UserError(f"{name} has no code")
    return found


def _cell(number: int, code: str, notes: list[str]) -> str:
    """A cell's code; lines that IPython alone understands are comments."""
    code = code.rstrip()
    if code.lstrip().startswith("%%"):
        magic = code.lstrip()[2:].split(maxsplit=1)[0:1]
        first, _, rest = code.lstrip().partition("\n")
        if magic and magic[0] in _CODE_MAGICS:
            return f"# {first}\n{_cell(number, rest, notes)}"
        notes.append(f"cell {number} is a comment now: {cut(first, 40)}")
        return _commented(code)
    if _is_python(code):
        return code
    plain = "\n".join(_line(line) for line in code.split("\n"))
    if _is_python(plain):
        return plain
    notes.append(f"cell {number} is a comment now: it is no Python")
    return _commented(code)


def _line(line: str) -> str:
    words = line.strip()
    shell = words.partition("=")[2].lstrip() if "=" in words else words
    if not (words.endswith("?") or words[:1] in {"%", "!", "?"} or shell[:1] in {"%", "!"}):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass  # {words}" if indent else f"# {words}"


def _commented(code: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in code.split("\n"))


def _is_python(code: str) -> bool:
    return _tree(code) is not None


def _tree(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, *_TOO_DEEP):
        return None


def said_by(source: str) -> Said:
    """What code says of itself; nothing where it is no Python.

    Values are taken where they are written out, or named once at the top of the file.
    """
    found = Said()
    tree = _tree(source)
    if tree is None:
        return found
    values = _named(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            _word(b).endswith("Strategy") for b in node.bases
        ):
            found.classes[node.name] = _numbers(node)
            found.portfolios += [node.name] * any(_word(b) == _PORTFOLIO for b in node.bases)
        elif isinstance(node, ast.Call):
            _call(node, values, found)
    return found


def _named(tree: ast.Module) -> dict[str, Any]:
    """Names that the top of the file gives one value, written out."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            found[name] = None if name in found else _value(node.value, {})
    return {name: value for name, value in found.items() if value is not None}


def _numbers(node: ast.ClassDef) -> dict[str, float]:
    """Class attributes that are numbers: what a backtest may be run with other values of."""
    pairs = [
        (part.targets[0].id, _value(part.value, {}))
        for part in node.body
        if isinstance(part, ast.Assign)
        and len(part.targets) == 1
        and isinstance(part.targets[0], ast.Name)
    ]
    return {
        name: value
        for name, value in pairs
        if isinstance(value, int | float) and not isinstance(value, bool) and name[0] != "_"
    }


def _call(node: ast.Call, values: dict[str, Any], found: Said) -> None:
    word = _word(node.func)
    given = {one.arg: one.value for one in node.keywords if one.arg}
    if word in {"Backtest", "FractionalBacktest", "backtest"}:
        found.config, found.unread = {}, []  # the last one counts
        if word == "FractionalBacktest":
            unit = given.get("fractional_unit")
            found.config["unit"] = _value(unit, values) if unit else _FRACTION
        for name, setting in _CONFIG.items():
            value = _value(given[name], values) if name in given else None
            if value is not None:
                found.config[setting] = _setting(value)
            elif name in given:
                found.unread.append(f"{name}={ast.unparse(given[name])}")
        data = given.get("data", node.args[1] if len(node.args) > 1 else None)
        if word == "backtest" and isinstance(data, ast.Dict):
            keys = [_value(key, values) for key in data.keys if key is not None]
            found.symbols += [key for key in keys if isinstance(key, str)]
    elif word in {"download", "Ticker"} and (node.args or "tickers" in given):
        value = _value(node.args[0] if node.args else given["tickers"], values)
        found.symbols += [value] if isinstance(value, str) else list(value or ())
    if word in {"download", "history"} and "interval" in given:
        found.intervals.append(str(_value(given["interval"], values)))


def _setting(value: Any) -> Any:
    """A commission of (fixed, share) by its names in strategy.yaml."""
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004  # fixed, share
        return {"fixed": value[0], "pct": value[1]}
    return value


def _value(node: ast.expr, values: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return values.get(node.id)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, *_TOO_DEEP):
        return None


def _word(node: ast.expr) -> str:
    """The last word of a name: `Backtest` of `lib.Backtest`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
