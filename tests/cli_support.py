"""The command line as people use it: as a process, or in this one, where the rest is the same."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

from bot import cli
from bot.cli.common import Debug
from bot.config import logs

ROOT = Path(__file__).parents[1]


def in_process(*words: object, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Call the entry point of `algoops`: its streams as bytes, its exit code.

    A process of its own takes a second and more only to load; each family of commands is also
    run as a real one.
    """
    arguments = [str(word) for word in words]
    read, out, err = (
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", write_through=True)
        for data in (stdin, b"", b"")
    )
    with (
        mock.patch.multiple(sys, argv=["algoops", *arguments], stdin=read, stdout=out, stderr=err),
        mock.patch.dict(os.environ, COLUMNS="200"),
        contextlib.chdir(cwd),
    ):
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            Debug.on = False
    logs.set_up()  # the command's log went to its own stderr
    return subprocess.CompletedProcess(arguments, code, _bytes(out), _bytes(err))


def as_process(*words: object, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Start `algoops` as an operator does; the same answer as `in_process`."""
    program = str(Path(sys.executable).with_name("algoops"))
    return subprocess.run(
        [program, *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=250,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200"},
    )


def _bytes(stream: io.TextIOWrapper) -> bytes:
    return stream.buffer.getvalue()  # type: ignore[attr-defined]
