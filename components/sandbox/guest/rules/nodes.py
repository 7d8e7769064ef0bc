"""The nodes of a rule program as small closures over a strategy; no text is ever evaluated.

A number that is not there (warm-up, before the first bar, division by zero) is NaN; a condition
about it is undefined (None), and an undefined rule does not hold (Kleene's three-valued logic:
`not` of undefined is undefined).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import numpy as np

    from components.sandbox.guest.rules.strategy import Rules

Number = Callable[["Rules", int], float]
"""The number of a strategy at a lag: 0 is the present bar, 1 the one before."""
Condition = Callable[["Rules", int], bool | None]
Code = Sequence[Any]

COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
"""Price series of the rule language -> columns of the data."""
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


def all_of(codes: Sequence[Code]) -> Condition | None:
    """The condition that all of a side's rules hold; None where it has no rules."""
    return _and([condition(code) for code in codes]) if codes else None


def number(code: Code) -> Number:
    """The closure of a numeric node."""
    kind = code[0]
    if kind in ("series", "indicator"):
        return _at(_values(code))
    if kind == "lag":
        return _lagged(number(code[1]), _count(code[2], least=0))
    if kind == "call":
        return _numeric_call(code)
    if kind in ("add", "sub", "mul", "div"):
        return _arithmetic(kind, number(code[1]), number(code[2]))
    return _simple(code)


def _simple(code: Code) -> Number:
    kind = code[0]
    if kind == "num":
        value = code[1]
        return lambda _strategy, _lag: value
    if kind == "param":
        name = code[1]
        return lambda strategy, _lag: getattr(strategy, name)
    if kind == "neg":
        inner = number(code[1])
        return lambda strategy, lag: -inner(strategy, lag)
    if kind == "position":
        return lambda strategy, _lag: strategy.position.size * strategy._unit  # noqa: SLF001  # ours
    raise ValueError(f"unknown node {kind!r} in the rule program")


def column(strategy: Rules, series: str) -> np.ndarray:
    """A price series or the volume, as the asset has them, whatever parts of it are traded."""
    values: np.ndarray = getattr(strategy.data, COLUMNS[series])
    unit = strategy._unit  # noqa: SLF001  # ours
    if unit == 1:
        return values
    return values * unit if series == "volume" else values / unit


def _values(code: Code) -> Callable[[Rules], np.ndarray]:
    """The series of a leaf, as long as the bars seen."""
    if code[0] == "series":
        series = code[1]
        return lambda strategy: column(strategy, series)
    name, row = code[1], code[2]

    def values(strategy: Rules) -> np.ndarray:
        array: np.ndarray = getattr(strategy, name)
        return array if array.ndim == 1 else array[row]

    return values


def _at(values: Callable[[Rules], np.ndarray]) -> Number:
    def at(strategy: Rules, lag: int) -> float:
        array = values(strategy)
        return float(array[-1 - lag]) if lag < len(array) else math.nan

    return at


def _lagged(inner: Number, count: Callable[[Rules], int]) -> Number:
    return lambda strategy, lag: inner(strategy, lag + count(strategy))


def _count(code: Code, *, least: int) -> Callable[[Rules], int]:
    """A whole number, checked when it is a parameter: those may be overridden."""
    value = number(code)

    def count(strategy: Rules) -> int:
        wanted = value(strategy, 0)
        if wanted != int(wanted) or wanted < least:
            raise ValueError(
                f"parameter `{code[1]}` counts bars: {wanted} is not a whole number from {least}"
            )
        return int(wanted)

    return count


def _arithmetic(kind: str, left: Number, right: Number) -> Number:
    if kind == "div":
        return lambda strategy, lag: _divided(left(strategy, lag), right(strategy, lag))
    operation = {"add": add, "sub": sub, "mul": mul}[kind]
    return lambda strategy, lag: operation(left(strategy, lag), right(strategy, lag))


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _numeric_call(code: Code) -> Number:
    name = code[1]
    if name in ("highest", "lowest"):
        return _extreme(max if name == "highest" else min, code)
    if name == "barssince":
        return _bars_since(condition(code[2]))
    parts = [number(part) for part in code[2:]]
    if name == "abs":
        return lambda strategy, lag: abs(parts[0](strategy, lag))
    pick = max if name == "max" else min
    return lambda strategy, lag: _picked(pick, [part(strategy, lag) for part in parts])


def _picked(pick: Callable[[Sequence[float]], float], values: Sequence[float]) -> float:
    return math.nan if any(value != value for value in values) else pick(values)  # noqa: PLR0124  # NaN


