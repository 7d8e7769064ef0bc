"""Definitions of version 1.x (ordered steps) -> Canonical Schema v2, as far as that goes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.schema.definition.check import validate_mapping
from components.schema.definition.models import SCHEMA_VERSION
from components.schema.documents.reader import read_document
from components.schema.documents.writer import to_yaml
from components.schema.migrate.head import (
    description_of,
    fitting,
    interval_of,
    name_of,
    symbols_of,
    tags_of,
)
from components.schema.migrate.text import translate
from components.schema.results.values import Finding, Severity
from components.schema.types import SEMVER_PATTERN, SYMBOL_PATTERN
from components.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = dict[str, Any]

_MOST_STEPS = 200
_RISK_NAMES = {
    "stop_loss": "stop_loss_pct",
    "stop_loss_pct": "stop_loss_pct",
    "stop_loss_percent": "stop_loss_pct",
    "take_profit": "take_profit_pct",
    "take_profit_pct": "take_profit_pct",
    "take_profit_percent": "take_profit_pct",
    "trailing_stop": "trailing_stop_pct",
    "trailing_stop_pct": "trailing_stop_pct",
    "trailing_stop_percent": "trailing_stop_pct",
    "max_positions": "max_positions",
    "max_open_positions": "max_positions",
    "max_drawdown": "max_drawdown_pct",
    "max_drawdown_pct": "max_drawdown_pct",
}
_EVERY_BAR = frozenset(
    [
        "after",
        "at",
        "bar",
        "candle",
        "close",
        "closes",
        "daily",
        "day",
        "each",
        "end",
        "every",
        "hourly",
        "market",
        "new",
        "of",
        "on",
        "session",
        "the",
        "tick",
        "weekly",
    ]
)
"""Words of triggers that say what version 2 does anyway: rules are judged at each bar's close."""
_KNOWN_STEP = frozenset(
    {"step_id", "id", "order", "title", "name", "description", "trigger", "condition",
     "conditions", "action", "exit", "risk_controls", "params"}
)  # fmt: skip
_TEXT_KEYS = ("condition", "rule", "expression", "trigger", "when", "value")


@dataclass(frozen=True)
class Migration:
    """What became of a document.

    Attributes:
        document: the new definition; None when the old one could not be read at all.
        text: the new definition as YAML.
        left_out: what was not converted: where it stands, and why.
        findings: why it could not be read.
    """

    document: dict[str, Any] | None
    text: str = ""
    left_out: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Work:
    parameters: dict[str, Any] = field(default_factory=dict)
    indicators: dict[str, dict[str, Any]] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    leave: list[str] = field(default_factory=list)
    risk: dict[str, float] = field(default_factory=dict)
    sizing: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, where: str, value: object, reason: str) -> None:
        shown = str(value) if len(str(value)) <= _SHOWN else str(value)[:_SHOWN] + "..."
        self.left_out.append(f"{where}: {shown!r}: {reason}")


_SHOWN = 120
_KNOWN_TOP = frozenset(
    {"schema_version", "strategy_id", "id", "name", "title", "strategy_name", "version",
     "description", "summary", "steps", "symbol", "symbols", "interval", "timeframe", "tags",
     "author", "created_at", "updated_at", "params", "parameters", "risk_controls", "risk"}
)  # fmt: skip


def migrate(data: bytes, file: str) -> Migration:
    """Convert a document of version 1.x. Never raises for what it holds.

    Args:
        data: the old document, YAML or (by its name) JSON.
        file: its name for findings.
    """
    document = read_document(data, file)
    if not document.readable:
        return Migration(None, findings=document.findings)
    old = document.value
    steps = old.get("steps") if isinstance(old, dict) else None
    if not isinstance(steps, list):
        message = "this is not a document of version 1.x: it has no list of `steps`"
        return Migration(None, findings=(document.finding((), "not-version-1", message),))
    work = _Work()
    _top(old, work)
    if len(steps) > _MOST_STEPS:
        message = f"the document has {len(steps):,} steps, allowed are {_MOST_STEPS}"
        return Migration(None, findings=(document.finding(("steps",), "too-large", message),))
    for number, step in _ordered(steps):
        if isinstance(step, dict):
            _step(f"steps[{number}]", step, work)
        else:
            work.leave_out(f"steps[{number}]", step, "a step is a mapping")
    return _finished(_document(old, work), work)


def _ordered(steps: list[Any]) -> Iterator[tuple[int, Any]]:
    def order(pair: tuple[int, Any]) -> tuple[float, int]:
        number, step = pair
        given = step.get("order") if isinstance(step, dict) else None
        if isinstance(given, int | float) and not math.isnan(given):
            return float(given), number
        return float(number), number

    return iter(sorted(enumerate(steps), key=order))


def _top(old: dict[str, Any], work: _Work) -> None:
    for key in ("params", "parameters"):
        _params(key, old.get(key), work)
    for key in ("risk_controls", "risk"):
        _risk(key, old.get(key), work)
    for key in sorted(set(old) - _KNOWN_TOP):
        work.leave_out(key, old[key], "version 2 has no such field")
    head = _head(old)
    for key in ("version", "symbol", "symbols", "interval", "timeframe", "author"):
        if old.get(key) and not head["interval" if key == "timeframe" else key]:
            work.leave_out(key, old[key], "version 2 writes this otherwise")


