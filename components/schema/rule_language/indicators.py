"""Indicators of a definition -> calls of TA-Lib functions, in an order that can be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.schema.definition.models import IndicatorSpec, ScalarValue, StrategyDefinition
from components.schema.documents.explain import near
from components.schema.rule_language.functions import (
    BOTH_DEVIATIONS,
    Function,
    FunctionParameter,
    averages,
    functions,
)
from components.schema.rule_language.problems import RuleProblem, RuleRefused
from components.schema.rule_language.ranges import Range
from components.schema.rule_language.scope import SERIES, IndicatorInfo, RuleNames, output_row

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path

_MOST_ARGUMENTS = 32
Compiled = dict[str, Any]
"""One indicator of a program: name, function, output row (None: all), inputs, parameters."""


def compile_indicators(
    definition: StrategyDefinition, scope: RuleNames
) -> tuple[list[Compiled], list[RuleProblem]]:
    """Resolve all indicators and add them to the scope.

    Args:
        definition: the definition, whose indicators may name one another as `source`.
        scope: parameters to start with; gains the indicators.

    Returns:
        Compiled indicators, sources before their users; and every problem found.
    """
    work = _Resolver(definition, scope)
    for name in definition.indicators:
        work.resolve(name)
    return work.compiled, work.problems


class _Resolver:
    def __init__(self, definition: StrategyDefinition, scope: RuleNames) -> None:
        self.definition, self.scope = definition, scope
        self.compiled: list[Compiled] = []
        self.problems: list[RuleProblem] = []
        self.busy: list[str] = []
        self.done: set[str] = set()

    def resolve(self, name: str) -> None:
        """Compile one indicator, after the ones it is computed on."""
        if name in self.done or name in self.busy:
            return
        self.busy.append(name)
        try:
            self.compiled.append(self.compile(name))
        except RuleRefused as stop:
            self.problems.append(stop.problem)
            self.scope.broken |= {name}
        self.busy.pop()
        self.done.add(name)

    def compile(self, name: str) -> Compiled:
        spec = self.definition.indicators[name]
        path: Path = ("indicators", name)
        given = spec or IndicatorSpec(type=name.upper())
        function, row = self.function(path, given.type, implied=spec is None)
        inputs = self.inputs(path, function, given)
        parameters = self.parameters(path, function, given)
        single = row if row is not None else (0 if len(function.outputs) == 1 else None)
        outputs = {} if single is not None else function.output_aliases
        default = 0 if single is not None else function.default_output
        self.scope.indicators[name] = IndicatorInfo(outputs, default, function.range)
        return {
            "name": name,
            "function": function.name,
            "output": single if len(function.outputs) > 1 else None,
            "inputs": inputs,
            "parameters": parameters,
        }

    def function(self, path: Path, text: str, *, implied: bool) -> tuple[Function, int | None]:
        """The function and, for `NAME.output`, the row of its output."""
        name, _, output = text.partition(".")
        function = functions().get(name)
        if function is None:
            hint = near(name, functions()) or "https://ta-lib.org lists the functions"
            what = f"`{text}` is not a TA-Lib function"
            if implied:
                hint = "give it a type: {type: SMA, timeperiod: 20}"
            raise RuleRefused(
                RuleProblem(_type(path, implied), "unknown-indicator", what, hint, text)
            )
        if "." not in text:
            return function, None
        if output not in function.output_aliases:
            allowed = ", ".join(f"{name}.{o}" for o in function.output_aliases)
            raise RuleRefused(
                RuleProblem(
                    (*path, "type"),
                    "unknown-output",
                    f"{name} has no output `{output}`",
                    near(output, function.output_aliases),
                    text,
                    allowed,
                )
            )
        return function, function.output_aliases[output]

    def inputs(self, path: Path, function: Function, spec: IndicatorSpec) -> list[list[Any]]:
        chosen = [i for i in function.inputs if i in ("real", "periods")]
        sources = (spec.source,) if isinstance(spec.source, str) else spec.source
        if sources is not None and len(sources) != len(chosen):
            self.source_count(path, function, len(chosen), len(sources))
            sources = ("close",) * len(chosen)
        if sources is None and len(chosen) > 1:
            raise RuleRefused(_two_sources(path, function))
        supply = iter(sources or ("close",))
        return [
            self.source((*path, "source"), next(supply)) if i in chosen else ["series", i]
            for i in function.inputs
        ]

    def source_count(self, path: Path, function: Function, wanted: int, given: int) -> None:
        if wanted > 1:
            raise RuleRefused(_two_sources(path, function))
        fixed = ", ".join(function.inputs)
        message = (
            f"{function.name} takes one series, found {given}"
            if wanted
            else f"{function.name} always takes {fixed}: `source` has no effect"
        )
        self.problems.append(
            RuleProblem(
                (*path, "source"),
                "source-count" if wanted else "unused-source",
                message,
                "remove `source`" if not wanted else "name one series",
            )
        )

    def source(self, path: Path, text: str) -> list[Any]:
        if text in SERIES:
            return ["series", text]
        name, _, output = text.partition(".")
        if name in self.definition.indicators:
            return self.chained(path, name, output)
        if name in self.scope.broken:
            return ["series", "close"]
        known = [*SERIES, *self.definition.indicators]
        raise RuleRefused(
            RuleProblem(
                path,
                "unknown-source",
                f"`{text}` is neither a price series nor an indicator",
                near(text, known),
                text,
                ", ".join(known),
            )
        )

    def chained(self, path: Path, name: str, output: str) -> list[Any]:
        if name in self.busy:
            ring = " -> ".join([*self.busy[self.busy.index(name) :], name])
            raise RuleRefused(
                RuleProblem(
                    path, "indicator-cycle", f"indicators are computed on each other: {ring}"
                )
            )
        self.resolve(name)
        self.scope.used.add(name)
        info = self.scope.indicators.get(name)
        if info is None:
            return ["series", "close"]
        return ["indicator", name, output_row(info, name, output, path)]

    def parameters(self, path: Path, function: Function, spec: IndicatorSpec) -> dict[str, Any]:
        given: dict[str, tuple[Path, ScalarValue]] = {
            key: ((*path, key), value) for key, value in (spec.__pydantic_extra__ or {}).items()
        }
        given |= {key: ((*path, "params", key), value) for key, value in spec.params.items()}
        result: dict[str, Any] = {}
        if len(given) > _MOST_ARGUMENTS:
            message = f"{function.name} is given {len(given)} arguments"
            raise RuleRefused(
                RuleProblem(path, "unknown-argument", message, "remove those it has not")
            )
        for key, (where, value) in given.items():
            parameter = function.parameter(key)
            if parameter is None:
                self.problems.append(_unknown_parameter(where, function, key))
                continue
            code = self.argument(where, function, parameter, value)
            result[parameter.name] = code
            if key in BOTH_DEVIATIONS and parameter.name == "nbdevup":
                result["nbdevdn"] = code
        return result

    def argument(
        self, path: Path, function: Function, parameter: FunctionParameter, value: ScalarValue
    ) -> list[Any]:
        kind = "a whole number from" if parameter.whole else "from"
        allowed = f"{kind} {parameter.low:g} to {parameter.high:g}"
        if isinstance(value, str) and value.startswith("$"):
            return self.reference(path, function, parameter, value, allowed)
        if isinstance(value, str) and parameter.name.endswith("matype") and value in averages():
            return ["num", averages()[value]]
        if isinstance(value, bool | str):
            hint = "write $name for a parameter of the strategy"
            if parameter.name.endswith("matype"):
                allowed = ", ".join(averages())
                hint = near(str(value), averages())
            self.bad_argument(path, function, value, allowed, hint)
        elif not fits(Range(value, value), parameter, whole=float(value).is_integer()):
            self.bad_argument(path, function, value, allowed)
        else:
            return ["num", int(value) if parameter.whole else float(value)]
        return ["num", parameter.default]

    def reference(
        self,
        path: Path,
        function: Function,
        parameter: FunctionParameter,
        value: str,
        allowed: str,
    ) -> list[Any]:
        name = value[1:]
        info = self.scope.parameters.get(name)
        self.scope.used.add(name)
        if info is None and name not in self.scope.broken:
            known = [f"${p}" for p in self.scope.parameters]
            self.problems.append(
                RuleProblem(
                    path,
                    "unknown-parameter",
                    f"`{value}` is not a parameter of this strategy",
                    near(value, known) or "define it under `parameters`",
                    value,
                    ", ".join(known),
                )
            )
        elif info is not None and (
            info.kind != "number" or not fits(info.range, parameter, whole=info.whole)
        ):
            span = f"{value} ({info.range.low:g} to {info.range.high:g})"
            found = span if info.kind == "number" else f"{value} ({info.kind})"
            self.bad_argument(path, function, found, allowed, "narrow the parameter's min and max")
        return ["param", name]

    def bad_argument(
        self, path: Path, function: Function, value: ScalarValue, allowed: str, hint: str = ""
    ) -> None:
        message = f"`{path[-1]}` of {function.name} is {value}, allowed: {allowed}"
        self.problems.append(
            RuleProblem(path, "indicator-argument", message, hint, str(value), allowed)
        )


def fits(numbers: Range, parameter: FunctionParameter, *, whole: bool) -> bool:
    """Whether all of a range of numbers may be given to a function's parameter."""
    inside = parameter.low <= numbers.low and numbers.high <= parameter.high
    return inside and (whole or not parameter.whole)


def _type(path: Path, implied: bool) -> Path:  # noqa: FBT001  # one caller, one meaning
    return path if implied else (*path, "type")


def _two_sources(path: Path, function: Function) -> RuleProblem:
    return RuleProblem(
        (*path, "source"),
        "source-count",
        f"{function.name} takes two series",
        "name both: source: [high, low]",
    )


def _unknown_parameter(path: Path, function: Function, key: str) -> RuleProblem:
    allowed = ", ".join(function.parameters) or "none"
    return RuleProblem(
        path,
        "unknown-argument",
        f"{function.name} has no parameter `{key}`",
        near(key, function.parameters) or f"{function.name} takes: {allowed}",
        key,
        allowed,
        key=True,
    )
