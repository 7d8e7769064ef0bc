"""A definition's rules -> the program that the guest executes, with everything wrong about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.schema.definition.models import (
    PORTFOLIO,
    PositionSizing,
    RiskLimits,
    StrategyDefinition,
    parameter_values,
)
from components.schema.documents.explain import dotted
from components.schema.rule_language.indicators import compile_indicators
from components.schema.rule_language.lower import lower_rule
from components.schema.rule_language.place import RulePlace
from components.schema.rule_language.problems import RuleProblem, RuleRefused
from components.schema.rule_language.scope import STRATEGY_ATTRIBUTES, WORDS, RuleNames, scope_of
from components.schema.rule_language.terms import Term, contradiction
from components.schema.rule_language.text import parse_rule

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
PROGRAM_VERSION = 1
SIDES = ("long", "short")
_WHOLE = 100


@dataclass(frozen=True)
class Compiled:
    """A program as plain JSON values, and the problems found; don't run it if any is an error."""

    program: dict[str, Any]
    problems: tuple[RuleProblem, ...]


@dataclass(frozen=True)
class _Rule:
    side: str
    term: Term
    path: Path


def compile_rules(
    definition: StrategyDefinition, *, longest: int = 500, broken: frozenset[str] = frozenset()
) -> Compiled:
    """Compile indicators and rules.

    Args:
        definition: a valid definition, or what is left of one without its faulty parts.
        longest: characters allowed in one rule.
        broken: parameters, indicators and rules that had faults: they are no second problem.
    """
    scope = scope_of(definition, broken)
    indicators, problems = compile_indicators(definition, scope)
    problems += _reserved(definition)
    entry = _rules(definition.entry_rules, "entry_rules", scope, longest, problems)
    leave = _rules(definition.exit_rules, "exit_rules", scope, longest, problems)
    if not broken & {"entry_rules", "exit_rules", "risk_limits"}:
        problems += _missing(definition, entry, leave)
        problems += _unused(definition, scope)
    program = {
        "version": PROGRAM_VERSION,
        "name": definition.name,
        "parameters": parameter_values(definition),
        "indicators": [i for i in indicators if i["name"] in scope.used],
        "entry": _by_side(entry),
        "exit": _by_side(leave),
        "sizing": _sizing(definition),
        "risk": _risk(definition),
    }
    return Compiled(program, tuple(p for p in problems if p.rule))


def _rules(
    texts: tuple[str, ...], field: str, scope: RuleNames, longest: int, problems: list[RuleProblem]
) -> list[_Rule]:
    rules: list[_Rule] = []
    for number, text in enumerate(texts):
        path: Path = (field, number)
        if dotted(path) in scope.broken:
            continue
        scope.used.update(_NAME.findall(text))
        try:
            parsed = parse_rule(text, path, longest)
            place = RulePlace(path, parsed.offset, problems)
            rules.append(_Rule(parsed.side, lower_rule(parsed.tree, scope, place), path))
        except RuleRefused as stop:
            problems.append(stop.problem)
    problems += [p for side in SIDES for p in _excluding([r for r in rules if r.side == side])]
    return rules


def _excluding(rules: list[_Rule]) -> list[RuleProblem]:
    """The first rule of a side that can't hold together with the ones before it."""
    claims: list[Any] = []
    for rule in rules:
        if rule.term.truth is False:
            return []
        claims += rule.term.claims
        if contradiction(claims):
            message = "this rule excludes an earlier one: all rules of a side must hold together"
            return [RuleProblem(rule.path, "never-true", message, "combine alternatives with `or`")]
    return []


def _missing(
    definition: StrategyDefinition, entry: list[_Rule], leave: list[_Rule]
) -> list[RuleProblem]:
    if not definition.entry_rules:
        hint = "write entry_rules, or a strategy.py"
        message = "nothing ever trades: there are no entry rules and no code"
        return [RuleProblem(("entry_rules",), "no-entry", message, hint, key=True)]
    risk = definition.risk_limits
    short = any(rule.side == "short" for rule in entry)
    if short and risk.take_profit_pct is not None and risk.take_profit_pct >= _WHOLE:
        message = "a short position gains less than 100 %: this target is never reached"
        path: Path = ("risk_limits", "take_profit_pct")
        return [RuleProblem(path, "unreachable-target", message, "set it lower")]
    stops = (risk.stop_loss_pct, risk.take_profit_pct, risk.trailing_stop_pct)
    if any(stop is not None for stop in stops) or len(leave) < len(definition.exit_rules):
        return []
    return [
        RuleProblem(
            ("exit_rules",),
            "missing-exit",
            f"{side} positions are never left: no exit rule and no stop",
            f"add an exit rule (`{side}: ...`) or risk_limits.stop_loss_pct",
            key=True,
        )
        for side in SIDES
        if any(r.side == side for r in entry) and not any(r.side == side for r in leave)
    ]


def _reserved(definition: StrategyDefinition) -> list[RuleProblem]:
    """Names that mean something else already, in rules or in the Strategy that runs them."""
    taken = [
        (("parameters", name), name, name in WORDS - STRATEGY_ATTRIBUTES)
        for name in definition.parameters
    ]
    taken += [
        (("indicators", name), name, name in WORDS | STRATEGY_ATTRIBUTES | {*definition.parameters})
        for name in definition.indicators
    ]
    return [
        RuleProblem(
            path,
            "reserved-name",
            f"`{name}` has a meaning already",
            "call it otherwise",
            name,
            key=True,
        )
        for path, name, is_taken in taken
        if is_taken
    ]


def _unused(definition: StrategyDefinition, scope: RuleNames) -> list[RuleProblem]:
    hint = "remove it, or use it in a rule"
    return [
        RuleProblem((field, name), rule, f"{what} `{name}` is not used", hint, name, key=True)
        for field, rule, what, names in (
            ("indicators", "unused-indicator", "indicator", definition.indicators),
            ("parameters", "unused-parameter", "parameter", definition.parameters),
        )
        for name in names
        if name not in scope.used and name not in scope.broken
    ]


def _by_side(rules: list[_Rule]) -> dict[str, list[Any]]:
    return {side: [r.term.code for r in rules if r.side == side] for side in SIDES}


def _sizing(definition: StrategyDefinition) -> dict[str, Any]:
    sizing = definition.position_sizing
    wanted = definition.backtest.position_size if definition.backtest else None
    if sizing is None and wanted is not None:
        method = "equity_fraction" if wanted < 1 else "fixed_units"
        sizing = PositionSizing.model_validate({"method": method, "value": wanted})
    if sizing is None:
        method = "equal_parts" if definition.framework == PORTFOLIO else "equity_fraction"
        return {"method": method, "value": 1.0}
    return sizing.model_dump()


def _risk(definition: StrategyDefinition) -> dict[str, Any]:
    risk: RiskLimits = definition.risk_limits
    configured = definition.backtest.max_positions if definition.backtest else None
    usual = None if definition.framework == PORTFOLIO else 1  # None: one for each symbol
    return {**risk.model_dump(), "max_positions": risk.max_positions or configured or usual}
