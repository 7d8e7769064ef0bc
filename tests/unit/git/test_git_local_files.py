"""Branch names become file names: readable, safe, and never the same for two branches."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.forge.local_files import ReportFiles, file_stem
from components.ports import StatusState
from components.safe_tools.names import safe_relative_path

COMMIT = "1" * 40
PART = st.text("ab.-+%~=éA_", min_size=1, max_size=6)
BRANCH = st.lists(PART, min_size=1, max_size=4).map("/".join)


def paths(branch):
    stem = file_stem(branch)
    return {f"{stem}.md", f"{stem}.json", f"{stem}+replies.md"}


@given(BRANCH)
def test_report_path_of_any_branch_is_safe(branch):
    if any(p.startswith(".") for p in branch.split("/")):
        return
    for path in paths(branch):
        assert safe_relative_path(path) == path


@given(BRANCH, BRANCH)
def test_two_branches_never_share_a_report_file(one, other):
    if one == other or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/"):
        return
    ours, theirs = paths(one), paths(other)
    assert not ours & theirs
    assert not any(a.startswith(f"{b}/") or b.startswith(f"{a}/") for a in ours for b in theirs)


@pytest.mark.parametrize(
    ("branch", "stem"),
    [
        ("rsi", "rsi"),
        ("feature/rsi-2", "feature/rsi-2"),
        ("x.md/y", "x%2Emd/y"),
        ("-x", "%2Dx"),
        ("ärger", "%C3%A4rger"),
        ("+statuses/x", "%2Bstatuses/x"),
    ],
)
def test_branch_becomes_this_path(branch, stem):
    assert file_stem(branch) == stem


def test_endless_branch_name_becomes_a_short_path():
    assert file_stem("x" * 300).startswith("+long/")
    assert file_stem("x" * 300) != file_stem("x" * 301)


def test_statuses_of_a_commit_stand_side_by_side(tmp_path):
    files = ReportFiles(tmp_path)
    files.set_status(COMMIT, "algoops", StatusState.PENDING, "running", "")
    files.set_status(COMMIT, "algoops/schema", StatusState.SUCCESS, "passed", "http://x")
    files.set_status(COMMIT, "algoops", StatusState.FAILURE, "y" * 500, "")
    found = json.loads((tmp_path / f"+statuses/{COMMIT}.json").read_text())
    assert {k: v["state"] for k, v in found.items()} == {
        "algoops": "failure",
        "algoops/schema": "success",
    }
    assert len(found["algoops"]["description"]) == 140


def test_broken_status_file_is_started_anew(tmp_path):
    (tmp_path / "+statuses").mkdir()
    (tmp_path / f"+statuses/{COMMIT}.json").write_text("{half")
    ReportFiles(tmp_path).set_status(COMMIT, "algoops", StatusState.SUCCESS, "ok", "")
    assert "algoops" in json.loads((tmp_path / f"+statuses/{COMMIT}.json").read_text())


def test_files_of_gone_branches_go_and_those_of_open_ones_and_new_ones_stay(tmp_path):
    files = ReportFiles(tmp_path)
    for branch in ("gone/a", "open/a", "fresh"):
        files.write_replies(branch, "an answer")
    for commit in (COMMIT, "b" * 40):
        files.set_status(commit, "algoops", StatusState.SUCCESS, "ok", "")
    for file in tmp_path.rglob("*"):
        if file.is_file() and not file.name.startswith("fresh"):
            os.utime(file, (1_000, 1_000))
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert files.forget(["open/a"], [COMMIT], before=2_000) == 2
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {
        "+statuses",
        f"+statuses/{COMMIT}.json",
        "open",
        "open/a+replies.md",
        "fresh+replies.md",
        "link",
    }
    assert ReportFiles(tmp_path / "never-made").forget([], [], before=2_000) == 0
