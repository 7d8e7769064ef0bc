"""Untrusted YAML 1.2 and JSON to plain values, in bounded time and memory, with positions.

What plain (unquoted) YAML words mean, by the core schema of YAML 1.2: `true` and `false` are
flags, `null`, `~` and nothing are null, `1`, `0x1f`, `1.5`, `1e3` and `.inf` are numbers;
everything else (`yes`, `no`, `on`, `2024-01-01`, `12:30`, `1_000`) is text. Keys are always text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.schema.catalogue import RULES
from components.schema.documents.bounds import Bounds, Path, Span, TextProblem, line_of
from components.schema.documents.json_reader import read_json
from components.schema.documents.yaml_reader import read_yaml
from components.schema.results.values import CheckName, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

# Control characters, surrogates, bidirectional overrides, and the line breaks that only some
# YAML readers see: a text with them doesn't read the same for a person, an editor and us.
_UNPRINTABLE = re.compile(
    "\r(?!\n)|[^\t\n\r\x20-\x7e\xa0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff"
    "\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
BOUNDS = Bounds()
_START = (1, 1, 1, 2)
_LONGEST_LINE, _LONGEST_PIECE = 200, 60
MOST_FINDINGS = 100
"""Findings of one file: more help nobody, and a hostile file could ask for thousands."""


@dataclass(frozen=True)
class Document:
    """A read file: plain values, what was wrong with it, and where each value stands.

    Attributes:
        value: dicts with text keys, lists, str, int, float, bool, None; None when unreadable.
        findings: problems of the text itself; with an error among them don't use `value`.
    """

    value: Any
    findings: tuple[Finding, ...]
    file: str
    text: str = ""
    check: CheckName = CheckName.SCHEMA
    spans: Mapping[Path, tuple[Span, Span]] = field(default_factory=dict, repr=False)

    @property
    def readable(self) -> bool:
        """Whether `value` may be used."""
        return not self.findings

    def span(self, path: Path, *, key: bool = False) -> Span | None:
        """Where a value (or, with `key`, its key) stands; its nearest ancestor's where unknown.

        Args:
            path: keys and indices from the top, such as `("parameters", "n", "min")`.
            key: the key's place instead of the value's.
        """
        for end in range(len(path), -1, -1):
            found = self.spans.get(path[:end])
            if found is not None:
                return found[0] if key or end < len(path) else found[1]
        return None

    def finding(
        self, path: Path, rule: str, message: str, *, key: bool = False, **more: Any
    ) -> Finding:
        """A finding at a value's place in this file."""
        span = self.span(path, key=key)
        return place(
            Finding(check=self.check, rule=rule, message=message, file=self.file, **more),
            span,
            self.text,
        )


def place(finding: Finding, span: Span | None, text: str) -> Finding:
    """The finding with its place in the text, and with words where it brought none.

    Args:
        finding: rule, message and what else is known.
        span: line, column (from 1) and their ends; None: no file, no place.
        text: the file's text, for the source line and for what was found there.
    """
    known = RULES.get(finding.rule)
    instead = known.instead if known else ""
    filled: dict[str, Any] = {
        "hint": finding.hint or instead,
        "allowed": finding.allowed or instead,
    }
    if span is not None:
        line, column, end_line, end_column = span
        source = line_of(text, line)
        piece = source[column - 1 : end_column - 1 if end_line == line else None]
        filled |= {
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "source_line": source[:_LONGEST_LINE],
            "found": finding.found or piece[:_LONGEST_PIECE],
        }
    return finding.model_copy(update=filled)


def read_document(
    data: bytes, file: str, *, check: CheckName = CheckName.SCHEMA, bounds: Bounds = BOUNDS
) -> Document:
    """Read an untrusted YAML or JSON file. Never raises.

    Args:
        data: the file's bytes.
        file: its name for findings; `.json` is read as JSON, `.yaml` and `.yml` as YAML; what has
            another name (standard input) is JSON when it starts with `{`.
        check: the check that findings belong to.
        bounds: caps on bytes, depth, values, and expanded aliases.

    Returns:
        The document; `findings` holds everything wrong with it.
    """

    def finding(p: TextProblem) -> Finding:
        found = Finding(check=check, rule=p.rule, message=p.message, hint=p.hint, file=file)
        return place(found, p.span, text)

    text, refused = _decoded(data, bounds)
    if refused is not None:
        return Document(None, (finding(refused),), file, text, check)
    reader = read_json if _is_json(text, file) else read_yaml
    reading = reader(text, bounds)
    findings = tuple(finding(p) for p in reading.problems[: MOST_FINDINGS + 1])
    findings = capped(findings, len(reading.problems))
    return Document(reading.value, findings, file, text, check, reading.spans)


