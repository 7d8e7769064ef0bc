"""Comment text -> Command | None, and who may do what. Pure.

A command stands on a line of its own, where a reader sees it: not in a quote, a code block or an
HTML comment. Whatever starts like a command and is not one is answered with help, never guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from bot.events import (
    Cancel,
    Check,
    Command,
    Deploy,
    Help,
    Hold,
    Rollback,
    Status,
    Unhold,
)
from components.ports import Permission

PREFIX = "/algoops"
REASON_CAP = 500
_SHA = re.compile(r"[0-9a-f]{7,40}(?:[0-9a-f]{24})?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_VERSION = re.compile(r"v?(\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,50})?)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HTML = re.compile(
    r"<!--.*?(?:-->|\Z)|<(pre|code|script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_COMMAND = re.compile(rf" {{0,3}}{PREFIX}(?:[ \t]+(.*))?")
_QUOTE = re.compile(r" {0,3}>")


def parse(text: str) -> Command | None:
    """The command of a comment.

    Returns:
        None when the comment holds no command; `Help` with a `problem` when it holds something
        that only looks like one, or more than one.
    """
    lines = list(_command_lines(text))
    if not lines:
        return None
    if len(lines) > 1:
        return Help(f"one command a comment, found {len(lines)}")
    return _command(lines[0])


def may(command: Command, permission: Permission) -> bool:
    """Whether somebody with `permission` on the repository may give `command`."""
    match command:
        case Check() | Cancel() | Deploy() | Rollback() | Hold() | Unhold() | Status() | Help():
            return permission in {Permission.WRITE, Permission.ADMIN}
    assert_never(command)


def _command_lines(text: str) -> Iterator[str]:
    """What follows the prefix on each line that is a command.

    Code blocks and quotes go first, then what HTML hides: any other order lets one of them eat a
    visible command, and none shows a hidden one.
    """
    plain = "\n".join(_paragraph_lines(text.replace("\r\n", "\n").replace("\r", "\n")))
    for line in _HTML.sub("", plain).split("\n"):
        if found := _COMMAND.fullmatch(line):
            yield (found[1] or "").strip()


def _paragraph_lines(text: str) -> Iterator[str]:
    fence = ""
    quoted = False
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        if fence:
            fence = "" if _closes(mark, fence) else fence
        elif mark and not (mark[1].startswith("`") and "`" in mark[2]):
            fence, quoted = mark[1], False
        else:
            # A line right below a quote still belongs to it, as it is rendered.
            quoted = bool(_QUOTE.match(line)) or (quoted and bool(line.strip()))
            if not quoted:
                yield line


def _closes(match: re.Match[str] | None, fence: str) -> bool:
    return match is not None and match[1].startswith(fence) and not match[2].strip()


def _command(line: str) -> Command:
    verb, *words = line.split() or ["help"]
    reader = _READERS.get(verb.lower())
    return reader(words) if reader else Help(f"there is no command {verb[:40]}")


def _alone(command: Command) -> Callable[[list[str]], Command]:
    name = type(command).__name__.lower()
    return lambda words: Help(f"{name} takes nothing after it") if words else command


def _deploy(words: list[str]) -> Command:
    if not words:
        return Deploy()
    if len(words) > 1 or not _SHA.fullmatch(words[0]):
        return Help("deploy takes one commit id of 7 to 40 lower-case hex digits, or nothing")
    return Deploy(words[0])


def _rollback(words: list[str]) -> Command:
    if not words or not _NAME.fullmatch(words[0]):
        return Help("rollback takes a strategy's name, a version (or none), and the reason")
    version = _version(words[1]) if len(words) > 1 else ""
    reason = _reason(words[2:] if version else words[1:])
    if not reason:
        return Help("rollback takes a reason after the name: it goes into the history")
    return Rollback(words[0], version, reason)


def _hold(words: list[str]) -> Command:
    found = _named_version(words)
    if found is None or not found[2]:
        return Help("hold takes a strategy's name, a version such as 1.2.0, and the reason")
    return Hold(*found)


def _unhold(words: list[str]) -> Command:
    found = _named_version(words)
    if found is None:
        return Help("unhold takes a strategy's name and a version such as 1.2.0")
    return Unhold(*found)


def _named_version(words: list[str]) -> tuple[str, str, str] | None:
    if len(words) < 2 or not _NAME.fullmatch(words[0]):  # noqa: PLR2004  # a name and a version
        return None
    version = _version(words[1])
    return (words[0], version, _reason(words[2:])) if version else None


def _version(word: str) -> str:
    match = _VERSION.fullmatch(word)
    return match[1] if match else ""


def _reason(words: list[str]) -> str:
    return " ".join(words)[:REASON_CAP]


_READERS: Mapping[str, Callable[[list[str]], Command]] = {
    "check": _alone(Check()),
    "deploy": _deploy,
    "rollback": _rollback,
    "hold": _hold,
    "unhold": _unhold,
    "cancel": _alone(Cancel()),
    "status": _alone(Status()),
    "help": lambda _: Help(),
}
