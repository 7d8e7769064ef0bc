"""The functions of the rule language: arguments, results, bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from components.schema.rule_language.ranges import ANY, INF, Range

Bounds = Callable[[Sequence[Range]], Range]


@dataclass(frozen=True)
class Call:
    """One function.

    Attributes:
        arguments: kinds in order: `number`, `flag` (a condition), `count` (a whole number).
        flag: whether the result is a condition.
        history: whether it looks at earlier bars.
        crossing: the comparison that holds on the bar of a crossing, for crossings.
        more: further arguments like the last are allowed.
    """

    name: str
    usage: str
    arguments: tuple[str, ...]
    flag: bool
    history: bool
    bounds: Bounds
    crossing: str | None = None
    more: bool = False

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return count == len(self.arguments) or (self.more and count > len(self.arguments))

    def kinds(self, count: int) -> tuple[str, ...]:
        """Kinds of `count` arguments."""
        return self.arguments + self.arguments[-1:] * (count - len(self.arguments))


def _any(_: Sequence[Range]) -> Range:
    return ANY


def _first(ranges: Sequence[Range]) -> Range:
    return ranges[0]


def _absolute(ranges: Sequence[Range]) -> Range:
    return abs(ranges[0])


def _bars(_: Sequence[Range]) -> Range:
    return Range(0.0, INF)


def _lowest(ranges: Sequence[Range]) -> Range:
    return Range(min(r.low for r in ranges), min(r.high for r in ranges))


def _highest(ranges: Sequence[Range]) -> Range:
    return Range(max(r.low for r in ranges), max(r.high for r in ranges))


_PAIR = ("number", "number")
_WINDOW = ("number", "count")
CALLS: Mapping[str, Call] = {
    call.name: call
    for call in (
        Call("crossover", "crossover(a, b)", _PAIR, True, True, _any, ">"),  # noqa: FBT003  # a table
        Call("crossunder", "crossunder(a, b)", _PAIR, True, True, _any, "<"),  # noqa: FBT003
        Call("rising", "rising(x, bars)", _WINDOW, True, True, _any),  # noqa: FBT003
        Call("falling", "falling(x, bars)", _WINDOW, True, True, _any),  # noqa: FBT003
        Call("highest", "highest(x, bars)", _WINDOW, False, True, _first),  # noqa: FBT003
        Call("lowest", "lowest(x, bars)", _WINDOW, False, True, _first),  # noqa: FBT003
        Call("barssince", "barssince(condition)", ("flag",), False, True, _bars),  # noqa: FBT003
        Call("abs", "abs(x)", ("number",), False, False, _absolute),  # noqa: FBT003
        Call("min", "min(a, b)", _PAIR, False, False, _lowest, more=True),  # noqa: FBT003
        Call("max", "max(a, b)", _PAIR, False, False, _highest, more=True),  # noqa: FBT003
    )
}
