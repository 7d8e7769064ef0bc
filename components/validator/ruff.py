"""ruff on strategy code: lint as warnings, and formatting. Isolated from any configuration."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Any

from components.errors import TransientError
from components.schema.results.fixes import Edit, diff_of
from components.schema.results.values import CheckName, Finding, Severity
from components.validator.findings import LINE_LENGTH

TIMEOUT_S = 10.0
_RULES = "F,E4,E7,E9,B,NPY,PD002,PLE,W605"
_IGNORED = "E741,B018"
_KEPT = 50
_LARGEST = 262_144


def lint(files: Mapping[str, bytes], *, timeout_s: float = TIMEOUT_S) -> tuple[Finding, ...]:
    """Ruff's findings on each Python file, as warnings.

    Args:
        files: path inside the folder -> content; only `.py` files are looked at.
        timeout_s: seconds for each file.

    Returns:
        Warnings with the rule `lint`; the message begins with ruff's own code.

    Raises:
        TransientError: ruff isn't there.
    """
    found: list[Finding] = []
    for path, content in sorted(files.items()):
        if path.endswith(".py"):
            found += _lint(path, content, timeout_s)
    return tuple(found)


def format_source(source: bytes, *, timeout_s: float = TIMEOUT_S) -> str:
    """The source as `ruff format` writes it; as it is where ruff can't.

    Args:
        source: one Python file; bytes that aren't UTF-8 become U+FFFD.
        timeout_s: seconds.

    Raises:
        TransientError: ruff isn't there.
    """
    command = ["format", "--isolated", "--no-cache", "--line-length", "88", "--stdin-filename"]
    try:
        done = _ruff([*command, "strategy.py", "-"], source, timeout_s)
        text = done.stdout if done.returncode == 0 else source
    except _Unreadable:
        text = source
    return text.decode("utf-8", "replace")


def _lint(path: str, content: bytes, timeout_s: float) -> list[Finding]:
    if len(content) > _LARGEST:
        return [_unread(path, f"it has more than {_LARGEST} bytes")]
    command = ["check", "--isolated", "--no-cache", "--quiet", "--output-format", "json"]
    command += ["--select", _RULES, "--ignore", _IGNORED, "--ignore-noqa", "--exit-zero"]
    try:
        done = _ruff([*command, "--stdin-filename", "strategy.py", "-"], content, timeout_s)
        items = _items(done)
    except _Unreadable as error:
        return [_unread(path, str(error))]
    lines = content.decode("utf-8-sig", "replace").split("\n")  # ruff counts no mark either
    return [_finding(path, item, lines) for item in items[:_KEPT]]


class _Unreadable(Exception):
    """ruff gave up on this file: said as a warning, for the check itself does not depend on it."""


def _items(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _Unreadable(lines[-1].strip() if lines else f"exit code {done.returncode}")
    try:
        items = json.loads(done.stdout or b"[]")
    except ValueError as error:
        raise _Unreadable("its answer is not JSON") from error
    return [item for item in items if item.get("code") not in (None, "invalid-syntax")]


def _unread(path: str, reason: str) -> Finding:
    return Finding(
        check=CheckName.CODE,
        rule="lint",
        severity=Severity.WARNING,
        message=f"ruff could not read this file: {reason}"[:LINE_LENGTH],
        hint="The file was judged without it.",
        file=path,
        line=1,
    )


def _finding(path: str, item: dict[str, Any], lines: list[str]) -> Finding:
    place, end = item["location"], item["end_location"]
    line = int(place["row"])
    return Finding(
        check=CheckName.CODE,
        rule="lint",
        severity=Severity.WARNING,
        message=f"{item['code']}: {item['message']}",
        hint=str((item.get("fix") or {}).get("message") or ""),
        file=path,
        line=line,
        column=int(place["column"]),
        end_line=int(end["row"]),
        end_column=int(end["column"]),
        source_line=lines[line - 1][:LINE_LENGTH] if line <= len(lines) else "",
        fix=_fix(path, item.get("fix") or {}, lines),
    )


def _fix(path: str, fix: dict[str, Any], lines: list[str]) -> str:
    """What ruff calls safe to change, where it is at one place."""
    edits = fix.get("edits") or []
    if fix.get("applicability") != "safe" or len(edits) != 1:
        return ""
    start, end = edits[0]["location"], edits[0]["end_location"]
    first, last = ((int(p["row"]), int(p["column"])) for p in (start, end))
    return diff_of(lines, Edit(*first, *last, str(edits[0]["content"])), path)


def _ruff(
    arguments: list[str], content: bytes, timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.defpath, "HOME": "/nonexistent", "NO_COLOR": "1"}
    try:
        return subprocess.run(
            [_binary(), *arguments],
            input=content,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise _Unreadable(f"no answer within {timeout_s:g} s") from error
    except OSError as error:
        raise TransientError(f"cannot start ruff: {error.strerror}") from error


def _binary() -> str:
    beside = (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent)
    found = next((str(p / "ruff") for p in beside if (p / "ruff").is_file()), which("ruff"))
    if found is None:
        raise TransientError("ruff is not installed", hint="pip install ruff")
    return found
