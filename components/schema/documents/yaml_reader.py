"""YAML 1.2 (core schema) to plain values from libyaml's events: bounded, nothing constructed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml import events
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # libyaml's parser; no stub

from components.schema.documents.bounds import (
    Bounds,
    Path,
    Reading,
    Span,
    TextProblem,
    Unreadable,
    duplicate_key,
    line_of,
    number_from,
    too_deep,
    too_many,
)

_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL_HEX = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def read_yaml(text: str, bounds: Bounds) -> Reading:
    """Read one YAML document; problems are returned, never raised."""
    composer = _Composer(bounds)
    parser = CParser(text)
    try:
        composer.compose(parser)
    except Unreadable as stop:
        composer.reading.problems.append(stop.problem)
    except yaml.YAMLError as error:
        composer.reading.problems.append(_syntax(error, text))
    finally:
        parser.dispose()
    return composer.reading


def resolve(text: str) -> Any:
    """What a plain word means by the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return number_from(text)
    if _OCTAL_HEX.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return float(text) if _FLOAT.fullmatch(text) else text


@dataclass
class _Frame:
    """A container under construction. A mapping's `key` is None while one is awaited."""

    container: dict[str, Any] | list[Any]
    path: Path
    anchor: str | None
    start: Any
    key_span: Span | None
    before: int
    key: str | None = None
    key_event: Any = None
    duplicate: bool = False


class _Composer:
    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self.reading = bounds, Reading()
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0
        self.documents = 0

    def compose(self, parser: CParser) -> None:
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind is events.ScalarEvent:
                self.scalar(event)
            elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
                self.open(event, {} if kind is events.MappingStartEvent else [])
            elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                self.close(event)
            elif kind is events.AliasEvent:
                self.alias(event)
            elif kind is events.DocumentStartEvent:
                self.document(event)
            elif kind is events.StreamEndEvent:
                return

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _unreadable(
                "several-documents", "a second document (`---`) starts here", "keep one", event
            )

    def scalar(self, event: Any) -> None:
        text: str = event.value
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and type(frame.container) is dict:
            self.take_key(frame, text, event)
            return
        tag = event.tag
        if tag is None:
            value = resolve(text) if event.style is None or event.style == "" else text
        else:
            value = text
            self.check_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self.put(value, event, 1)

    def take_key(self, frame: _Frame, key: str, event: Any) -> None:
        frame.key, frame.key_event = key, event
        if event.anchor is not None:
            self.anchors[event.anchor] = (key, 1)
        frame.duplicate = key in frame.container
        if frame.duplicate:
            first = self.reading.spans.get((*frame.path, key))
            place = first[0] if first else None
            self.reading.problems.append(duplicate_key(key, place, _span(event)))

    def check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self.reading.problems.append(
                TextProblem(
                    "tag",
                    f"tag `{event.tag[:60]}` is not allowed",
                    "write plain values; quote what must be text",
                    _span(event),
                )
            )

    def open(self, event: Any, container: dict[str, Any] | list[Any]) -> None:
        if len(self.stack) >= self.bounds.depth:
            raise too_deep(self.bounds, _span(event))
        if event.tag is not None:
            self.check_tag(event)
        path, key_span = self.slot()
        self.attach(container, event)
        self.grow(1, event)
        self.stack.append(
            _Frame(container, path, event.anchor, event.start_mark, key_span, self.count)
        )

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.container, self.count - frame.before + 1)
        span = _between(frame.start, event.end_mark)
        self.reading.spans.setdefault(frame.path, (frame.key_span or span, span))

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _unreadable(
                "alias",
                f"alias `*{event.anchor[:60]}` names no finished anchor",
                "define `&name` before it is used, and not around itself",
                event,
            )
        value, weight = self.anchors[event.anchor]
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and type(frame.container) is dict:
            if not isinstance(value, str):
                raise _unreadable("key-not-text", "a key must be text", "write it out", event)
            self.take_key(frame, value, event)
            return
        self.put(value, event, weight)

    def put(self, value: Any, event: Any, weight: int) -> None:
        path, key_span = self.slot()
        span = _span(event)
        self.reading.spans.setdefault(path, (key_span or span, span))
        self.attach(value, event)
        self.grow(weight, event)

    def grow(self, weight: int, event: Any) -> None:
        self.count += weight
        if self.count > self.bounds.values:
            raise too_many(self.bounds, _span(event))

    def slot(self) -> tuple[Path, Span | None]:
        """Path of the value that comes now, and its key's span where it has a key."""
        if not self.stack:
            return (), None
        frame = self.stack[-1]
        if type(frame.container) is list:
            return (*frame.path, len(frame.container)), None
        key_span = _span(frame.key_event) if frame.key_event is not None else None
        return (*frame.path, frame.key if frame.key is not None else ""), key_span

    def attach(self, value: Any, event: Any) -> None:
        if not self.stack:
            self.reading.value = value
            return
        frame = self.stack[-1]
        if type(frame.container) is list:
            frame.container.append(value)
            return
        if frame.key is None:
            raise _unreadable("key-not-text", "a key must be text", "write a plain word", event)
        if not frame.duplicate:
            frame.container[frame.key] = value  # type: ignore[call-overload]
        frame.key = None


def _between(start: Any, end: Any) -> Span:
    return (start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _span(event: Any) -> Span:
    return _between(event.start_mark, event.end_mark)


def _unreadable(rule: str, message: str, hint: str, event: Any) -> Unreadable:
    return Unreadable(TextProblem(rule, message, hint, _span(event)))


def _syntax(error: yaml.YAMLError, text: str) -> TextProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    said = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    span = (line, column, line, column + 1)
    if mark is not None and line_of(text, line)[column - 1 : column] == "\t":
        return TextProblem("tab", "a tab can't indent YAML", "use spaces", span)
    message = f"not valid YAML: {said}" + (f" {context}" if context else "")
    return TextProblem("yaml-syntax", message, _SYNTAX_HINTS.get(said, ""), span)


_SYNTAX_HINTS = {
    "mapping values are not allowed in this context": "quote a text that holds `: `",
    "found character that cannot start any token": "quote a text that starts with @, ` or %",
    "could not find expected ':'": "each line is `key: value`; check the indentation",
    "did not find expected key": "check the indentation of this line and the ones above",
}
