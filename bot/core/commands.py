"""Comment text -> Command | None, and who may do what. Pure.

A command stands on a line of its own in a paragraph that every reader sees;
`bot.core.comment_lines` tells which those are. Whatever starts like a command and is not one is
answered with help, never guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from bot.core.comment_lines import visible_lines
from bot.core.events import (
    Adopt,
    Approve,
    Cancel,
    Check,
    Command,
    Delegate,
    Deploy,
    Freeze,
    Help,
    Hold,
    Promote,
    Restore,
    Rollback,
    Status,
    Unfreeze,
    Unhold,
)
from components.ports import Permission

PREFIX = "/algoops"
REASON_CAP = 500
LONGEST = 10_000
"""Characters of a comment that commands are looked for in: anybody may write long ones, and some
take a parser of Markdown seconds."""

_SHA = re.compile(r"[0-9a-f]{7,40}(?:[0-9a-f]{24})?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_VERSION = re.compile(r"v?(\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,50})?)")
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,30}")
_USER = re.compile(r"@?([A-Za-z0-9][A-Za-z0-9-]{0,38})", re.ASCII)
_SPAN = re.compile(r"[0-9]{1,5}[mhd]", re.ASCII)
_COMMAND = re.compile(rf"{PREFIX}(?:[ \t]+(.*))?")


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
        case Check() | Cancel() | Deploy() | Rollback() | Promote() | Hold() | Unhold():
            return permission in {Permission.WRITE, Permission.ADMIN}
        case Adopt() | Restore() | Status() | Help() | Delegate():
            return permission in {Permission.WRITE, Permission.ADMIN}
        case Freeze() | Unfreeze():
            return permission is Permission.ADMIN
        case Approve():
            return False  # where there are comments there are reviews
    assert_never(command)


def _command_lines(text: str) -> Iterator[str]:
    """What follows the prefix on each line that is a command."""
    if PREFIX not in text or len(text) > LONGEST:
        return
    for line in visible_lines(text):
        if found := _COMMAND.fullmatch(line):
            yield (found[1] or "").strip()


def _command(line: str) -> Command:
    verb, *words = line.split() or ["help"]
    reader = _READERS.get(verb.lower())
    return reader(words) if reader else Help(f"there is no command {verb[:40]}")


def _alone(command: Command) -> Callable[[list[str]], Command]:
    name = type(command).__name__.lower()
    return lambda words: Help(f"{name} takes nothing after it") if words else command


def _deploy(words: list[str]) -> Command:
    ready = [word.lower() for word in words[-2:]] == ["when", "ready"]
    rest = words[:-2] if ready else words
    if len(rest) > 1 or not all(map(_SHA.fullmatch, rest)):
        return Help(
            "deploy takes one commit id of 7 to 40 lower-case hex digits, or nothing; then perhaps"
            " `when ready`"
        )
    return Deploy("".join(rest), when_ready=ready)


def _delegate(words: list[str]) -> Command:
    found = _USER.fullmatch(words[0]) if len(words) == 1 else None
    return Delegate(found[1]) if found else Help("delegate takes one account, such as @ann")


def _rollback(words: list[str]) -> Command:
    if not words or not _NAME.fullmatch(words[0]):
        return Help("rollback takes a strategy's name, a version (or none), and the reason")
    version, rest = _version_first(words[1:])
    stage, rest = _option(rest, "--stage")
    if stage is None or any(word.startswith("--stage") for word in rest):
        return Help("rollback takes `--stage STAGE` before the reason")
    reason = _reason(rest)
    if not reason:
        return Help("rollback takes a reason after the name: it goes into the history")
    return Rollback(words[0], version, reason, stage=stage)


def _adopt(words: list[str]) -> Command:
    if len(words) == 1 and _NAME.fullmatch(words[0]):
        return Adopt(words[0])
    return Help("adopt takes a strategy's name and nothing else")


def _restore(words: list[str]) -> Command:
    if words and _NAME.fullmatch(words[0]):
        return Restore(words[0], _reason(words[1:]))
    return Help("restore takes a strategy's name, and the reason (or none)")


def _promote(words: list[str]) -> Command:
    if words and _NAME.fullmatch(words[0]):
        version, rest = _version_first(words[1:])
        to, rest = _option(rest, "--to")
        if to is not None and not rest:
            return Promote(words[0], version, to)
    return Help("promote takes a strategy's name, a version (or none), and `--to STAGE` (or not)")


def _version_first(words: list[str]) -> tuple[str, list[str]]:
    """A version at the beginning, "" where there is none, and the rest."""
    version = _version(words[0]) if words else ""
    return version, words[1:] if version else words


def _option(words: list[str], option: str) -> tuple[str | None, list[str]]:
    """An option's value at the beginning and the rest; "" where it is not there, None: no value."""
    if not words or words[0] != option:
        return "", words
    return (words[1] if len(words) > 1 and _STAGE.fullmatch(words[1]) else None), words[2:]


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


def _freeze(words: list[str]) -> Command:
    lasts = words[0] if words and _SPAN.fullmatch(words[0]) else ""
    reason = _reason(words[1:] if lasts else words)
    if not reason:
        return Help("freeze takes how long (90m, 4h, 2d; or nothing) and the reason")
    return Freeze(lasts, reason)


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
    "delegate": _delegate,
    "rollback": _rollback,
    "adopt": _adopt,
    "restore": _restore,
    "promote": _promote,
    "hold": _hold,
    "unhold": _unhold,
    "freeze": _freeze,
    "unfreeze": lambda words: Unfreeze(_reason(words)),
    "cancel": _alone(Cancel()),
    "status": _alone(Status()),
    "help": lambda _: Help(),
}
