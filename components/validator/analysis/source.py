"""Bytes before text: what is bounded and refused before anything is parsed."""

import ast
import re
import unicodedata
from dataclasses import dataclass

from components.schema.policies.code import CodeLimits

BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_HIDDEN = re.compile("[\x80-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = frozenset({b"utf-8", b"utf8", b"utf_8", b"u8"})
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_OPENING, _CLOSING = b"([{", b")]}"
_STRINGS = (
    r"#[^\n]*"
    r"|'''(?:[^\\]|\\.)*?'''"
    r'|"""(?:[^\\]|\\.)*?"""'
    r"|'(?:[^'\\\n]|\\.)*'"
    r'|"(?:[^"\\\n]|\\.)*"'
)
_QUOTED = re.compile(_STRINGS, re.DOTALL)
_QUOTED_BYTES = re.compile(_STRINGS.encode(), re.DOTALL)
_BLANK = re.compile(r"[^\n]")
_WORD = re.compile(r"[^\W\d]\w*")
_SMALL = 16_384


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """What is wrong with the source as such, and where (line and column from 1)."""

    rule: str
    message: str
    line: int = 1
    column: int | None = None


def parse(content: bytes, limits: CodeLimits) -> ast.Module | SourceProblem:
    """The module's tree, or the first reason why there is none.

    Args:
        content: the file, byte for byte as it would run.
        limits: bounds on size, tokens and nesting.
    """
    problem = _bytes(content, limits) or _text(content) or _shape(content, limits)
    if problem is not None:
        return problem
    try:
        return ast.parse(content)
    except SyntaxError as error:
        return _syntax(error)
    except (RecursionError, MemoryError):
        return SourceProblem("source-nesting", "the code is nested too deeply to be parsed")
    except ValueError as error:
        return SourceProblem("source-syntax", f"the parser refuses the file: {error}")


def _syntax(error: SyntaxError) -> SourceProblem:
    line, column = error.lineno or 1, error.offset or None
    return SourceProblem("source-syntax", f"not valid Python: {error.msg}", max(line, 1), column)


def _bytes(content: bytes, limits: CodeLimits) -> SourceProblem | None:
    if len(content) > limits.file_bytes:
        size = f"{len(content)} bytes; at most {limits.file_bytes} are judged"
        return SourceProblem("source-size", f"the file has {size}")
    if found := _CONTROL.search(content):
        what = f"control character 0x{content[found.start()]:02x}"
        return _at(content, found.start(), "source-control", what)
    for number, line in enumerate(content.removeprefix(BOM).split(b"\n", 2)[:2], 1):
        cookie = _COOKIE.match(line)
        if cookie and cookie[1].lower() not in _UTF8:
            name = cookie[1].decode("ascii", "replace")
            return SourceProblem(
                "source-encoding", f"the file claims the encoding {name!r}", number
            )
    return None


def _text(content: bytes) -> SourceProblem | None:
    if content.isascii():
        return None
    try:
        text = content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"not UTF-8: byte 0x{content[min(error.start, len(content) - 1)]:02x}"
        return _at(content, error.start, "source-encoding", what)
    if found := _HIDDEN.search(text):
        what = f"invisible control U+{ord(found[0]):04X}"
        return _at(content, len(text[: found.start()].encode()), "source-control", what)
    return _lookalike(text)


def _lookalike(text: str) -> SourceProblem | None:
    code = _QUOTED.sub(lambda found: _BLANK.sub(" ", found[0]), text)
    for found in _WORD.finditer(code):
        word = found[0]
        if not word.isascii() and (plain := unicodedata.normalize("NFKC", word)).isascii():
            what = f"{word!r} is {plain!r} to Python"
            at = len(text[: found.start()].encode())
            return _at(text.encode(), at, "source-lookalike", what)
    return None


def _shape(content: bytes, limits: CodeLimits) -> SourceProblem | None:
    if len(content) > _SMALL and len(_TOKEN.findall(content)) > limits.tokens:
        return SourceProblem("source-size", f"the file has more than {limits.tokens} tokens")
    if sum(content.count(bytes([c])) for c in _OPENING) <= limits.brackets:
        return None
    depth = deepest = 0
    for byte in _QUOTED_BYTES.sub(b"", content):
        depth += (byte in _OPENING) - (byte in _CLOSING and depth > 0)
        deepest = max(deepest, depth)
    if deepest > limits.brackets:
        return SourceProblem("source-nesting", f"brackets are nested {deepest} deep")
    return None


def _at(content: bytes, offset: int, rule: str, message: str) -> SourceProblem:
    before = content[:offset]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return SourceProblem(rule, message, line, column)
