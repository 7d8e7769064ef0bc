"""The verdicts that a proposal had before, folded away below the present one."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.report.escape import code, inline, link
from bot.report.values import VERDICT_ICON, counted
from components.schema.results.values import Verdict

MOST = 10
"""Rows: the newest."""


@dataclass(frozen=True)
class Earlier:
    """One finished run of a proposal: its end (ISO), its commit, what came of it, and its page."""

    ended: str
    head: str
    verdict: Verdict
    url: str = ""


def history_fold(earlier: Sequence[Earlier]) -> str:
    """A table of earlier verdicts, the newest first; "" where there is none."""
    if not earlier:
        return ""
    rows = ["| | Commit | Verdict | |", "|:-:|---|---|---|", *map(_row, earlier[:MOST])]
    title = counted(len(rows) - 2, "earlier verdict")
    body = "\n".join(rows)
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _row(one: Earlier) -> str:
    when = link(inline(one.ended[:16].replace("T", " ")), one.url)
    return f"| {VERDICT_ICON[one.verdict]} | {code(one.head[:12])} | {one.verdict.value} | {when} |"
