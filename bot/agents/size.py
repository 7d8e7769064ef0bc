"""PURE: how long an answer may be, and how a long one is told in pages.

A token is counted as three bytes of UTF-8. English and code take about four bytes a token in the
usual tokenizers, so the count is above theirs; text that is all digits or symbols can go beyond it.
"""

from collections.abc import Sequence
from typing import Any

MAX_TOKENS = 2_000
BYTES_A_TOKEN = 3
ROOM = MAX_TOKENS * BYTES_A_TOKEN
"""Bytes of one answer."""

HEAD_ROOM = ROOM // 2
_LAST_LINE = 120
_WORD = 100


def tokens(text: str) -> int:
    """The tokens of a text by our count, rounded up."""
    return -(-_size(text) // BYTES_A_TOKEN)


def fitted(text: str, room: int = ROOM) -> str:
    """A text of at most so many bytes: whole lines, and a last one that says what is left out."""
    if _size(text) <= room:
        return text
    kept: list[str] = []
    left = room - _LAST_LINE
    lines = text.split("\n")
    for line in lines:
        if (size := _size(line) + 1) > left:
            break
        kept.append(line)
        left -= size
    if not kept:
        kept = [_start(lines[0], left)]
    more = len(lines) - len(kept)
    what = f"{more} more lines are" if more else "the rest of the line is"
    return "\n".join([*kept, f"... {what} left out here"])


def bounded(document: Any, room: int = ROOM) -> Any:
    """A JSON document whose texts have together at most so many bytes: what is beyond is cut.

    Names and words of at most `_WORD` bytes are not counted: they are its form.
    """
    left = room

    def cut(value: Any) -> Any:
        nonlocal left
        if isinstance(value, str) and _size(value) > _WORD:
            kept = fitted(value, max(left, _WORD))
            left -= _size(kept)
            return kept
        if isinstance(value, dict):
            return {key: cut(one) for key, one in value.items()}
        if isinstance(value, list):
            return [cut(one) for one in value if left > 0]
        return value

    return cut(document)


def page_of(items: Sequence[str], page: int, ask: str, head: str = "", *, again: str = "") -> str:
    """One page of items.

    Args:
        items: each is cut where it alone would not fit.
        page: from 1.
        ask: the call that gives another page, with `{page}` for its number.
        head: above the items of the first page; cut where it takes more than half of the room.
        again: above those of the others.
    """
    first, other = fitted(head, HEAD_ROOM), fitted(again, HEAD_ROOM)
    pages = _pages(items, ROOM - _LAST_LINE - _size(first), ROOM - _LAST_LINE - _size(other))
    if not 1 <= page <= len(pages):
        return f"There is no page {page}: the last one is {len(pages)}."
    top = first if page == 1 else other
    lines = [*([top] if top else []), *pages[page - 1]]
    left = sum(map(len, pages[page:]))
    if left:
        lines.append(f"{left} more: ask {ask.format(page=page + 1)}")
    return "\n".join(lines)


def _pages(items: Sequence[str], first: int, other: int) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    left = first
    for item in items:
        text = _start(item, min(first, other) - 1)
        size = _size(text) + 1
        if size > left and pages[-1]:
            pages.append([])
            left = other
        pages[-1].append(text)
        left -= size
    return pages


def _start(text: str, room: int) -> str:
    """The start of a text, at most so many bytes."""
    if _size(text) <= room:
        return text
    return text.encode(errors="replace")[: max(room - 3, 0)].decode(errors="ignore") + "..."


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
