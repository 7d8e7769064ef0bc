"""The part of a report that says what a deploy would land beside the checked strategies."""

from collections.abc import Iterator, Sequence

from bot.report.escape import code, inline
from bot.report.values import OUTCOME_ICON, counted
from components.schema.results.report import (
    Change,
    CheckResult,
    LandingPath,
    LandingStrategy,
    Report,
)
from components.schema.results.values import Finding, Severity

WORDS = 100
PATHS = 100
OPEN = 10
"""So many paths are seen at once; more are folded away."""
PATH_CAP = 300


def leaving(report: Report) -> tuple[LandingStrategy, ...]:
    """The strategies that a deploy would remove."""
    rows = report.lands.strategies if report.lands is not None else ()
    return tuple(row for row in rows if row.change is Change.DELETED)


def what_it_means(row: LandingStrategy) -> str:
    """What landing does to one strategy, in words; plain text."""
    version = f" {row.live}" if row.live else ""
    match row.change:
        case Change.DELETED:
            return f"removed: the base has{version or ' it'}, and a deploy takes it away"
        case Change.RENAMED:
            return (
                f"renamed from {row.was}: a deploy takes {row.was}{version} away,"
                f" and {row.name} starts anew"
            )
        case _:
            return row.change.value


def remark(report: Report, name: str) -> str:
    """What landing does to the strategy with this name, "" where the report does not say."""
    rows = report.lands.strategies if report.lands is not None else ()
    return next((what_it_means(row) for row in rows if row.name == name), "")


def sentence(rows: Sequence[LandingStrategy]) -> str:
    """What goes with a landing, for the one-sentence summary; "" where nothing does."""
    gone = [(row.was or row.name, row.live) for row in rows if row.was or not _stays(row)]
    if not gone:
        return ""
    names = ", ".join(f"{name} {version}".strip() for name, version in gone[:5])
    more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""  # noqa: PLR2004  # as above
    return f" A deploy removes {names}{more}."


def _stays(row: LandingStrategy) -> bool:
    return row.change is not Change.DELETED


def lands_parts(report: Report) -> tuple[str, ...]:
    """Markdown: the checks of the whole proposal with the policies, then all other files."""
    if report.lands is None:
        return ()
    checks = [_whole_check(check) for check in report.checks]
    policies = _paths("Changes policies", report.lands.policies)
    return (*checks, policies, _paths("Also changes", report.lands.also))


def _whole_check(check: CheckResult) -> str:
    head = f"### {OUTCOME_ICON[check.outcome]} `{check.name}`\n\n{inline(check.summary, cap=500)}"
    lines = [_word(finding) for finding in check.findings[:WORDS]]
    if len(check.findings) > WORDS:
        lines.append(f"- … and {len(check.findings) - WORDS} more")
    return "\n".join([head, "", *lines]) if lines else head


def _word(finding: Finding) -> str:
    bold = finding.severity is Severity.ERROR
    text = inline(finding.message, cap=400)
    return f"- {f'**{text}**' if bold else text} ({code(finding.file)})"


def _paths(title: str, paths: Sequence[LandingPath]) -> str:
    if not paths:
        return ""
    lines = [f"- {code(path.path, PATH_CAP)} {inline(_about(path))}" for path in paths[:PATHS]]
    if len(paths) > PATHS:
        lines.append(f"- … and {len(paths) - PATHS} more: the run's page and the JSON list all")
    body, count = "\n".join(lines), counted(len(paths), "file")
    if len(paths) <= OPEN:
        return f"**{title}** ({count}):\n\n{body}"
    return f"<details><summary>{title}: {count}</summary>\n\n{body}\n\n</details>"


def _about(path: LandingPath) -> str:
    return f"{path.change}, {path.note}" if path.note else path.change.value


def plain_lines(report: Report) -> Iterator[str]:
    """The same for a terminal, in full; not yet cleaned of control characters."""
    if report.lands is None:
        return
    for row in report.lands.strategies:
        if row.was or not _stays(row):
            yield f"{row.name}: {what_it_means(row)}"
    for check in report.checks:
        yield f"{check.outcome.value}: {check.name}: {check.summary}"
    for title, paths in (("policy", report.lands.policies), ("also", report.lands.also)):
        for path in paths:
            yield f"{title}: {path.path} ({_about(path)})"
