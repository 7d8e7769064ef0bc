"""What stands in a repository on one page for people: live, ready, held, failing, drifted."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.report.escape import code, inline, link
from bot.report.values import counted

BOARD_MARKER = "<!-- algoops:dashboard -->"
"""How the text begins: by this it is found again."""

MOST = 30
"""Rows of one list; the rest is counted."""

WORDS = 200
"""Characters of one reason or problem."""


@dataclass(frozen=True)
class Row:
    """One strategy in one list.

    Attributes:
        where: the proposal that it is in, such as pr/12; "" where it is on the base.
        words: what happened, or since when.
        commands: what answers it, each with what it does.
    """

    name: str
    version: str
    where: str = ""
    words: str = ""
    commands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Board:
    """All lists; `base` is the branch, `commit` its tip as the bot has seen it."""

    base: str
    commit: str
    drifted: Sequence[Row] = ()
    failing: Sequence[Row] = ()
    ready: Sequence[Row] = ()
    held: Sequence[Row] = ()
    live: Sequence[Row] = ()
    url: str = ""


def board_text(board: Board) -> str:
    """Markdown; equal boards have equal texts."""
    lists = (
        ("Drifted", board.drifted),
        ("Failing", board.failing),
        ("Ready", board.ready),
        ("Held", board.held),
        ("Live", board.live),
    )
    counts = ", ".join(f"{len(rows)} {title.lower()}" for title, rows in lists)
    where = f" {link('Pages', board.url)}." if board.url else ""
    parts = [f"{BOARD_MARKER}\n{code(board.base)} at {code(board.commit[:12])}: {counts}.{where}"]
    parts += [f"### {title}\n{_listed(rows)}" for title, rows in lists if rows]
    return "\n\n".join([*parts, _FOOT]) + "\n"


_FOOT = (
    "<sub>A command works in a comment, on a line of its own, and without its slash on the bot's "
    "command line. The bot keeps this text up to date.</sub>"
)


def _listed(rows: Sequence[Row]) -> str:
    lines = [_line(row) for row in rows[:MOST]]
    more = len(rows) - MOST
    lines += [f"- and {counted(more, 'more', 'more')}"] if more > 0 else []
    return "\n".join(lines)


def _line(row: Row) -> str:
    name = " ".join(filter(None, (code(row.name), code(row.version))))
    where = f" in {_proposal(row.where)}" if row.where else ""
    words = f": {inline(row.words, WORDS)}" if row.words else ""
    answers = "".join(f". {code(command)} {what}" for command, what in row.commands)
    return f"- {name}{where}{words}{answers}"


def _proposal(proposal: str) -> str:
    number = proposal.removeprefix("pr/")
    return f"#{number}" if number.isdecimal() else code(proposal.removeprefix("branch/"))
