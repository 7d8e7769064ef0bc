"""The verdict for programs: one JSON object in a fence, folded away, of bounded size.

It is plain ASCII on one line, and the characters that Markdown or HTML obey are escaped in it, so
nothing that a proposal wrote can end the fence or hide a part of it.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from bot.report.contributions import largest
from bot.report.values import HEADLINE, MORE, by_urgency, metrics_of, number, weighed_findings
from components.schema.results.evidence import Luck
from components.schema.results.fixes import LONGEST
from components.schema.results.report import GateResult, Report, StrategyReport
from components.schema.results.values import Finding
from components.texts import cut, harmless, printable

MOST_BYTES = 12_000
_RESERVED = 200
"""Of these for `left_out`."""

_MOST = {"strategies": 20, "findings": 100}
GATES = 10
SYMBOLS = 5
TEXT_CAP = 300
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&`"}


def machine_fold(report: Report) -> str:
    """The folded JSON block of a report, at most `MOST_BYTES` of JSON."""
    title = "<details><summary>The verdict for programs</summary>"
    return f"{title}\n\n```json\n{machine_text(report)}\n```\n\n</details>"


def machine_text(report: Report) -> str:
    """The verdict as one line of JSON: what was found, with what to do, and the figures.

    Findings come with the gravest first; where there is no room for all, `left_out` says how
    many are missing, and a fix is left out before its finding.
    """
    strategies = by_urgency(report.strategies)
    document: dict[str, Any] = {
        "algoops": _text(report.algoops),
        "verdict": report.verdict.value,
        "summary": _text(report.summary),
        "head": _text(report.head_commit),
        "base": _text(report.base_commit),
        "run": _text(report.run_id),
        "strategies": [],
        "findings": [],
    }
    left = {
        "strategies": _filled(document, "strategies", [[_strategy(s)] for s in strategies]),
        "findings": _filled(document, "findings", map(_finding, weighed_findings(report))),
    }
    document["left_out"] = {what: count for what, count in left.items() if count}
    return _dumped(document)


def _filled(document: dict[str, Any], key: str, given: Iterable[list[dict[str, Any]]]) -> int:
    """Add what fits, the first form of each that does; how many were left out."""
    room = MOST_BYTES - len(_dumped(document)) - _RESERVED
    left = 0
    for forms in given:
        for form in forms:
            size = len(_dumped(form)) + 2
            if size <= room and len(document[key]) < _MOST[key]:
                document[key].append(form)
                room -= size
                break
        else:
            left += 1
    return left


def _strategy(strategy: StrategyReport) -> dict[str, Any]:
    metrics = metrics_of(strategy)
    broken = [g for g in strategy.gates if not g.passed][:GATES]
    return {
        "name": _text(strategy.name),
        "version": _text(strategy.version),
        "verdict": strategy.verdict.value,
        "stage": strategy.stage.value if strategy.stage else None,
        "metrics": {m.field: _number(number(metrics, m)) for m in HEADLINE + MORE}
        if metrics
        else {},
        "broken_gates": [_gate(gate) for gate in broken],
        "luck": [_luck(luck) for luck in strategy.luck[:SYMBOLS]],
        **_contributions(strategy),
    }


def _contributions(strategy: StrategyReport) -> dict[str, Any]:
    """What each symbol of a portfolio brought; of others nothing."""
    brought = [one for result in strategy.results for one in largest(result)][:SYMBOLS]
    told = {_text(one.symbol): _number(one.pnl) for one in brought}
    return {"contributions": told} if told else {}


def _gate(gate: GateResult) -> dict[str, Any]:
    return {
        "id": _text(gate.id),
        "metric": _text(gate.metric),
        "symbol": _text(gate.symbol),
        "severity": gate.severity,
        "value": _number(gate.value),
        "op": _text(gate.op),
        "limit": _number(gate.limit),
    }


def _luck(luck: Luck) -> dict[str, Any]:
    return {
        "symbol": _text(luck.symbol),
        "interval": _text(luck.interval),
        "tries": luck.tries,
        "independent": luck.independent,
        "sharpe": _number(luck.sharpe),
        "best_by_luck": _number(luck.best_by_luck),
        "dsr": _number(luck.dsr),
    }


def _finding(finding: Finding) -> list[dict[str, Any]]:
    """A finding with its fix, and without."""
    plain = {
        "check": finding.check.value,
        "rule": _text(finding.rule),
        "severity": finding.severity.value,
        "file": _text(finding.file),
        "line": finding.line,
        "column": finding.column,
        "message": _text(finding.message),
        "hint": _text(finding.hint),
    }
    fit = len(finding.fix) <= LONGEST and harmless(finding.fix, keep="\n\t\r") == finding.fix
    return [{**plain, "fix": finding.fix}, plain] if finding.fix and fit else [plain]


def _text(text: str) -> str:
    return cut(printable(text), TEXT_CAP)


def _number(value: float | None) -> float | None:
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None


def _dumped(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).translate(_ESCAPED)
