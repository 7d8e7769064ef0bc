"""The fixes that findings carry, folded away below them."""

from bot.report.escape import block, code
from bot.report.values import counted, weighed_findings
from components.schema.results.fixes import LONGEST
from components.schema.results.report import Report

ROOM = 12_000
"""Characters of diffs in one report."""


def fixes_of(report: Report) -> tuple[str, ...]:
    """Each different fix of a report's findings, the gravest finding's first."""
    return tuple(dict.fromkeys(f.fix for f in weighed_findings(report) if f.fix))


def fixes_fold(report: Report) -> str:
    """The diffs, as many as there is room for, and how to apply them; "" where there is none."""
    fixes = fixes_of(report)
    parts: list[str] = []
    room = ROOM
    for fix in fixes:
        room -= len(fix)
        if room >= 0:
            parts.append(block(fix, "diff", cap=LONGEST))
    if not parts:
        return ""
    left = f" {len(fixes) - len(parts)} more are not shown." if len(parts) < len(fixes) else ""
    folders = " ".join(s.path for s in report.strategies) or "FOLDER"
    command = code(f"algoops check --fix {folders}", 300)
    how = f"Apply one with `git apply`; {command} applies all that it finds itself.{left}"
    title = counted(len(fixes), "fix", "fixes")
    body = "\n\n".join([how, *parts])
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
