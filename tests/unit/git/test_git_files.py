"""Reading and writing under a folder that others may have prepared for us."""

import os
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import TransientError
from components.safe_tools.files import read_file_under, write_atomic
from components.safe_tools.names import UnsafeName


def test_written_file_is_read_back(tmp_path):
    write_atomic(tmp_path, "a/b/report.md", b"hello")
    assert read_file_under(tmp_path, "a/b/report.md", 100) == b"hello"
    assert [p.name for p in (tmp_path / "a/b").iterdir()] == ["report.md"]


def test_file_is_replaced_whole_while_others_read(tmp_path):
    contents = {b"a" * 100_000, b"b" * 100_000}
    write_atomic(tmp_path, "r.md", b"a" * 100_000)
    stop, torn = threading.Event(), []

    def read():
        while not stop.is_set():
            data = read_file_under(tmp_path, "r.md", 200_000)
            if data not in contents:
                torn.append(len(data))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        for content in sorted(contents):
            write_atomic(tmp_path, "r.md", content)
    stop.set()
    reader.join()
    assert torn == []


def test_two_writers_at_once_leave_one_whole_file(tmp_path):
    def write(letter):
        for _ in range(30):
            write_atomic(tmp_path, "deep/er/r.md", letter * 50_000)

    threads = [threading.Thread(target=write, args=(x,)) for x in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = read_file_under(tmp_path, "deep/er/r.md", 50_000)
    assert len(set(data)) == 1
    assert len(list((tmp_path / "deep/er").iterdir())) == 1


@pytest.mark.parametrize("path", ["../out.md", "/tmp/out.md", "a/../../out.md", "-o", "a\n", ""])
def test_path_that_leaves_the_folder_is_refused(tmp_path, path):
    root = tmp_path / "root"
    with pytest.raises(UnsafeName):
        write_atomic(root, path, b"x")
    with pytest.raises(UnsafeName):
        read_file_under(root, path, 10)
    assert not (tmp_path / "out.md").exists()


def test_symlink_in_place_of_a_folder_is_not_followed(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("s")
    (root / "link").symlink_to(outside)
    for act in (
        lambda: write_atomic(root, "link/x.md", b"x"),
        lambda: read_file_under(root, "link/secret", 10),
    ):
        with pytest.raises(UnsafeName):
            act()
    assert sorted(p.name for p in outside.iterdir()) == ["secret"]


def test_symlink_in_place_of_a_file_is_replaced_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("keep")
    root = tmp_path / "root"
    root.mkdir()
    (root / "r.md").symlink_to(victim)
    with pytest.raises(UnsafeName):
        read_file_under(root, "r.md", 10)
    write_atomic(root, "r.md", b"new")
    assert victim.read_text() == "keep"
    assert (root / "r.md").read_bytes() == b"new"


def test_fifo_socket_and_folder_do_not_hang_a_reader(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name in ("fifo", "folder", "socket"):
            with pytest.raises((UnsafeName, TransientError)):
                read_file_under(tmp_path, name, 10)


def test_file_above_the_cap_is_refused(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnsafeName, match="more than 1000 bytes"):
        read_file_under(tmp_path, "sparse", 1000)


def test_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file_under(tmp_path, "a/b", 10)


def test_write_that_fails_keeps_the_old_content(tmp_path):
    write_atomic(tmp_path, "r.md", b"old")
    (tmp_path / "d").mkdir()
    with pytest.raises(TransientError):
        write_atomic(tmp_path, "d", b"a folder is in the way")
    assert read_file_under(tmp_path, "r.md", 10) == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d", "r.md"]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_whatever_the_name_nothing_is_written_outside(tmp_path_factory, name):
    outer = tmp_path_factory.mktemp("outer")
    root = outer / "root"
    root.mkdir()
    try:
        write_atomic(root, name, b"x")
    except (UnsafeName, TransientError):
        assert list(root.iterdir()) == []
    else:
        assert read_file_under(root, name, 1) == b"x"
    assert [p.name for p in outer.iterdir()] == ["root"]
