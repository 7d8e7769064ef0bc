import sys
from pathlib import Path

import pytest

from components.sandbox.image import elf, inventory
from tests.warm_support import contents


def test_interpreter_needs_a_loader_and_the_c_library():
    needs = elf.needs(Path(sys.executable).resolve())
    assert "ld-" in needs.loader
    assert "libc.so.6" in needs.libraries


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01 32 bits"])
def test_other_files_need_nothing(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert elf.needs(tmp_path / "x") == elf.Needs()


def test_inside_are_python_and_the_packages_and_nothing_of_bokeh_or_pip():
    targets = {p.target for p in contents().pieces}
    assert {"/opt/site/numpy", "/opt/site/pandas", "/opt/site/talib", "/opt/site/pytest"} <= targets
    assert inventory.EXECUTABLE in targets
    assert not [t for t in targets if "bokeh" in t or "/pip" in t or "docker" in t]


def test_every_piece_is_there():
    assert all(p.source.exists() for p in contents().pieces)


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_x.py",
        "core/tests/a.py",
        "x.pyc",
        "__pycache__/x.pyc",
        "site-packages/pip/a.py",
        "ensurepip/a.whl",
        "config-3.11/libpython.a",
        "lib-dynload/_testcapi.cpython-311.so",
        "talib/_ta_lib.c",
    ],
)
def test_ballast_stays_outside(path):
    assert not inventory.wanted(Path(path))


@pytest.mark.parametrize("path", ["util/_tester.py", "numpy/testing/__init__.py", "_ctypes.so"])
def test_what_is_imported_comes_in(path):
    assert inventory.wanted(Path(path))


def test_guest_environment_has_nothing_of_ours():
    assert not {"PATH", "PWD", "VIRTUAL_ENV"} & set(inventory.ENVIRONMENT)
