"""Writes talib_functions.json from the installed TA-Lib.

Run as `python -m
components.schema.rule_language.make_table`. The host never imports TA-Lib to read a
definition: this table stands for it, and a test compares the two. Allowed ranges aren't in
TA-Lib's Python interface, so each is found by asking the functions themselves.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import talib as typed_talib
from talib import abstract as typed_abstract

if TYPE_CHECKING:
    from collections.abc import Callable

talib: Any = typed_talib  # its stubs know neither its version nor its averages
abstract: Any = typed_abstract
TABLE = Path(__file__).with_name("talib_functions.json")
_INT_PROBES = (-(10**6), -1, 0, 1, 2, 3, 8, 31, 50, 200, 10_000, 100_000)
_FLOAT_PROBES = (-1e15, -1.0, 0.0, 0.01, 0.5, 1.0, 20.0, 100.0, 1000.0, 1e15)
_BARS = 400


def document() -> dict[str, Any]:
    """The whole file: TA-Lib's version, names of moving averages, functions."""
    averages = {
        name: value
        for name, value in vars(type(talib.MA_Type)).items()
        if name.isupper() and isinstance(value, int)
    }
    return {
        "version": talib.__ta_version__.decode().split()[0],
        "averages": averages,
        "functions": table(),
    }


def table() -> dict[str, Any]:
    """Every TA-Lib function: inputs in calling order, parameters with ranges, outputs."""
    return {name: describe(name) for name in sorted(talib.get_functions())}


def describe(name: str) -> dict[str, Any]:
    """One function's entry. `real` among the inputs is a series that `source` chooses."""
    info = abstract.Function(name).info
    inputs = inputs_of(info["input_names"])
    return {
        "group": info["group"],
        "title": info["display_name"],
        "inputs": inputs,
        "params": {
            key: {"default": value, **_range(name, inputs, dict(info["parameters"]), key)}
            for key, value in info["parameters"].items()
        },
        "outputs": list(info["output_names"]),
    }


def inputs_of(names: dict[str, str | list[str]]) -> list[str]:
    """Inputs in the order in which the function takes them."""
    flat: list[str] = []
    for key, value in names.items():
        if isinstance(value, list):
            flat.extend(value)
        else:
            flat.append("periods" if key == "periods" else "real")
    return flat


def _range(name: str, inputs: list[str], defaults: dict[str, Any], key: str) -> dict[str, Any]:
    whole = isinstance(defaults[key], int)
    probes: tuple[float, ...] = _INT_PROBES if whole else _FLOAT_PROBES

    def accepts(value: float) -> bool:
        return _accepts(name, inputs, {**defaults, key: value})

    good = [probe for probe in probes if accepts(probe)]
    low = _edge(accepts, probes, min(good), -1)
    high = _edge(accepts, probes, max(good), +1)
    return {"type": "int" if whole else "float", "min": low, "max": high}


def _edge(
    accepts: Callable[[float], bool], probes: tuple[float, ...], inside: float, direction: int
) -> float:
    """The outermost accepted value, by bisection between accepted and refused probes."""
    outside = [p for p in probes if (p - inside) * direction > 0]
    if not outside:
        return inside
    bad = min(outside, key=lambda p: abs(p - inside))
    while isinstance(inside, int) and abs(bad - inside) > 1:
        middle = (int(bad) + inside) // 2
        inside, bad = (middle, bad) if accepts(middle) else (inside, middle)
    return inside


def _accepts(name: str, inputs: list[str], params: dict[str, Any]) -> bool:
    walk = np.abs(np.random.default_rng(7).normal(0, 1, _BARS).cumsum()) + 50.0
    series = {"high": walk + 1, "low": walk - 1, "periods": np.full(_BARS, 5.0)}
    try:
        getattr(talib, name)(*[series.get(i, walk).copy() for i in inputs], *params.values())
    except Exception as error:  # TA-Lib raises bare Exception
        if "Bad Parameter" in str(error):
            return False
        raise
    return True


def main() -> None:
    """Write the table beside this module."""
    text = json.dumps(document(), separators=(",", ":")).replace('},"', '},\n"')
    TABLE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
