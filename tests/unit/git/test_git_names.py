"""What the one validator of names lets through, and what it never does."""

import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.safe_tools.names import (
    UnsafeName,
    name_problem,
    object_id,
    ref_name,
    ref_problem,
    safe_relative_path,
    shown,
    twin_key,
)

ANY_TEXT = st.text(max_size=40) | st.text("./-~^:@{}\\*[? \n\0abcGIT", max_size=12)


@pytest.mark.parametrize(
    "path",
    [
        "strategy.yaml",
        "tests/test_rsi.py",
        "a/b/c/d.txt",
        "données.csv",
        "日本/戦略.py",
        "with space.md",
        "dots.in.name",
        ".hidden",
        "_x",
        "a-b",
        "gitignore",
        ".gitignore",
    ],
)
def test_plain_path_is_accepted(path):
    assert safe_relative_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/",
        "./a",
        "a/./b",
        "-rf",
        "a/-x",
        "a\nb",
        "a\0b",
        "a\x7fb",
        "a\\b",
        "a\u202eb",
        "a\u200bb",
        ".git/config",
        ".GIT",
        "git~1",
        ".git ",
        ".git.",
        ".g\u200cit",
        "x/.Git/hooks",
        " a",
        "a ",
        "a.",
        "a\u2028b",
        unicodedata.normalize("NFD", "é"),
        "\udcff",
        "x" * 256,
        "/".join(["abcdefgh"] * 200),
        ".git::$INDEX_ALLOCATION",
    ],
)
def test_odd_path_is_refused(path):
    with pytest.raises(UnsafeName):
        safe_relative_path(path)


@given(ANY_TEXT)
def test_accepted_path_never_leaves_its_folder(text):
    try:
        path = safe_relative_path(text)
    except UnsafeName:
        return
    parts = path.split("/")
    assert path == text
    assert not path.startswith(("/", "-"))
    assert all(p not in ("", ".", "..") and p.lower() != ".git" for p in parts)
    assert path.isprintable()
    assert unicodedata.normalize("NFC", path) == path


@given(ANY_TEXT)
def test_accepted_ref_is_one_that_git_accepts(text):
    ref = f"refs/heads/{text}"
    if ref_problem(ref):
        return
    assert subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0


@given(st.lists(st.text("abz-._é", min_size=1, max_size=6), min_size=1, max_size=4))
def test_ref_that_git_accepts_is_accepted(parts):
    ref = "refs/heads/" + "/".join(parts)
    accepted = subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0
    assert (ref_problem(ref) == "") == accepted


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "--upload-pack=touch x",
        "refs/heads/a b",
        "refs/heads/a..b",
        "refs/heads/a@{1}",
        "refs/heads/x.lock",
        "refs/heads/",
        "refs//heads/x",
        "refs/heads/x\ny",
        "refs/x",
        "HEAD~1",
        "refs/heads/a:b",
        "refs/heads/\udcff",
        "refs/heads/" + "x" * 2000,
    ],
)
def test_text_that_is_no_full_ref_is_refused(ref):
    with pytest.raises(UnsafeName):
        ref_name(ref)


@pytest.mark.parametrize(
    "text", ["", "abc", "A" * 40, "0" * 39, "0" * 41, "0" * 40 + "\n", "-" * 40]
)
def test_text_that_is_no_full_id_is_refused(text):
    with pytest.raises(UnsafeName):
        object_id(text)


def test_full_id_is_accepted():
    assert object_id("0123456789abcdef" * 2 + "01234567") == "0123456789abcdef" * 2 + "01234567"


@given(st.text(max_size=300))
def test_hostile_text_is_shown_in_one_short_printable_line(text):
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= 10 * 125


@given(st.text(max_size=20))
def test_twins_share_a_key_whatever_case_or_form(name):
    key = twin_key(name)
    assert twin_key(unicodedata.normalize("NFD", name)) == key
    assert twin_key(key) == key


def test_names_that_differ_are_no_twins():
    assert twin_key("rsi") != twin_key("rsi2")


@given(st.text(min_size=1, max_size=300))
def test_name_judgement_never_raises(name):
    assert isinstance(name_problem(name), str)
