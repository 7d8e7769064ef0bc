"""What several fields of a definition say together: what no single field can be blamed for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from components.schema.definition.models import PORTFOLIO, ParameterSpec, StrategyDefinition
from components.schema.rule_language.problems import RuleProblem
from components.schema.rule_language.scope import STRATEGY_ATTRIBUTES
from components.schema.types import NAME_PATTERN, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.schema.documents.bounds import Path
    from components.schema.policies.schema import SchemaPolicy

_LIKELY_FRACTION = 0.1
_WHOLE = 100.0
_FLAG_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})


def problems_of(
    definition: StrategyDefinition, policy: SchemaPolicy, folder: str | None
) -> Iterator[RuleProblem]:
    """Everything wrong between fields, rules aside.

    Args:
        definition: a valid definition, or what is left of one.
        policy: the operator's demands.
        folder: name of the folder that holds it; None where there is none.
    """
    yield from _names(definition, policy, folder)
    yield from _period(definition)
    for name, value in definition.parameters.items():
        yield from _parameter(name, value)
    yield from _sizing(definition)
    yield from _risk(definition)


def framework_problem(
    definition: StrategyDefinition, policy: SchemaPolicy, *, has_code: bool
) -> RuleProblem | None:
    """What doesn't fit between the framework and the files that are there."""
    framework = framework_of(definition, has_code=has_code)
    path: Path = ("framework",)
    if framework == "rules" and has_code:
        message = "framework is `rules` but the folder has a strategy.py: only one can trade"
        return RuleProblem(path, "framework", message, "remove strategy.py, or say backtesting.py")
    trades_by_rules = framework == PORTFOLIO and definition.entry_rules
    if framework in ("backtesting.py", PORTFOLIO) and not (has_code or trades_by_rules):
        message = f"framework is `{framework}` but the folder has no strategy.py"
        hint = "or say rules" if framework != PORTFOLIO else "or write entry_rules"
        return RuleProblem(path, "framework", message, f"add strategy.py, {hint}")
    if framework == PORTFOLIO and not (definition.symbols or definition.universe):
        message = "framework is `portfolio` but no `symbols` are given"
        return RuleProblem(path, "framework", message, "write symbols: [SPX, IXIC]")
    if framework != PORTFOLIO and definition.universe:
        message = "`universe` is of a portfolio only"
        return RuleProblem(("universe",), "framework", message, "write framework: portfolio")
    if framework not in policy.frameworks:
        allowed = ", ".join(policy.frameworks)
        message = f"framework `{framework}` is not allowed here"
        return RuleProblem(path, "framework", message, "", framework, allowed)
    return None


def has_rules(definition: StrategyDefinition, *, has_code: bool) -> bool:
    """Whether rules trade: on one symbol, or on those of a portfolio without code."""
    framework = framework_of(definition, has_code=has_code)
    alone = framework == PORTFOLIO and not has_code and bool(definition.entry_rules)
    return framework == "rules" or alone


def framework_of(definition: StrategyDefinition, *, has_code: bool) -> str:
    """What trades: as written, else the code where there is code, else the rules."""
    return definition.framework or ("backtesting.py" if has_code else "rules")


def _names(
    definition: StrategyDefinition, policy: SchemaPolicy, folder: str | None
) -> Iterator[RuleProblem]:
    name = definition.name
    if policy.folder_is_name and folder is not None and name != folder:
        message = f"the strategy is called `{name}`, its folder `{folder}`"
        fits = re.fullmatch(NAME_PATTERN, folder) and re.search(policy.name_pattern, folder)
        hint = (
            "call both the same" if fits else f"rename the folder, to `{name}` or both to another"
        )
        yield RuleProblem(
            ("name",), "folder-name", message, hint, name, folder if fits else WORDS[NAME_PATTERN]
        )
    if not re.search(policy.name_pattern, name):
        message = f"name `{name}` does not match this repository's rule"
        yield RuleProblem(("name",), "bad-name", message, "", name, policy.name_pattern)
    if definition.symbol and definition.symbols:
        message = "`symbol` and `symbols` are both given"
        yield RuleProblem(("symbols",), "either-or", message, "keep one of them", key=True)
    if definition.universe and (definition.symbol or definition.symbols):
        message = "`universe` and symbols are both given"
        yield RuleProblem(("universe",), "either-or", message, "keep one of them", key=True)
    if len(set(definition.symbols)) != len(definition.symbols):
        twice = sorted({s for s in definition.symbols if definition.symbols.count(s) > 1})
        message = f"`symbols` names {', '.join(twice)} twice"
        yield RuleProblem(("symbols",), "duplicate-symbol", message, "name each once")


