"""The folded parts of the report comment: one per strategy, and where the numbers come from."""

from collections.abc import Sequence

from bot.report.contributions import HEAD, contribution_rows
from bot.report.escape import block, code, inline, link
from bot.report.further import further_rows
from bot.report.luck import evidence_rows, luck_rows
from bot.report.values import (
    HEADLINE,
    MORE,
    OUTCOME_ICON,
    SYMBOLS,
    account_words,
    band_words,
    change,
    has_figures,
    metrics_of,
    number,
    unit_words,
    words,
)
from components.schema.results.evidence import Luck
from components.schema.results.further import Further
from components.schema.results.report import GateResult, Report, StrategyReport
from components.schema.results.values import ExecutionResult, Status

GATES = 30
TESTS = 20


def details(strategy: StrategyReport) -> str:
    """Everything about one strategy that is not seen at once."""
    parts = [
        _checks(strategy),
        _metrics(strategy),
        _gates(strategy),
        *(_luck(luck) for luck in strategy.luck[:SYMBOLS]),
        *(_further(found) for found in strategy.further[:SYMBOLS]),
        *(_evidence(result) for result in strategy.results[:SYMBOLS]),
        _symbols(strategy),
        *(_contributions(result) for result in strategy.results),
        _tests(strategy),
        *(_output(result) for result in strategy.results[:SYMBOLS]),
    ]
    body = "\n\n".join(part for part in parts if part)
    if not body:
        return ""
    name = inline(strategy.name)
    return f"<details><summary>Details: {name}</summary>\n\n{body}\n\n</details>"


def _checks(strategy: StrategyReport) -> str:
    return "\n".join(
        f"- {OUTCOME_ICON[c.outcome]} `{c.name.value}`: {inline(c.summary)} ({c.duration_s:z.2f} s)"
        for c in strategy.checks
    )


def _metrics(strategy: StrategyReport) -> str:
    now, before = metrics_of(strategy), strategy.base_metrics
    if now is None:
        return ""
    lines = ["| Metric | Deployed | Proposed | Change |", "|---|---:|---:|---:|"]
    for shown in HEADLINE + MORE:
        was, is_now = number(before, shown), number(now, shown)
        if was is None and is_now is None:
            continue
        old = words(was, shown) if before is not None else "new"
        cells = f"{old} | {words(is_now, shown)} | {change(was, is_now, shown)}"
        lines.append(f"| {shown.label} | {cells} |")
    period = f"{inline(now.start)} to {inline(now.end)}"
    told = (account_words, unit_words, band_words)
    more = " ".join(filter(None, (words_of(strategy.results) for words_of in told)))
    note = f"{period}. {inline(more)}" if more else period
    return "\n".join(lines) + f"\n\n<sub>{note}</sub>"


def _gates(strategy: StrategyReport) -> str:
    if not strategy.gates:
        return ""
    lines = ["| | Policy gate | Found | Limit | Margin |", "|:-:|---|---:|---:|---:|"]
    ordered = sorted(strategy.gates, key=lambda g: (g.passed, g.severity, g.id, g.symbol))
    lines += [_gate(gate) for gate in ordered[:GATES]]
    return "\n".join(lines)


def _gate(gate: GateResult) -> str:
    icon = "✅" if gate.passed else "❌" if gate.severity == "block" else "⚠️"
    against = {"absolute": "", "base": " vs deployed", "benchmark": " vs benchmark"}[gate.compare]
    what = f"{inline(gate.metric)} {inline(gate.op)}{against}"
    where = f", {inline(gate.symbol)}" if gate.symbol else ""
    told = inline(gate.message)
    if gate.metric not in gate.message:  # the engine's own sentence says all of it
        told = f"{what}{where}: {told}" if told else f"{what}{where}"
    cells = " | ".join(_figure(v) for v in (gate.value, gate.limit, gate.margin))
    return f"| {icon} | {code(gate.id)} {told} | {cells} |"


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:z,.2f}"


def _luck(luck: Luck) -> str:
    return _pairs(f"Luck on {inline(luck.symbol)} {inline(luck.interval)}", luck_rows(luck))