def _decoded(data: bytes, bounds: Bounds) -> tuple[str, TextProblem | None]:
    """The text, or "" and what is wrong; of an unprintable character also the text."""
    if len(data) > bounds.size:
        message = f"the file has more than {bounds.size:,} bytes"
        hint = "a definition is a page of text: move data out of it"
        return "", TextProblem("too-large", message, hint, _START)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        span = _span_at(before, len(before))
        return "", TextProblem("not-utf8", message, "save it as UTF-8", span)
    if bad := _UNPRINTABLE.search(text):
        message = (
            f"character U+{ord(bad.group()):04X} is not allowed: "
            "control and direction characters make a text read differently for different readers"
        )
        hint = "remove it, or write it as an escape in double quotes"
        span = _span_at(text, bad.start())
        return text, TextProblem("unprintable-character", message, hint, span)
    return text, None


def capped(findings: tuple[Finding, ...], total: int) -> tuple[Finding, ...]:
    """At most `MOST_FINDINGS` of them, errors before the others, and a word about the rest.

    Args:
        findings: as many as were made.
        total: how many problems there are in all.
    """
    if total <= MOST_FINDINGS:
        return findings
    kept = sorted(findings, key=lambda f: f.severity is not Severity.ERROR)[:MOST_FINDINGS]
    first = kept[0]
    rest = Finding(
        check=first.check,
        rule="too-many-findings",
        severity=first.severity,
        message=f"{total - len(kept):,} more problems are not shown",
        hint="mend these first",
        file=first.file,
    )
    return (*kept, place(rest, _START if first.line else None, ""))


def document_of(
    value: object, *, check: CheckName = CheckName.SCHEMA, bounds: Bounds = BOUNDS
) -> Document:
    """A document from decoded values (an HTTP body), under the same bounds as a file."""
    problem = _out_of_bounds(value, bounds)
    if problem:
        rule, message = problem
        finding = place(Finding(check=check, rule=rule, message=message), None, "")
        return Document(None, (finding,), "", "", check)
    return Document(value, (), "", "", check)


def _out_of_bounds(value: object, bounds: Bounds) -> tuple[str, str] | None:
    """Rule and message of the first bound that is broken; iterative, as depth is untrusted."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    count = size = 0
    while waiting:
        item, depth = waiting.pop()
        count += 1
        if isinstance(item, dict | list | tuple) and depth >= bounds.depth:
            return "too-deep", f"nested deeper than {bounds.depth} levels"
        if isinstance(item, dict):
            waiting += [(str(key), depth + 1) for key in item]
            waiting += [(part, depth + 1) for part in item.values()]
            if not all(isinstance(key, str) for key in item):
                return "key-not-text", "a key must be text"
        elif isinstance(item, list | tuple):
            waiting += [(part, depth + 1) for part in item]
        elif isinstance(item, str):
            size += len(item)
            if bad := _UNPRINTABLE.search(item):
                return (
                    "unprintable-character",
                    f"character U+{ord(bad.group()):04X} is not allowed",
                )
        elif not isinstance(item, int | float | None):
            return "wrong-type", f"{type(item).__name__} is not a kind of value that JSON has"
        if count > 2 * bounds.values or size > bounds.size:
            return "too-large", f"more than {bounds.values:,} values or {bounds.size:,} characters"
    return None


def _is_json(text: str, file: str) -> bool:
    if file.endswith((".yaml", ".yml")):
        return False
    return file.endswith(".json") or text.lstrip().startswith("{")


def _span_at(text: str, offset: int) -> Span:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return (line, column, line, column + 1)
