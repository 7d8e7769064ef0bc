"""Report -> text for terminals and logs."""

from bot.report.fixes import fixes_of
from bot.report.further import further_line
from bot.report.landing import plain_lines
from bot.report.values import (
    HEADLINE,
    account_words,
    by_urgency,
    change,
    counted,
    findings_by_file,
    metrics_of,
    number,
    troubles,
    words,
)
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import Finding, Severity, Verdict
from components.texts import cut, printable

_WORDS = {
    Verdict.PASSED: "PASSED",
    Verdict.FAILED: "FAILED",
    Verdict.ERROR: "ERROR",
    Verdict.NEUTRAL: "NOTHING TO CHECK",
}
_INDENT = "    "


def plain(report: Report) -> str:
    """The report without markup; escape sequences from a proposal are gone."""
    lines = heading(report)
    found = finding_texts(report)
    lines += ["", *found] if found else []
    if fixes := len(fixes_of(report)):
        lines += [
            "",
            f"{counted(fixes, 'fix', 'fixes')}: `algoops check --fix FOLDER` applies what it finds",
        ]
    if report.limits_not_enforced:
        limits = ", ".join(_line(limit) for limit in report.limits_not_enforced)
        lines += ["", f"Limits that this machine could not enforce: {limits}"]
    return "\n".join(lines) + "\n"


def heading(report: Report) -> list[str]:
    """The lines about the report as a whole and each strategy, without the findings."""
    lines = [f"{_WORDS[report.verdict]}: {_line(report.summary, 500)}"]
    for strategy in by_urgency(report.strategies):
        lines += ["", *_strategy(strategy)]
    landing = [_line(text, 500) for text in plain_lines(report)]
    return [*lines, *(["", *landing] if landing else [])]


def finding_texts(report: Report, *, fixes: bool = False) -> list[str]:
    """A text of one or several lines for each finding, gravest first; with the fix, if asked."""
    texts = []
    for file, found in findings_by_file(report).items():
        for one in found:
            fix = ["fix:", printable(one.fix, lines=True)] if fixes and one.fix else []
            texts.append("\n".join([*_finding(file, one), *fix]))
    return texts


def _strategy(strategy: StrategyReport) -> list[str]:
    known = " (known verdict)" if strategy.reused else ""
    title = f"{_line(strategy.name)} {_line(strategy.version)}".strip()
    lines = [f"{title}: {strategy.verdict.value}, {strategy.change.value}{known}"]
    for check in strategy.checks:
        took = f"{check.duration_s:z.2f} s"
        lines.append(
            f"  {check.outcome.value:<8}{check.name.value:<14}{took:>8}  {_line(check.summary)}"
        )
    lines += [f"  error: {_line(text, 500)}" for text in troubles(strategy)]
    now = metrics_of(strategy)
    if now is not None:
        for shown in HEADLINE:
            before, after = number(strategy.base_metrics, shown), number(now, shown)
            arrow = change(before, after, shown)
            lines.append(f"{_INDENT}{shown.label:<16}{words(after, shown):>12}  {arrow}".rstrip())
    told = [account_words(strategy.results)] if now is not None else []
    told += [*(luck.line for luck in strategy.luck), *map(further_line, strategy.further)]
    if strategy.book is not None and strategy.book.alike:
        told.append(strategy.book.line)
    lines += [f"{_INDENT}{_line(text, 400)}" for text in told if text]
    return lines


def _finding(file: str, finding: Finding) -> list[str]:
    place = ":".join(str(p) for p in (_line(file), finding.line, finding.column) if p)
    mark = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
    rule = f"[{finding.check.value}/{_line(finding.rule)}]"
    head = f"{mark[finding.severity]}: {_line(finding.message, 400)} {rule}"
    lines = [f"{place}: {head}" if place else head]
    if finding.source_line.strip():
        lines.append(f"{_INDENT}| {cut(printable(finding.source_line), 120)}")
    for label, text in (("found", finding.found), ("allowed", finding.allowed)):
        if text:
            lines.append(f"{_INDENT}{label}: {_line(text)}")
    if finding.hint:
        lines.append(f"{_INDENT}-> {_line(finding.hint)}")
    return lines


def _line(text: str, cap: int = 300) -> str:
    return cut(printable(text), cap)