def _further(found: Further) -> str:
    return _pairs(f"Further runs on {inline(found.symbol)}", further_rows(found))


def _evidence(result: ExecutionResult) -> str:
    rows = evidence_rows(result.evidence) if result.evidence is not None else []
    return _pairs(f"The returns on {inline(result.symbol)}", rows)


def _pairs(title: str, rows: Sequence[tuple[str, str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {title} | |", "|---|---:|"]
    return "\n".join([*lines, *(f"| {name} | {inline(value)} |" for name, value in rows)])


def _symbols(strategy: StrategyReport) -> str:
    if len(strategy.results) < 2:  # noqa: PLR2004  # a table of one row repeats the one above
        return ""
    head = " | ".join(shown.label for shown in HEADLINE)
    lines = [f"| Symbol | {head} | Status |", f"|---|{'---:|' * len(HEADLINE)}---|"]
    for result in strategy.results[:SYMBOLS]:
        cells = " | ".join(words(number(result.metrics, shown), shown) for shown in HEADLINE)
        lines.append(f"| {inline(result.symbol)} | {cells} | {result.status.value} |")
    return "\n".join(lines)


def _contributions(result: ExecutionResult) -> str:
    rows = contribution_rows(result)
    if not rows:
        return ""
    lines = [f"| {' | '.join(HEAD)} |", f"|---|{'---:|' * (len(HEAD) - 2)}---|"]
    lines += [f"| {' | '.join(map(inline, row))} |" for row in rows[:SYMBOLS]]
    more = f"\n\n{len(rows) - SYMBOLS} more symbols" if len(rows) > SYMBOLS else ""
    return "\n".join(lines) + more


def _tests(strategy: StrategyReport) -> str:
    tests = [test for result in strategy.results for test in result.tests][:TESTS]
    return "\n".join(
        f"- {OUTCOME_ICON[t.outcome]} test {code(t.name)} {inline(t.message)}".rstrip()
        for t in tests
    )


def _output(result: ExecutionResult) -> str:
    if result.status is Status.PASSED:
        return ""
    what = f"{inline(result.symbol)} {result.status.value}: {inline(result.message)}".strip()
    texts = [result.traceback, result.stderr, result.stdout]
    return "\n\n".join([what, *(block(text, "text") for text in texts if text.strip())])


def provenance(report: Report, page_url: str) -> str:
    """Everything that the verdict depends on, and who says so."""
    rows = [
        ("Commit", report.head_commit),
        ("Base", report.base_commit),
        ("Tested tree (the merge result)", report.merge_tree),
        ("Run", report.run_id),
        *_shared(report),
        *((f"Content of {s.name}", s.tree) for s in report.strategies[:20]),
    ]
    lines = [f"| {inline(label)} | {code(value)} |" for label, value in rows if value]
    table = "\n".join(["| | |", "|---|---|", *lines])
    more = f" · {link('full report', page_url)}" if page_url else ""
    if page_url and has_figures(report):
        more += f" · {link('tear sheet', f'{page_url}/sheet')}"
    when = f"{inline(report.finished_at)}, took {report.duration_s:z.1f} s"
    more += " · `/algoops help`" if report.proposal.id.startswith("pr/") else ""
    return (
        f"<details><summary>Provenance</summary>\n\n{table}\n\n</details>\n\n"
        f"<sub>AlgoOps {inline(report.algoops)} · {when}{more}</sub>"
    )


def _shared(report: Report) -> list[tuple[str, str]]:
    results = [result for strategy in report.strategies for result in strategy.results]
    fields = ("policy_hash", "data_hash", "detail_hash", "engine", "image", "backend", "causality")
    shared = []
    for field in fields:
        values = sorted({str(getattr(r.provenance, field)) for r in results} - {""})
        shared.append((field.replace("_", " ").capitalize(), ", ".join(values)))
    seeds = sorted({r.provenance.seed for r in results})
    return [*shared, ("Seed", ", ".join(map(str, seeds)))]
