"""Conditions in the loose English of version 1.x -> rules, with the indicators they name."""

from __future__ import annotations

import re
from typing import Any

from components.schema.rule_language.functions import functions
from components.schema.rule_language.lower import lower_rule
from components.schema.rule_language.place import RulePlace
from components.schema.rule_language.problems import RuleRefused
from components.schema.rule_language.scope import IndicatorInfo, ParameterInfo, RuleNames
from components.schema.rule_language.text import parse_rule

_LONGEST = 500
_LONGEST_WORDING = 2_000
_NUMBER = r"[0-9]+"
_CALL = re.compile(
    rf"\b([A-Za-z][A-Za-z0-9_]*)\s*\(\s*(?:close\s*,\s*)?({_NUMBER})\s*\)", re.IGNORECASE
)
_PERIOD_FIRST = re.compile(
    rf"\b({_NUMBER})[- ](?:day|bar|period|week|hour)s?[- ]([A-Za-z][A-Za-z0-9]*)\b", re.IGNORECASE
)
_PERIOD_LAST = re.compile(rf"\b([A-Za-z]+)_?({_NUMBER})\b")
_WORD = re.compile(r"\b[A-Za-z][A-Za-z0-9_]*\b(?!\s*\()")
_PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), text)
    for pattern, text in (
        (r"\{\{?\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}?\}", r"\1"),
        (r"\$([A-Za-z_])", r"\1"),
        (r"&&", " and "),
        (r"\|\|", " or "),
        (r"\bAND\b", "and"),
        (r"\bOR\b", "or"),
        (r"\bNOT\b", "not"),
        (r"\b(?:the\s+)?(?:closing\s+|current\s+)?price\b", "close"),
        (
            r"\b(?:is\s+)?(?:greater|higher|more)\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+least\b",
            ">=",
        ),
        (r"\b(?:is\s+)?(?:less|lower)\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+most\b", "<="),
        (r"\b(?:crosse[sd]|cross)\s+(?:above|over|up)\b", " CROSSOVER "),
        (r"\b(?:crosse[sd]|cross)\s+(?:below|under|down)\b", " CROSSUNDER "),
        (r"\b(?:is\s+)?(?:above|over|greater\s+than|higher\s+than|more\s+than)\b", ">"),
        (r"\b(?:is\s+)?(?:below|under|less\s+than|lower\s+than)\b", "<"),
        (r"\b(?:is\s+)?equal(?:s|\s+to)\b", "=="),
        (r"(?<![<>=!])=(?!=)", "=="),
        (r"\bthe\b", " "),
    )
)
_CROSSING = re.compile(r"^(.*?)\s+(CROSSOVER|CROSSUNDER)\s+(.*)$")
_SERIES = {"open", "high", "low", "close", "volume"}


def translate(
    text: str, parameters: dict[str, Any], indicators: dict[str, dict[str, Any]]
) -> tuple[str, str]:
    """One condition as a rule.

    Args:
        text: the condition as written in a step.
        parameters: parameters by name, which it may use.
        indicators: indicators known so far; gains those that the condition names.

    Returns:
        The rule and "", or "" and the reason why it is none.
    """
    if len(text) > _LONGEST_WORDING:
        return "", f"it has {len(text)} characters, at most {_LONGEST_WORDING} are read"
    found = dict(indicators)
    wording = text.strip().rstrip(".;")
    for pattern, replacement in _PHRASES:
        wording = pattern.sub(replacement, wording)
    wording = _named_indicators(wording, parameters, found)
    rule = re.sub(r"\s+", " ", " ".join(_crossings(part) for part in _parts(wording))).strip()
    reason = _fault(rule, parameters, found)
    if reason:
        return "", reason
    indicators.update(found)
    return rule, ""


def _parts(wording: str) -> list[str]:
    """The text between `and` and `or`, with those words in their places."""
    return re.split(r"(?<=\s)(and|or)(?=\s)", wording)


def _crossings(part: str) -> str:
    match = _CROSSING.match(part.strip())
    if match is None:
        return part
    first, word, second = match.groups()
    return f"{word.lower()}({first.strip()}, {second.strip()})"


def _named_indicators(
    wording: str, parameters: dict[str, Any], found: dict[str, dict[str, Any]]
) -> str:
    """Indicators written as `RSI(14)`, `50-day SMA`, `SMA_50` or `RSI`, by a name of their own."""

    def named(function: str, period: str, original: str) -> str:
        known = functions().get(function.upper())
        if known is None or "timeperiod" not in known.parameters:
            return original
        name = f"{known.name.lower()}_{int(period)}"
        found[name] = {"type": known.name, "timeperiod": int(period)}
        return name

    def bare(match: re.Match[str]) -> str:
        word = match.group()
        known = functions().get(word.upper())
        taken = word in parameters or word in found or word.lower() in (*_SERIES, "max", "min")
        if known is None or taken or known.default_output is None:
            return word.lower() if word.lower() in _SERIES else word
        found[known.name.lower()] = {"type": known.name}
        return known.name.lower()

    wording = _PERIOD_FIRST.sub(lambda m: named(m.group(2), m.group(1), m.group()), wording)
    wording = _CALL.sub(lambda m: named(m.group(1), m.group(2), m.group()), wording)
    wording = _PERIOD_LAST.sub(lambda m: named(m.group(1), m.group(2), m.group()), wording)
    return _WORD.sub(bare, wording)


def _fault(rule: str, parameters: dict[str, Any], indicators: dict[str, dict[str, Any]]) -> str:
    """Why a text is not a rule, or an empty string."""
    kinds = {name: ParameterInfo(_kind(value)) for name, value in parameters.items()}
    scope = RuleNames(kinds, {name: _info(spec) for name, spec in indicators.items()})
    place = RulePlace((), 0)
    try:
        lower_rule(parse_rule(rule, (), _LONGEST).tree, scope, place)
    except RuleRefused as stop:
        return stop.problem.message
    return ""


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"


def _info(spec: dict[str, Any]) -> IndicatorInfo:
    name, _, output = str(spec["type"]).partition(".")
    function = functions()[name]
    if output:
        return IndicatorInfo({}, 0, function.range)
    return IndicatorInfo(function.output_aliases, function.default_output, function.range)