def _period(definition: StrategyDefinition) -> Iterator[RuleProblem]:
    if definition.period and (definition.start or definition.end):
        message = "`period` and `start`/`end` are both given"
        yield RuleProblem(("period",), "either-or", message, "keep one of them", key=True)
    if definition.start and definition.end and definition.start >= definition.end:
        message = f"`start` {definition.start} is not before `end` {definition.end}"
        yield RuleProblem(("start",), "out-of-range", message, "swap them")


def _parameter(name: str, value: object) -> Iterator[RuleProblem]:
    path: Path = ("parameters", name)
    if name in STRATEGY_ATTRIBUTES:
        message = f"parameter `{name}` would replace the Strategy's own `{name}`"
        yield RuleProblem(path, "reserved-name", message, "call it otherwise", name, key=True)
    default = value.default if isinstance(value, ParameterSpec) else value
    if isinstance(default, str) and default.lower() in _FLAG_WORDS:
        message = f"`{default}` is text in YAML 1.2, not a flag"
        hint = "write true or false, or quote it"
        where = (*path, "default") if isinstance(value, ParameterSpec) else path
        yield RuleProblem(where, "yes-no-text", message, hint, default)
    if isinstance(value, ParameterSpec):
        yield from _spec(path, value)


def _spec(path: Path, spec: ParameterSpec) -> Iterator[RuleProblem]:
    default = spec.default
    if spec.min is not None and spec.max is not None and spec.min > spec.max:
        message = f"min {spec.min:g} is above max {spec.max:g}"
        yield RuleProblem((*path, "min"), "out-of-range", message, "swap them")
    elif spec.min is not None or spec.max is not None or spec.step is not None:
        yield from _spec_range(path, spec)
    if spec.choices is not None:
        same = [c for c in spec.choices if c == default and type(c) is type(default)]
        kinds = {_kind(choice) for choice in (*spec.choices, default)}
        choices = ", ".join(str(c) for c in spec.choices)
        if len(kinds) > 1:
            message = "choices and default are of different kinds"
            yield RuleProblem((*path, "choices"), "wrong-type", message, "", choices)
        elif not same and not (_kind(default) == "number" and default in spec.choices):
            message = f"default {default} is not among the choices"
            yield RuleProblem(
                (*path, "default"), "out-of-range", message, "", str(default), choices
            )


def _spec_range(path: Path, spec: ParameterSpec) -> Iterator[RuleProblem]:
    if _kind(spec.default) != "number":
        message = "min, max and step are for numbers"
        yield RuleProblem(
            (*path, "default"), "wrong-type", message, "use choices", str(spec.default)
        )
        return
    number = float(spec.default)
    low = spec.min if spec.min is not None else number
    high = spec.max if spec.max is not None else number
    if not low <= number <= high:
        allowed = f"{low:g} to {high:g}"
        message = f"default {number:g} is outside {allowed}"
        yield RuleProblem((*path, "default"), "out-of-range", message, "", f"{number:g}", allowed)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"


def _sizing(definition: StrategyDefinition) -> Iterator[RuleProblem]:
    sizing = definition.position_sizing
    if sizing is None:
        return
    path: Path = ("position_sizing", "value")
    if sizing.method == "equity_fraction" and sizing.value > 1:
        message = f"equity_fraction is {sizing.value:g}, allowed: up to 1 (all of it)"
        hint = f"{sizing.value:g} % is {sizing.value / _WHOLE:g}"
        yield RuleProblem(path, "out-of-range", message, hint, f"{sizing.value:g}", "0 to 1")
    if sizing.method == "fixed_units" and not sizing.value.is_integer():
        message = f"fixed_units is {sizing.value:g}: units are whole"
        yield RuleProblem(path, "out-of-range", message, "", f"{sizing.value:g}", "1, 2, 3, ...")
    if sizing.method == "risk_percent":
        yield from _risk_percent(definition, sizing.value)


def _risk_percent(definition: StrategyDefinition, value: float) -> Iterator[RuleProblem]:
    if value > _WHOLE:
        message = f"risk_percent is {value:g}, allowed: up to 100"
        yield RuleProblem(("position_sizing", "value"), "out-of-range", message)
    risk = definition.risk_limits
    if risk.stop_loss_pct is None and risk.trailing_stop_pct is None:
        message = "risk_percent needs a stop: the size follows from its distance"
        hint = "set risk_limits.stop_loss_pct"
        yield RuleProblem(("position_sizing",), "missing-field", message, hint, key=True)


def _risk(definition: StrategyDefinition) -> Iterator[RuleProblem]:
    risk = definition.risk_limits
    for name in ("stop_loss_pct", "take_profit_pct", "trailing_stop_pct", "max_drawdown_pct"):
        value: float | None = getattr(risk, name)
        if value is not None and value < _LIKELY_FRACTION:
            message = f"`{name}` is {value:g} %, which is very small"
            hint = f"percentages are written as such: did you mean {value * _WHOLE:g}?"
            yield RuleProblem(("risk_limits", name), "suspicious-percent", message, hint)
