"""Files that come with a request, and paths that a client names, at Safe Tools' door."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.safe_tools.disk import read_disk_folder
from components.safe_tools.files import folder_under
from components.safe_tools.names import UnsafeName
from components.safe_tools.tree import Caps, given_folder

SMALL = Caps(files=5, file_bytes=10, total_bytes=30, depth=2)


def rules_of(given_files, caps=SMALL):
    folder = given_folder(given_files, "strategies/x", caps)
    return sorted(folder.files), sorted(f.rule for f in folder.findings)


@pytest.mark.parametrize(
    ("files", "kept", "rules"),
    [
        ({"a.py": b"1", "b/c.py": b"2"}, ["a.py", "b/c.py"], []),
        ({"../a": b""}, [], ["tree-name"]),
        ({"/etc/passwd": b""}, [], ["tree-name"]),
        ({"": b""}, [], ["tree-name"]),
        ({".git/config": b"", "x": b""}, ["x"], ["tree-name"]),
        ({"A": b"", "a": b""}, ["A"], ["tree-twin"]),
        ({"A/x": b"", "a/y": b""}, ["A/x"], ["tree-twin"]),
        ({"a": b"", "a/b": b""}, ["a/b"], ["tree-mode"]),
        ({"a/b/c/d": b""}, [], ["tree-depth"]),
        ({"/".join("x" * 900): b""}, [], ["tree-depth"]),
        ({"a": b"x" * 11}, [], ["tree-file-size"]),
        ({str(n): b"" for n in range(6)}, [], ["tree-files"]),
        ({str(n): b"x" * 10 for n in range(4)}, [], ["tree-size"]),
        ({"x\ud800": b""}, [], ["tree-name"]),
    ],
)
def test_only_plain_small_files_with_plain_names_are_taken(files, kept, rules):
    assert rules_of(files) == (kept, rules)


_NAMES = st.sampled_from(["a", "b", "A", "a.py", "x y", ".git", "con.", "é", "é"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)


@given(paths=st.sets(_PATHS, max_size=5))
def test_what_is_taken_from_a_request_is_what_is_taken_from_a_disk(paths, tmp_path_factory):
    """But for paths that no disk can hold."""
    plain = {p for p in paths if not any(other.startswith(f"{p}/") for other in paths)}
    root = tmp_path_factory.mktemp("disk")
    for path in plain:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    told, read = given_folder(dict.fromkeys(plain, b"x")), read_disk_folder(root)
    assert {os.fsencode(p) for p in read.files} - {b".git"} == {os.fsencode(p) for p in told.files}


def test_a_path_that_leaves_the_working_folder_or_passes_a_link_is_refused(tmp_path):
    (tmp_path / "in" / "side").mkdir(parents=True)
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "in" / "side")
    (tmp_path / "file").write_text("x")
    assert folder_under(tmp_path, "in/side") == tmp_path / "in" / "side"
    for refused in ("..", "/etc", "in/../..", "link", "link/ssl", "in/link", "file", "", "."):
        with pytest.raises(UnsafeName):
            folder_under(tmp_path, refused)
    with pytest.raises(FileNotFoundError):
        folder_under(tmp_path, "in/none")
