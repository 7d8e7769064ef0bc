"""An author's exception as text for people: their files and lines only, never the harness's."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

from components.protocol.wire import Fault

if TYPE_CHECKING:
    from pathlib import Path

TEXT_CAP = 8_000
"""Characters of a traceback or message that are kept."""


def fault_of(error: BaseException, folder: Path) -> Fault:
    """The cleaned story of `error`, raised by code under `folder`.

    An exception whose own `__str__` misbehaves is named by its type alone.
    """
    try:
        return _described(error, str(folder))
    except BaseException:  # noqa: BLE001  # the author's __str__ or __repr__ may raise anything
        name = type(error).__name__
        return Fault(error=name, traceback=f"{name} (its text could not be read)\n")


def _described(error: BaseException, folder: str) -> Fault:
    story = traceback.TracebackException.from_exception(error, compact=True)
    file, line = _innermost(story, folder)
    _clean(story, folder)
    said = list(story.format_exception_only())[-1:]  # of a syntax error's lines the last
    return Fault(
        error=_short(" ".join("".join(said).split()) or type(error).__name__),
        traceback=_short("".join(story.format())),
        file=file,
        line=line,
    )


def _innermost(story: traceback.TracebackException, folder: str) -> tuple[str, int | None]:
    if story.exc_type is not None and issubclass(story.exc_type, SyntaxError):
        name = str(story.filename or "")
        if _inside(name, folder):
            return os.path.relpath(name, folder), _number(story.lineno)
    for frame in reversed(story.stack):
        if _inside(frame.filename, folder):
            return os.path.relpath(frame.filename, folder), frame.lineno
    return "", None


def _number(text: object) -> int | None:
    return int(str(text)) if str(text).isdigit() else None


def _clean(story: traceback.TracebackException, folder: str, depth: int = 0) -> None:
    kept = [
        traceback.FrameSummary(
            os.path.relpath(frame.filename, folder), frame.lineno, frame.name, line=frame.line
        )
        for frame in story.stack
        if _inside(frame.filename, folder)
    ]
    story.stack = traceback.StackSummary.from_list(kept)
    if getattr(story, "filename", None) and _inside(str(story.filename), folder):
        story.filename = os.path.relpath(str(story.filename), folder)
    for linked in (story.__cause__, story.__context__):
        if linked is not None and depth < 5:  # noqa: PLR2004  # deeper chains tell no more
            _clean(linked, folder, depth + 1)


def _inside(filename: str, folder: str) -> bool:
    return filename.startswith(folder + os.sep)


def plain(text: str) -> str:
    """Text that can be sent: lone surrogates are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _short(text: str) -> str:
    text = plain(text)
    if len(text) <= TEXT_CAP:
        return text
    return text[: TEXT_CAP // 2] + "\n...\n" + text[-TEXT_CAP // 2 :]
