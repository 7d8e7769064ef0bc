"""PURE: fixes of a definition's mechanical problems: a name that is nearly one that is known, ...

Each is tried on the text before it is offered: what comes out must be readable, so a key that is
renamed does not meet its twin, and nothing that an alias or an escape hides is changed by halves.
"""

import re
from collections.abc import Sequence

from components.schema.documents.explain import YES_NO, guessed
from components.schema.documents.reader import Document, read_document
from components.schema.results.fixes import Edit, applied, change_of, diff_of
from components.schema.results.values import Finding

MOST = 20
"""Fixes of one file: each costs a reading of it."""

LARGEST = 65_536
"""Characters of a file that fixes are made for."""

_WORD = re.compile(r"[$A-Za-z0-9_.+-]{1,100}")
_NUMBER = re.compile(r"[+-]?[0-9.][0-9.eE+-]{0,30}")
_QUOTES = ("'", '"')


def with_fixes(findings: Sequence[Finding], document: Document) -> tuple[Finding, ...]:
    """Findings of a definition, those that are mechanical with their fix."""
    if len(document.text) > LARGEST:
        return tuple(findings)
    left, done = MOST, []
    for finding in findings:
        word = _instead(finding, document)
        fix = fix_of(document, _span(finding), word) if word and left else ""
        left -= bool(word and left)
        done.append(finding.model_copy(update={"fix": fix}) if fix else finding)
    return tuple(done)


def version_fix(document: Document, version: str) -> str:
    """The diff that gives a definition another version; "" where it does not say one in a word."""
    span = document.spans.get(("version",))
    return fix_of(document, span[1], version) if span is not None else ""


def fix_of(document: Document, span: tuple[int, int, int, int], word: str) -> str:
    """The diff that puts `word` where a scalar stands, quoted as it was; "" where it cannot be."""
    piece = _piece(document, span)
    quote = piece[:1] if piece[:1] in _QUOTES and piece[:1] == piece[-1:] else ""
    edit = Edit(*span, f"{quote}{word}{quote}", piece)
    fix = diff_of(document.text.split("\n"), edit, document.file)
    change = change_of(fix)
    if change is None:
        return ""
    text, _ = applied(document.text, [change])
    return fix if read_document(text.encode(), document.file).readable else ""


def _instead(finding: Finding, document: Document) -> str:
    """What to write where a finding is, or ""."""
    if not (finding.line and finding.column and finding.line == finding.end_line):
        return ""
    piece = _piece(document, _span(finding))
    word = piece[1:-1] if piece[:1] in _QUOTES else piece
    if finding.rule == "folder-name":
        return finding.allowed if _WORD.fullmatch(finding.allowed) else ""
    if finding.rule == "wrong-type" and piece == word:
        if finding.allowed == "true or false":
            return YES_NO.get(word.lower(), "")
        return f'"{word}"' if finding.allowed == "text" and _NUMBER.fullmatch(word) else ""
    guess = guessed(finding.hint)
    return guess if _WORD.fullmatch(word) and word == finding.found.strip('"') else ""


def _span(finding: Finding) -> tuple[int, int, int, int]:
    return (finding.line or 1, finding.column or 1, finding.end_line or 1, finding.end_column or 1)


def _piece(document: Document, span: tuple[int, int, int, int]) -> str:
    line, column, end_line, end_column = span
    lines = document.text.split("\n", line)
    return lines[line - 1][column - 1 : end_column - 1] if end_line == line <= len(lines) else ""
