"""Parameter values asked for at a backtest: only declared ones, only within their range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from components.errors import UserError
from components.schema.definition.models import (
    ParameterSpec,
    ScalarValue,
    StrategyDefinition,
    parameter_values,
)
from components.schema.documents.bounds import Bounds
from components.schema.documents.explain import near
from components.schema.documents.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_value(text: str) -> ScalarValue | None:
    """A value as a command line gives it, read as a definition would read it (`1e1` is 10.0).

    Args:
        text: what stands after `name=`.

    Returns:
        The value; None where it is no single finite number, text or flag.
    """
    reading = read_yaml(text, Bounds())
    value = reading.value if not reading.problems else None
    if isinstance(value, float) and not math.isfinite(value):  # `1e400` is read as infinity
        return None
    return value if isinstance(value, bool | int | float | str) else None


def overridden(
    definition: StrategyDefinition, values: Mapping[str, ScalarValue]
) -> dict[str, ScalarValue]:
    """The definition's parameters with some of them set to other values.

    Args:
        definition: what the strategy declares.
        values: parameter name -> value asked for.

    Returns:
        All parameters, ready to become class attributes.

    Raises:
        UserError: a parameter is not declared, of another kind, or out of its range.
    """
    result = parameter_values(definition)
    for name, value in values.items():
        declared = definition.parameters.get(name)
        if declared is None:
            known = ", ".join(definition.parameters) or "none"
            hint = near(name, definition.parameters) or f"declared are: {known}"
            raise UserError(f"`{name}` is not a parameter of {definition.name}", hint=hint)
        result[name] = _fitting(name, value, declared)
    return result


def _fitting(name: str, value: ScalarValue, declared: ScalarValue | ParameterSpec) -> ScalarValue:
    default = declared.default if isinstance(declared, ParameterSpec) else declared
    if _kind(value) != _kind(default):
        raise UserError(
            f"parameter `{name}` is a {_kind(default)}, found {value!r}",
            hint=f"its default is {default!r}",
        )
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(declared, ParameterSpec):
        _within(name, value, declared)
    return value


def _within(name: str, value: ScalarValue, spec: ParameterSpec) -> None:
    if spec.choices is not None and value not in spec.choices:
        choices = ", ".join(str(choice) for choice in spec.choices)
        raise UserError(f"parameter `{name}` is {value!r}, allowed: {choices}")
    if isinstance(value, str):
        return
    low = spec.min if spec.min is not None else value
    high = spec.max if spec.max is not None else value
    if not low <= value <= high:
        raise UserError(f"parameter `{name}` is {value:g}, allowed: {_bounds(spec)}")


def _bounds(spec: ParameterSpec) -> str:
    if spec.min is None:
        return f"up to {spec.max:g}"
    return f"{spec.min:g} or more" if spec.max is None else f"{spec.min:g} to {spec.max:g}"


def _kind(value: ScalarValue) -> str:
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"