def _step(where: str, step: Step, work: _Work) -> None:
    _params(f"{where}.params", step.get("params"), work)
    kind, side = _kind(step.get("action"))
    texts = [
        (f"{where}.{key}", text)
        for key in ("trigger", "condition", "conditions")
        for text in _texts(step.get(key))
        if not (key == "trigger" and _EVERY_BAR.issuperset(text.lower().split()))
    ]
    for place, text in texts:
        if kind == "":
            work.leave_out(place, text, f"action {step.get('action')!r} is neither entry nor exit")
        else:
            _rule(place, text, side, work.entry if kind == "entry" else work.leave, work)
    _exit(f"{where}.exit", step.get("exit"), side, work)
    _risk(f"{where}.risk_controls", step.get("risk_controls"), work)
    for key in sorted(set(step) - _KNOWN_STEP):
        work.leave_out(f"{where}.{key}", step[key], "version 2 has no steps")


def _exit(where: str, value: Any, side: str, work: _Work) -> None:
    if isinstance(value, dict):
        _risk(where, {k: v for k, v in value.items() if k not in _TEXT_KEYS}, work)
    for text in _texts(value):
        _rule(where, text, side, work.leave, work)


def _rule(where: str, text: str, side: str, rules: list[str], work: _Work) -> None:
    rule, reason = translate(text, work.parameters, work.indicators)
    if reason:
        work.leave_out(where, text, reason)
        return
    line = f"short: {rule}" if side == "short" else rule
    if line not in rules:
        rules.append(line)


def _kind(action: Any) -> tuple[str, str]:
    """`entry`, `exit` or "", and the side."""
    words = " ".join(_strings(action)).lower().replace("_", " ")
    side = "short" if "short" in words else "long"
    if re.search(r"\b(exit|close|cover|liquidate)\b", words):
        return "exit", "short" if "cover" in words else side
    if re.search(r"\b(enter|entry|buy|open|long|short)\b", words):
        return "entry", side
    return ("exit", "long") if re.search(r"\bsell\b", words) else ("", side)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _strings(part)]
    return [value] if isinstance(value, str) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    if isinstance(value, dict):
        return [text for key in _TEXT_KEYS for text in _texts(value.get(key))]
    return []


def _params(where: str, value: Any, work: _Work) -> None:
    if not isinstance(value, dict):
        if value is not None:
            work.leave_out(where, value, "parameters are a mapping")
        return
    for name, number in value.items():
        if not isinstance(number, bool | int | float | str):
            work.leave_out(f"{where}.{name}", number, "a parameter is a number, a flag or text")
        elif work.parameters.setdefault(name, number) != number:
            reason = f"`{name}` is {work.parameters[name]} in an earlier step"
            work.leave_out(f"{where}.{name}", number, reason)


def _risk(where: str, value: Any, work: _Work) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        work.leave_out(where, value, "risk controls are a mapping")
        return
    for key, part in value.items():
        name = _RISK_NAMES.get(key)
        number = _percent(part)
        if key in ("position_size", "position_size_pct") and number is not None:
            work.sizing = {"method": "equity_fraction", "value": number / 100}
        elif name == "max_positions" and isinstance(part, int):
            work.risk[name] = part
        elif name is not None and name != "max_positions" and number is not None:
            work.risk[name] = number
        else:
            work.leave_out(f"{where}.{key}", part, "version 2 has no such control")


def _percent(value: Any) -> float | None:
    """A percentage: "5%", 5, or 0.05 (version 1.x wrote fractions); None: something else."""
    if isinstance(value, dict):
        value = value.get("value", value.get("percent"))
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%\s*", value)
        return float(match.group(1)) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value * 100, 10) if 0 < value < 1 else float(value)


def _head(old: dict[str, Any]) -> dict[str, Any]:
    """What both versions say of a strategy as a whole; None where version 2 can't take it."""
    return {
        "version": fitting(old.get("version"), SEMVER_PATTERN),
        "symbol": fitting(old.get("symbol"), SYMBOL_PATTERN),
        "symbols": symbols_of(old),
        "interval": interval_of(old),
        "author": old.get("author") if isinstance(old.get("author"), str) else None,
    }


def _document(old: dict[str, Any], work: _Work) -> dict[str, Any]:
    head = _head(old)
    document: dict[str, Any] = {
        "name": name_of(old),
        "description": description_of(old),
        "version": head["version"] or "1.0.0",
        "schema_version": SCHEMA_VERSION,
        "framework": "rules",
        "symbol": head["symbol"],
        "symbols": head["symbols"],
        "interval": head["interval"],
        "parameters": work.parameters,
        "indicators": work.indicators,
        "entry_rules": work.entry,
        "exit_rules": work.leave,
        "position_sizing": work.sizing,
        "risk_limits": work.risk,
        "tags": tags_of(old),
        "author": head["author"],
    }
    return {key: value for key, value in document.items() if value not in (None, {}, [])}


def _finished(document: dict[str, Any], work: _Work) -> Migration:
    """The migration, with whatever the new definition still lacks among what is left out."""
    checked = validate_mapping(document, has_code=False)
    errors = [f.message for f in checked.findings if f.severity is Severity.ERROR]
    left_out = (*work.left_out, *(f"the new definition: {message}" for message in errors))
    notes = "".join(f"# not converted: {printable(note)}\n" for note in left_out)
    return Migration(document, notes + to_yaml(document), left_out)
