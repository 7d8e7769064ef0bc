"""Strict JSON with positions, duplicate keys refused, in bounded depth and count."""

from __future__ import annotations

import bisect
import re
from json import JSONDecodeError, decoder
from typing import Any

from components.schema.documents.bounds import (
    Bounds,
    Path,
    Reading,
    Span,
    TextProblem,
    Unreadable,
    duplicate_key,
    number_from,
    too_deep,
    too_many,
)

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*|.", re.DOTALL)
# The standard library's own string scanner, absent from its type stubs.
_scan_string = decoder.scanstring  # type: ignore[attr-defined]
_CONSTANTS = {"true": True, "false": False, "null": None}


def read_json(text: str, bounds: Bounds) -> Reading:
    """Read one JSON text; problems are returned, never raised."""
    reader = _Reader(text, bounds)
    try:
        reader.reading.value = reader.whole()
    except Unreadable as stop:
        reader.reading.problems.append(stop.problem)
    return reader.reading


class _Reader:
    def __init__(self, text: str, bounds: Bounds) -> None:
        self.text, self.bounds, self.reading = text, bounds, Reading()
        self.at = 0
        self.count = 0
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def whole(self) -> Any:
        self.skip()
        value = self.value((), None)
        self.skip()
        if self.at < len(self.text):
            raise self.error(f"found {self.word()!r} after the end of the JSON value")
        return value

    def value(self, path: Path, key: Span | None) -> Any:
        start = self.at
        self.count += 1
        if self.count > self.bounds.values:
            raise too_many(self.bounds, self.span(start))
        value = self.inner(path, self.text[start : start + 1])
        span = self.span(start, self.at)
        self.reading.spans.setdefault(path, (key or span, span))
        return value

    def inner(self, path: Path, first: str) -> Any:
        if first == '"':
            return self.string()
        if first in ("{", "["):
            if len(path) >= self.bounds.depth:
                raise too_deep(self.bounds, self.span(self.at))
            self.at += 1
            return self.mapping(path) if first == "{" else self.sequence(path)
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            plain = number.group(1) is None and number.group(2) is None
            return number_from(number.group()) if plain else float(number.group())
        return self.constant()

    def constant(self) -> Any:
        word = self.word()
        if word not in _CONSTANTS:
            found = f"found {word!r}" if word else "the text ends"
            raise self.error(f"{found} where a JSON value should be")
        self.at += len(word)
        return _CONSTANTS[word]

    def mapping(self, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        places: dict[str, Span] = {}
        while not self.closes("}", first=not places):
            start = self.at
            if self.text[start : start + 1] != '"':
                raise self.error(f"found {self.word()!r} where a key in double quotes should be")
            key = self.string()
            span = self.span(start, self.at)
            self.skip()
            self.expect(":")
            value = self.value((*path, key), span)
            if key in places:
                self.reading.problems.append(duplicate_key(key, places[key], span))
            else:
                places[key] = span
                result[key] = value
        return result

    def sequence(self, path: Path) -> list[Any]:
        result: list[Any] = []
        while not self.closes("]", first=not result):
            result.append(self.value((*path, len(result)), None))
        return result

    def closes(self, bracket: str, *, first: bool) -> bool:
        """Whether the container ends here; else stands at the next element."""
        self.skip()
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        if not first:
            self.expect(",")
        return False

    def expect(self, mark: str) -> None:
        if not self.text.startswith(mark, self.at):
            found = f"found {self.word()!r}" if self.at < len(self.text) else "the text ends"
            raise self.error(f"{found} where {mark!r} should be")
        self.at += 1
        self.skip()

    def string(self) -> str:
        value: str
        try:
            value, self.at = _scan_string(self.text, self.at + 1)
        except JSONDecodeError as error:
            self.at = min(error.pos, len(self.text))
            raise self.error(error.msg.lower().removesuffix(" at")) from None
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise self.error("the text holds half of a surrogate pair")
        return value

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def word(self) -> str:
        match = _WORD.match(self.text, self.at)
        return match.group()[:40] if match else ""

    def error(self, message: str) -> Unreadable:
        return Unreadable(
            TextProblem("json-syntax", f"not valid JSON: {message}", "", self.span(self.at))
        )

    def span(self, start: int, end: int | None = None) -> Span:
        return (*self.line_column(start), *self.line_column(start + 1 if end is None else end))

    def line_column(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
