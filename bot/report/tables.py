"""The parts of the report comment that are seen at once: checks, findings, metrics."""

from bot.report.escape import code, inline, link
from bot.report.landing import leaving, remark, what_it_means
from bot.report.values import (
    HEADLINE,
    OUTCOME_ICON,
    SEVERITY_ICON,
    VERDICT_ICON,
    account_words,
    band_words,
    by_urgency,
    change,
    counted,
    findings_by_file,
    line_url,
    metrics_of,
    number,
    troubles,
    words,
)
from components.schema.results.book import BookFit
from components.schema.results.report import LandingStrategy, Report, StrategyReport
from components.schema.results.values import STRATEGY_CHECKS, Finding, Severity
from components.texts import cut, printable

ROWS = 50
FILES = 25
PER_FILE = 12
BANDS = 3
BAND_CAP = 400
NAMES_CAP = 4_000
LUCKS = 5


def checks_table(report: Report) -> str:
    """Strategies x checks, what failed first."""
    gone = leaving(report)
    if not report.strategies and not gone:
        return ""
    head = " | ".join(f"`{name.value}`" for name in STRATEGY_CHECKS)
    rule = "|".join(":-:" for _ in STRATEGY_CHECKS)
    rows = [_gone_row(row) for row in gone[:ROWS]]
    rows += [_checks_row(report, s) for s in by_urgency(report.strategies)[:ROWS]]
    table = "\n".join([f"| | Strategy | {head} | |", f"|:-:|---|{rule}|---|", *rows])
    hidden = [row.name for row in gone[ROWS:]]
    hidden += [s.name for s in by_urgency(report.strategies)[ROWS:]]
    names = inline(", ".join(hidden), cap=NAMES_CAP)
    return f"{table}\n\n… and {len(hidden)} more: {names}" if hidden else table


def _gone_row(row: LandingStrategy) -> str:
    cells = " | ".join("·" for _ in STRATEGY_CHECKS)
    return f"| 🗑️ | {code(row.name)} | {cells} | {inline(what_it_means(row))} |"


def _checks_row(report: Report, strategy: StrategyReport) -> str:
    by_name = {check.name: check.outcome for check in strategy.checks}
    cells = " | ".join(OUTCOME_ICON[by_name[n]] if n in by_name else "·" for n in STRATEGY_CHECKS)
    name = f"{code(strategy.name)} {inline(strategy.version)}".rstrip()
    return f"| {VERDICT_ICON[strategy.verdict]} | {name} | {cells} | {_remark(report, strategy)} |"


def _remark(report: Report, strategy: StrategyReport) -> str:
    remarks = [inline(remark(report, strategy.name)) or strategy.change.value]
    if strategy.reused:
        remarks.append("♻️ known verdict: this content was checked before")
    warned = sum(not g.passed and g.severity == "warn" for g in strategy.gates)
    if warned:
        remarks.append(f"⚠️ {counted(warned, 'policy warning')}")
    return "; ".join(remarks)


def findings_list(report: Report) -> str:
    """Findings by file with links to the lines; errors open, mere warnings folded away."""
    whole = {f for check in report.checks for f in check.findings}  # these stand with their check
    grouped = {
        file: rest
        for file, group in findings_by_file(report).items()
        if (rest := [f for f in group if f not in whole])
    }
    if not grouped:
        return ""
    found = [f for group in grouped.values() for f in group]
    parts = [_file_findings(report, *item) for item in list(grouped.items())[:FILES]]
    if len(grouped) > FILES:
        parts.append(f"… and findings in {len(grouped) - FILES} more files.")
    body = "\n\n".join(parts)
    if any(f.severity is Severity.ERROR for f in found):
        return f"### Findings\n\n{body}"
    title = counted(len(found), "warning or note", "warnings and notes")
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _file_findings(report: Report, file: str, findings: list[Finding]) -> str:
    lines = [f"**{code(file)}**" if file else "**The proposal as a whole**", ""]
    lines += [_finding(report, finding) for finding in findings[:PER_FILE]]
    if len(findings) > PER_FILE:
        lines.append(f"- … and {len(findings) - PER_FILE} more here")
    return "\n".join(lines)


def _finding(report: Report, finding: Finding) -> str:
    place = ""
    if finding.line:
        column = f":{finding.column}" if finding.column else ""
        place = f" {link(f'line {finding.line}{column}', line_url(report, finding))}"
    text = f"- {SEVERITY_ICON[finding.severity]}{place} {inline(finding.message, cap=400)}"
    if finding.found:
        text += f" Found: {code(finding.found)}."
    if finding.allowed:
        text += f" Allowed: {code(finding.allowed, cap=200)}."
    if finding.hint:
        text += f" **{inline(finding.hint)}**"
    text += f" ({code(f'{finding.check.value}/{finding.rule}')})"
    shown = code(cut(printable(finding.source_line).strip(), 100))
    return f"{text}\\\n  {shown}" if shown else text


def troubles_list(report: Report) -> str:
    """What failed and is no finding on a line."""
    lines = [
        f"- ❌ {code(strategy.name)} {inline(text, cap=500)}"
        for strategy in by_urgency(report.strategies)[:ROWS]
        for text in troubles(strategy)[:PER_FILE]
    ]
    return "\n".join(lines)


def metrics_tables(report: Report) -> str:
    """Metrics of the proposal against the deployed version; one row a strategy when many."""
    measured = [s for s in by_urgency(report.strategies) if metrics_of(s) is not None]
    if not measured:
        return ""
    head = " | ".join(shown.label for shown in HEADLINE)
    rule = "|".join("---:" for _ in HEADLINE)
    rows = [_metrics_row(s) for s in measured[:ROWS]]
    luck = [_luck_item(s, one.line) for s in measured[:ROWS] for one in s.luck[:LUCKS]]
    luck += [_book_item(s, s.book) for s in measured[:ROWS] if s.book is not None and s.book.alike]
    note = "▲ better, ▼ worse than the deployed version" if _compared(measured) else ""
    told = [account_words(s.results) for s in measured[:BANDS]]
    told += [band_words(s.results) for s in measured[:BANDS]]
    note = "<br>".join(filter(None, [note, *(inline(text, cap=BAND_CAP) for text in told)]))
    table = "\n".join([f"| Backtest | {head} | Buy and hold |", f"|---|{rule}|---:|", *rows])
    parts = (table, f"<sub>{note}</sub>" if note else "", "\n".join(luck))
    return "\n\n".join(part for part in parts if part)


def _luck_item(strategy: StrategyReport, line: str) -> str:
    return f"- 🎲 {code(strategy.name)} {inline(line)}"


def _book_item(strategy: StrategyReport, book: BookFit) -> str:
    return f"- 📚 {code(strategy.name)} {inline(book.line)}"


def _compared(strategies: list[StrategyReport]) -> bool:
    return any(s.base_metrics is not None for s in strategies)


def _metrics_row(strategy: StrategyReport) -> str:
    now, before = metrics_of(strategy), strategy.base_metrics
    cells = []
    for shown in HEADLINE:
        value = words(number(now, shown), shown)
        arrow = change(number(before, shown), number(now, shown), shown)
        cells.append(f"{value} ({arrow})" if arrow else value)
    hold = now.buy_hold_return_pct if now is not None else None
    cells.append("n/a" if hold is None else f"{hold:z,.1f} %")
    return f"| {code(strategy.name)} | {' | '.join(cells)} |"
