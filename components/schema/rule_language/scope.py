"""The names that rules and indicators can use, with what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.schema.definition.models import ParameterSpec, ScalarValue, StrategyDefinition
from components.schema.documents.explain import near
from components.schema.rule_language.problems import RuleProblem, RuleRefused
from components.schema.rule_language.ranges import ANY, INF, Range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.schema.documents.bounds import Path

SERIES: Mapping[str, Range] = {
    "open": Range(0.0, INF),
    "high": Range(0.0, INF),
    "low": Range(0.0, INF),
    "close": Range(0.0, INF),
    "volume": Range(0.0, INF),
}
POSITION = "position"
FUNCTIONS = (
    "abs",
    "barssince",
    "crossover",
    "crossunder",
    "falling",
    "highest",
    "lowest",
    "max",
    "min",
    "rising",
)
STRATEGY_ATTRIBUTES = frozenset(
    {
        "I",
        "buy",
        "closed_trades",
        "data",
        "equity",
        "init",
        "next",
        "orders",
        "position",
        "sell",
        "trades",
    }
)
"""Attributes of backtesting's Strategy: a parameter or indicator of that name would replace one."""

WORDS = frozenset({*SERIES, *FUNCTIONS, POSITION})
"""Names of the language itself: no parameter or indicator may take them."""


@dataclass(frozen=True)
class ParameterInfo:
    """A parameter: `number`, `flag` or `text`, the numbers it can be, whether all are whole."""

    kind: str
    range: Range = ANY
    whole: bool = False


@dataclass(frozen=True)
class IndicatorInfo:
    """An indicator's outputs: names -> row, the row of the bare name (or None), their bounds."""

    outputs: Mapping[str, int]
    default: int | None
    range: Range


@dataclass
class RuleNames:
    """Names by kind; `broken` ones exist but have a finding of their own already."""

    parameters: dict[str, ParameterInfo]
    indicators: dict[str, IndicatorInfo] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)

    def known(self) -> list[str]:
        """All names that a rule can use, for suggestions."""
        return sorted({*WORDS, *self.parameters, *self.indicators})


def scope_of(definition: StrategyDefinition, broken: frozenset[str]) -> RuleNames:
    """The scope of a definition's parameters; indicators are added as they are resolved."""
    parameters = {name: _info(value) for name, value in definition.parameters.items()}
    return RuleNames(parameters, broken=broken)


def _info(value: ScalarValue | ParameterSpec) -> ParameterInfo:
    default = value.default if isinstance(value, ParameterSpec) else value
    if isinstance(default, bool):
        return ParameterInfo("flag")
    if isinstance(default, str):
        return ParameterInfo("text")
    if not isinstance(value, ParameterSpec):
        return ParameterInfo("number", Range(default, default), is_whole(default))
    return ParameterInfo("number", _range(value, default), _all_whole(value, default))


def is_whole(value: object) -> bool:
    """Whether it is a whole number however it is written: 10, 10.0 and 1e1 are."""
    return isinstance(value, int | float) and float(value).is_integer()


def _all_whole(spec: ParameterSpec, default: float) -> bool:
    """Whether the parameter counts: by its default 10; by 10.0 where the other values are whole."""
    others = [n for n in (spec.min, spec.max, spec.step, *(spec.choices or ())) if n is not None]
    return isinstance(default, int) or all(is_whole(number) for number in (default, *others))


def _range(spec: ParameterSpec, default: float) -> Range:
    if spec.choices is not None:
        numbers = [float(c) for c in spec.choices if isinstance(c, int | float)] or [default]
        return Range(min(numbers), max(numbers))
    low = spec.min if spec.min is not None else default
    high = spec.max if spec.max is not None else default
    return Range(min(low, default), max(high, default))


def output_row(
    info: IndicatorInfo,
    name: str,
    output: str,
    path: Path,
    span: tuple[int, int] | None = None,
) -> int:
    """Row of an indicator's output; `output` is "" for the bare name. Raises Refused."""
    choices = ", ".join(f"{name}.{o}" for o in info.outputs)
    if not output:
        if info.default is not None:
            return info.default
        message = f"`{name}` has several outputs: say which"
        raise RuleRefused(RuleProblem(path, "which-output", message, choices, name, choices, span))
    if output in info.outputs:
        return info.outputs[output]
    message = f"`{name}` has no output `{output}`" + ("" if choices else ": it is one series")
    hint = near(output, info.outputs) if choices else f"write `{name}`"
    raise RuleRefused(
        RuleProblem(path, "unknown-output", message, hint, output, choices or name, span)
    )
