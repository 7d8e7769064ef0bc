"""An author's working folder is read by the same rules as a commit."""

import os
import tempfile
from pathlib import Path

import pytest

from components.errors import UserError
from components.safe_tools.disk import read_disk_folder
from components.safe_tools.tree import Caps

CAPS = Caps(files=5, file_bytes=100, total_bytes=250, depth=2)


def rules(folder):
    return sorted(f.rule for f in folder.findings)


def test_plain_files_are_read_and_leftovers_of_tools_ignored(tmp_path):
    for path in ("strategy.py", "tests/test_x.py", "__pycache__/x.pyc", ".git/config"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    folder = read_disk_folder(tmp_path, CAPS)
    assert folder.files == {"strategy.py": b"strategy.py", "tests/test_x.py": b"tests/test_x.py"}
    assert folder.findings == ()


def test_links_pipes_odd_names_and_twins_are_refused(tmp_path):
    (tmp_path / "secret").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "-x").write_text("x")
    (tmp_path / "RSI.py").write_text("x")
    (tmp_path / "rsi.py").write_text("x")
    audit = []
    folder = read_disk_folder(
        tmp_path, CAPS, "strategies/RSI", lambda e, d: audit.append(d["rule"])
    )
    assert list(folder.files) == ["RSI.py"]
    assert rules(folder) == ["tree-mode", "tree-name", "tree-symlink", "tree-symlink", "tree-twin"]
    assert sorted(audit) == rules(folder)


def test_caps_hold_on_disk_too(tmp_path):
    (tmp_path / "a/b/c/d").mkdir(parents=True)
    (tmp_path / "big").write_bytes(b"x" * 101)
    for i in range(4):
        (tmp_path / f"f{i}").write_bytes(b"x" * 90)
    assert rules(read_disk_folder(tmp_path, CAPS)) == ["tree-file", "tree-size"]
    assert "tree-depth" in rules(read_disk_folder(tmp_path, Caps(depth=2)))
    many = tmp_path / "many"
    many.mkdir()
    for i in range(30):
        (many / f"f{i}").write_bytes(b"")
    assert rules(read_disk_folder(many, CAPS)) == ["tree-files"]


def test_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        read_disk_folder(tmp_path / "nothing")


def test_a_file_that_an_editor_replaces_during_the_walk_stops_nothing(tmp_path, monkeypatch):
    from components.safe_tools import disk

    (tmp_path / "strategy.py").write_text("x")
    (tmp_path / "strategy.py~").write_text("x")
    read = disk.read_file_under

    def read_late(root, path, cap):
        (root / "strategy.py~").unlink(missing_ok=True)
        return read(root, path, cap)

    monkeypatch.setattr(disk, "read_file_under", read_late)
    folder = read_disk_folder(tmp_path, CAPS)
    assert folder.files == {"strategy.py": b"x"}
    assert folder.findings == ()


@pytest.fixture
def working_folder():
    """A folder that is read by somebody who is not root: root may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        os.seteuid(os.getuid())


def test_a_closed_file_or_folder_is_named_and_the_rest_is_read(working_folder):
    for name in ("open.py", "closed.py"):
        (working_folder / name).write_text("x")
    (working_folder / "closed.py").chmod(0)
    (working_folder / "folder").mkdir(mode=0)
    if os.getuid() == 0:
        os.seteuid(65534)
    folder = read_disk_folder(working_folder, CAPS)
    assert list(folder.files) == ["open.py"]
    assert sorted(f.file for f in folder.findings) == ["closed.py", "folder"]
    assert {f.hint for f in folder.findings} == {"make it readable"}
