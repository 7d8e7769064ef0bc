"""The JSON Schemas that editors and clients use, made from the models themselves.

They accept exactly what the models accept. What several fields say together (a default within its
range, `start` before `end`, whether a rule can be read) no JSON Schema can say; `algoops validate
schema` does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, assert_never

from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.models import StrategyDefinition
from components.schema.results.report import Report
from components.schema.results.values import ExecutionResult
from components.schema.rule_language.functions import functions

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Published(StrEnum):
    """The documents that have a published schema."""

    DEFINITION = "definition"
    BACKTEST_CONFIG = "backtest-config"
    REPORT = "report"
    RESULT = "result"


def json_schema(kind: Published) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one kind of document."""
    schema = _tidied(_model(kind).model_json_schema())
    if kind is Published.DEFINITION:
        _suggest_functions(schema)
    return {"$schema": DIALECT, **schema}


def _model(kind: Published) -> type[BaseModel]:
    match kind:
        case Published.DEFINITION:
            return StrategyDefinition
        case Published.BACKTEST_CONFIG:
            return BacktestConfig
        case Published.REPORT:
            return Report
        case Published.RESULT:
            return ExecutionResult
        case _:
            assert_never(kind)


def _tidied(node: Any) -> Any:
    """What pydantic writes, made exact.

    Unions become `anyOf` (5 is an integer and a number, which `oneOf` would refuse), and mappings
    are closed to names that don't fit, as the model closes them.
    """
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        "anyOf" if key == "oneOf" else key: _names(value) if key in _NAMED else _tidied(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
    if "patternProperties" in tidy:
        tidy.setdefault("additionalProperties", False)
    return tidy


_NAMED = ("properties", "$defs")


def _names(node: dict[str, Any]) -> dict[str, Any]:
    """A mapping whose keys are names, so that a field called `title` stays."""
    return {name: _tidied(value) for name, value in node.items()}


def _suggest_functions(schema: dict[str, Any]) -> None:
    """Let editors complete TA-Lib's functions; other text stays allowed (the model's word)."""
    kind = schema["$defs"]["IndicatorSpec"]["properties"]["type"]
    names = [
        *functions(),
        *(
            f"{f.name}.{output}"
            for f in functions().values()
            if len(f.outputs) > 1
            for output in f.output_aliases
        ),
    ]
    words = {key: kind.pop(key) for key in ("type", "minLength", "maxLength")}
    kind["anyOf"] = [{"enum": names}, words]
