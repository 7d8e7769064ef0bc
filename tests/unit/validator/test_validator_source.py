"""Bytes before text: what is refused before anything is parsed, and what may pass."""

import pytest

GOOD = "from backtesting import Strategy\n\n\nclass S(Strategy):\n    def init(self):\n        pass\n\n    def next(self):\n        pass\n"


def rules(checked):
    return {f.rule for f in checked.findings if f.severity == "error"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"x = 1\x00\n", "source-control"),
        (b"x = 1\rimport os\n", "source-control"),
        (b"x = 1\x0cimport os\n", "source-control"),
        (b"x = '\x1b[2J'\n", "source-control"),
        (b"x = 1 # \x1a\n", "source-control"),
        ("x = '\u202e'\n".encode(), "source-control"),
        ("x = 1  # \u2066 hidden\n".encode(), "source-control"),
        ("x = '\u2028'\n".encode(), "source-control"),
        ("x = 1\n\ufeffy = 2\n".encode(), "source-control"),
        (b"# -*- coding: utf-7 -*-\n", "source-encoding"),
        (b"# coding: latin-1\nx = 1\n", "source-encoding"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=rot13 :\n", "source-encoding"),
        (b"\xef\xbb\xbf# coding: cp1252\n", "source-encoding"),
        (b"# coding: raw_unicode_escape\n", "source-encoding"),
        (b"x = '\xff'\n", "source-encoding"),
        ("x = 1\n".encode("utf-16"), "source-control"),
        ("x = 'a'\n".encode("utf-32"), "source-control"),
        (b"x = 1" + b" " * 200_000, "source-size"),
        (b"x = [" + b"1," * 60_000 + b"]", "source-size"),
        (b"(" * 100 + b")" * 100, "source-nesting"),
        (b"x = " + b"[" * 70 + b"]" * 70, "source-nesting"),
        (b"x = " + b"-" * 9_000 + b"1", "source-nesting"),
        (b"x = a" + b".a" * 9_000, "source-nesting"),
        (b"x = a" + b"()" * 9_000, "source-nesting"),
        (b"x = 1" + b"+1" * 9_000, "source-nesting"),
        (b"x = " + b"lambda:" * 5_000 + b"1", "source-nesting"),
        (b"if a:b\n" + b"elif a:b\n" * 5_000, "source-nesting"),
        (b"def f(:\n", "source-syntax"),
        (b"x = " + b"9" * 5_000, "source-syntax"),
        (b"return 1 1", "source-syntax"),
        (b"print 'x'", "source-syntax"),
        ("\U0001d41e\U0001d42f\U0001d41a\U0001d425('1')\n".encode(), "source-lookalike"),
        ("import \uff4fs\n".encode(), "source-lookalike"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:30]),
)
def test_hostile_bytes_are_refused_by_name(check, content, rule):
    checked = check(content)
    assert rule in rules(checked)
    assert not checked.safe


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        b"# -*- coding: utf-8 -*-\n" + GOOD.encode(),
        b"# coding=UTF8\n" + GOOD.encode(),
        GOOD.encode() + "# R\u00b2, \u03c3\u00b2, \ufb01rst, \u00bd, m\u00b2\n".encode(),
        GOOD.encode() + '"""\U0001f469\u200d\U0001f4bb and \u00e4"""\n'.encode(),
        b"",
        b"\n\n# only a comment",
        GOOD.encode() + b'x = ":( :( :( :( :("\n' * 40,
    ],
    ids=lambda value: repr(value[:24]),
)
def test_plain_text_passes(check, content):
    assert check(content).safe


def test_finding_of_a_control_character_names_its_line_and_column(check):
    finding = check(b"x = 1\ny = 2 \x00\n").findings[0]
    assert (finding.line, finding.column) == (2, 7)


def test_column_counts_characters_not_bytes(check):
    finding = next(f for f in check("x = 'äöü'; import os\n").findings if f.severity == "error")
    assert finding.column == 19
    assert finding.source_line == "x = 'äöü'; import os"


def test_syntax_error_names_its_line(check):
    finding = next(f for f in check("x = 1\ny = (\n").findings if f.severity == "error")
    assert finding.line == 2
    assert "never closed" in finding.message


def test_groups_that_did_not_run_are_not_named_as_passed(check):
    assert check("def f(:").checks_passed == ()
    passed = check("import os\n" + GOOD).checks_passed
    assert "imports" not in passed
    assert "names" in passed


def test_a_flood_of_findings_is_cut(check, policy):
    checked = check("import os\n" * 5_000)
    assert 0 < len(checked.findings) <= 2 * policy.limits.findings + 1
    assert not checked.safe