def _extreme(pick: Callable[[Sequence[float]], float], code: Code) -> Number:
    """The highest or lowest of the last n values, the present one among them."""
    count = _count(code[3], least=1)
    if code[2][0] in ("series", "indicator"):
        values = _values(code[2])

        def of_series(strategy: Rules, lag: int) -> float:
            array, n = values(strategy), count(strategy)
            end = len(array) - lag
            return math.nan if end < n else _picked(pick, array[end - n : end].tolist())

        return of_series
    inner = number(code[2])

    def of_numbers(strategy: Rules, lag: int) -> float:
        return _picked(pick, [inner(strategy, lag + i) for i in range(count(strategy))])

    return of_numbers


def _bars_since(rule: Condition) -> Number:
    """Bars since a condition last held; infinite where it never has.

    The bar on which it last held is remembered for every bar, so that each is judged once. The
    memory is beside the strategy, not in it: what an instance holds is looked through for data of
    init() at every bar.
    """
    memory: WeakKeyDictionary[Rules, list[int]] = WeakKeyDictionary()

    def since(strategy: Rules, lag: int) -> float:
        present = len(strategy.data) - 1
        bar = present - lag
        if bar < 0:
            return math.nan
        known = memory.setdefault(strategy, [])
        for i in range(len(known), bar + 1):
            before = known[-1] if known else -1
            known.append(i if rule(strategy, present - i) else before)
        return bar - known[bar] if known[bar] >= 0 else math.inf

    return since


def condition(code: Code) -> Condition:
    """The closure of a condition node."""
    kind = code[0]
    if kind == "compare":
        return _compare(code)
    if kind == "flag":
        name = code[1]
        return lambda strategy, _lag: bool(getattr(strategy, name))
    if kind == "not":
        inner = condition(code[1])
        return lambda strategy, lag: _not(inner(strategy, lag))
    if kind in ("and", "or"):
        join = _and if kind == "and" else _or
        return join([condition(part) for part in code[1:]])
    return _condition_call(code)


def _not(value: bool | None, /) -> bool | None:  # noqa: FBT001  # three-valued truth
    return None if value is None else not value


def _and(parts: Sequence[Condition]) -> Condition:
    def both(strategy: Rules, lag: int) -> bool | None:
        result: bool | None = True
        for part in parts:
            value = part(strategy, lag)
            if value is False:
                return False
            result = None if value is None else result
        return result

    return both


def _or(parts: Sequence[Condition]) -> Condition:
    def either(strategy: Rules, lag: int) -> bool | None:
        result: bool | None = False
        for part in parts:
            value = part(strategy, lag)
            if value is True:
                return True
            result = None if value is None else result
        return result

    return either


def _compare(code: Code) -> Condition:
    parts = [number(part) for part in code[2]]
    pairs = [
        _pair(_COMPARE[op], left, right)
        for op, (left, right) in zip(code[1], pairwise(parts), strict=True)
    ]
    return pairs[0] if len(pairs) == 1 else _and(pairs)


def _pair(holds: Callable[[float, float], bool], left: Number, right: Number) -> Condition:
    def pair(strategy: Rules, lag: int) -> bool | None:
        a, b = left(strategy, lag), right(strategy, lag)
        return None if a != a or b != b else bool(holds(a, b))  # noqa: PLR0124  # NaN

    return pair


def _condition_call(code: Code) -> Condition:
    name = code[1]
    if code[0] != "call":
        raise ValueError(f"unknown node {code[0]!r} in the rule program")
    if name in ("crossover", "crossunder"):
        first, second = number(code[2]), number(code[3])
        return _crossing(first, second) if name == "crossover" else _crossing(second, first)
    return _steady(gt if name == "rising" else lt, number(code[2]), _count(code[3], least=1))


def _crossing(first: Number, second: Number) -> Condition:
    """Below on the bar before and above now, as `backtesting.lib.crossover` has it."""

    def crossed(strategy: Rules, lag: int) -> bool | None:
        a, b = first(strategy, lag + 1), second(strategy, lag + 1)
        c, d = first(strategy, lag), second(strategy, lag)
        if a != a or b != b or c != c or d != d:  # noqa: PLR0124  # NaN
            return None
        return bool(a < b and c > d)

    return crossed


def _steady(follows: Callable[[float, float], bool], inner: Number, count: Any) -> Condition:
    """Whether each of the last n steps went the same way."""

    def steady(strategy: Rules, lag: int) -> bool | None:
        values = [inner(strategy, lag + i) for i in range(count(strategy) + 1)]
        if any(value != value for value in values):  # noqa: PLR0124  # NaN
            return None
        return all(follows(a, b) for a, b in pairwise(values))

    return steady
