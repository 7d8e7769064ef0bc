"""Between two jobs of a guest its folder is emptied, whatever the job before did to it."""

import os
from pathlib import Path

import pytest

from components.sandbox.guest.runtime.main import clean


def _file(folder):
    (folder / "kept").write_text("x")


def _link_to_outside(folder):
    (folder.parent / "outside").mkdir()
    (folder.parent / "outside" / "file").write_text("x")
    (folder / "link").symlink_to(folder.parent / "outside")


def _closed_folder(folder):
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "kept").write_text("x")
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)


def _nested_without_end(folder):
    before = Path.cwd()
    os.chdir(folder)
    for _ in range(3_000):
        os.mkdir("d")  # noqa: PTH102  # relative: the whole path would be too long
        os.chdir("d")
    os.chdir(before)


def _pipe_and_odd_name(folder):
    os.mkfifo(folder / "pipe")
    (folder / "\n-rf \udcff").mkdir()


@pytest.mark.parametrize(
    "leave", [_file, _link_to_outside, _closed_folder, _nested_without_end, _pipe_and_odd_name]
)
def test_what_a_job_left_is_removed(leave, tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    leave(folder)
    clean(folder)
    assert list(folder.iterdir()) == []
    assert leave is not _link_to_outside or (tmp_path / "outside" / "file").exists()
