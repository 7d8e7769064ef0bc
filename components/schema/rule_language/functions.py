"""The TA-Lib functions as a table: inputs, parameters with their ranges, outputs with theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from components.schema.rule_language.ranges import ANY, INF, Range

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE = Path(__file__).with_name("talib_functions.json")

_PERCENT = Range(0.0, 100.0)
_OUTPUT_RANGES: dict[str, Range] = {
    **dict.fromkeys(
        ("ADX", "ADXR", "DX", "IMI", "MFI", "MINUS_DI", "PLUS_DI", "RSI", "ULTOSC"), _PERCENT
    ),
    "AROON": _PERCENT,
    "AROONOSC": Range(-100.0, 100.0),
    "BOP": Range(-1.0, 1.0),
    "CMO": Range(-100.0, 100.0),
    "CORREL": Range(-1.0, 1.0),
    "HT_SINE": Range(-1.0, 1.0),
    "HT_TRENDMODE": Range(0.0, 1.0),
    "STOCHF": _PERCENT,
    "WILLR": Range(-100.0, 0.0),
    **dict.fromkeys(("ATR", "NATR", "TRANGE", "STDDEV", "VAR"), Range(0.0, INF)),
}
"""Bounds that follow from a function's definition, whatever its parameters are.

STOCH and STOCHRSI are absent: smoothing by an overshooting average (DEMA, T3) can leave 0-100.
"""


@dataclass(frozen=True)
class FunctionParameter:
    """A parameter of a TA-Lib function; `whole` for counts and kinds of averages."""

    name: str
    default: float
    low: float
    high: float
    whole: bool


@dataclass(frozen=True)
class Function:
    """A TA-Lib function.

    Attributes:
        inputs: in calling order; `real` is a series that `source` chooses.
        parameters: by name, in TA-Lib's order.
        aliases: short names of parameters and outputs -> TA-Lib's.
    """

    name: str
    title: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, FunctionParameter]
    outputs: tuple[str, ...]
    output_aliases: Mapping[str, int]
    range: Range

    @property
    def default_output(self) -> int | None:
        """Which output the bare name stands for; None where that would be a guess."""
        if len(self.outputs) == 1:
            return 0
        return self.outputs.index(self.name.lower()) if self.name.lower() in self.outputs else None

    def parameter(self, name: str) -> FunctionParameter | None:
        """A parameter by TA-Lib's name or a short one."""
        return self.parameters.get(name) or self.parameters.get(_short_names(self).get(name, ""))


PARAMETER_ALIASES: dict[str, tuple[str, ...]] = {
    "period": ("timeperiod",),
    "length": ("timeperiod",),
    "window": ("timeperiod",),
    "fast": ("fastperiod", "fastlimit"),
    "slow": ("slowperiod", "slowlimit"),
    "signal": ("signalperiod",),
    "fast_period": ("fastperiod",),
    "slow_period": ("slowperiod",),
    "signal_period": ("signalperiod",),
    "nbdev": ("nbdevup",),
    "std": ("nbdev", "nbdevup"),
    "stddev": ("nbdev", "nbdevup"),
}
"""Short names that authors use; each stands for the first of these that a function has."""

BOTH_DEVIATIONS = frozenset({"nbdev", "std", "stddev"})
"""On a band function these set both the upper and the lower deviation."""


@lru_cache(maxsize=1)
def functions() -> Mapping[str, Function]:
    """All TA-Lib functions by name."""
    document = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {name: _function(name, entry) for name, entry in document["functions"].items()}


@lru_cache(maxsize=1)
def averages() -> Mapping[str, int]:
    """Names of moving averages (for `matype`) -> TA-Lib's numbers."""
    document = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {str(name): int(number) for name, number in document["averages"].items()}


def _function(name: str, entry: dict[str, object]) -> Function:
    raw: dict[str, dict[str, float | str]] = entry["params"]  # type: ignore[assignment]
    outputs: list[str] = entry["outputs"]  # type: ignore[assignment]
    inputs: list[str] = entry["inputs"]  # type: ignore[assignment]
    parameters = {
        key: FunctionParameter(
            key, float(p["default"]), float(p["min"]), float(p["max"]), p["type"] == "int"
        )
        for key, p in raw.items()
    }
    known = Range(-200.0, 200.0) if name.startswith("CDL") else _OUTPUT_RANGES.get(name, ANY)
    return Function(
        name,
        str(entry["title"]),
        tuple(inputs),
        parameters,
        tuple(outputs),
        _output_aliases(name, outputs),
        known,
    )


def _output_aliases(name: str, outputs: list[str]) -> dict[str, int]:
    """`signal` for macdsignal, `upper` for upperband, `k` for slowk: where that is unambiguous."""
    short = {row: _shorter(name.lower(), output) for row, output in enumerate(outputs)}
    aliases = {text: row for row, text in short.items() if list(short.values()).count(text) == 1}
    return {**aliases, **{output: row for row, output in enumerate(outputs)}}


def _shorter(function: str, output: str) -> str:
    for prefix in (function, "macd", "slow", "fast", "aroon", "ha"):
        if output.startswith(prefix) and len(output) > len(prefix):
            return output.removeprefix(prefix)
    return output.removesuffix("band").removesuffix("power")


def _short_names(function: Function) -> dict[str, str]:
    return {
        short: next((long for long in longs if long in function.parameters), "")
        for short, longs in PARAMETER_ALIASES.items()
    }
