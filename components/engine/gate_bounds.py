"""PURE: gates that no result can pass, by themselves or together."""

import math
from collections.abc import Iterator
from itertools import combinations

from components.schema.policies.risk import Gate, RiskPolicy

_NEVER_NEGATIVE = (
    "commissions",
    "cost_multiple",
    "equity_peak",
    "exposure_pct",
    "profit_factor",
    "trades",
    "turnover",
    "volatility_ann_pct",
    "win_rate_pct",
)
_NEVER_POSITIVE = ("avg_drawdown_pct", "max_drawdown_pct")
_AT_MOST_100 = ("cost_multiple", "exposure_pct", "win_rate_pct")


def impossible_gates(policy: RiskPolicy) -> Iterator[tuple[int, str]]:
    """The place in `gates` of each that blocks everything, and why; of a pair the later one."""
    blocking = [
        (place, gate)
        for place, gate in enumerate(policy.gates)
        if gate.severity == "block" and gate.compare == "absolute"
    ]
    for place, gate in blocking:
        if why := _alone(gate):
            yield place, f"gate {gate.id}: {why}"
    for (_, one), (place, other) in combinations(blocking, 2):
        if one.metric == other.metric and _meet(one, other) and not _both(one, other):
            words = f"{_said(other)} and {_said(one)} (gate {one.id}) exclude each other"
            yield place, f"gate {other.id}: {words}"


def _alone(gate: Gate) -> str:
    low, high = _range(gate)
    if math.isnan(gate.value):
        return f"nothing is {gate.op} nan"
    if gate.op in {">=", ">"} and (gate.value > high or (gate.value == high and gate.op == ">")):
        return f"{_said(gate)}, but {gate.metric} is never above {high:g}"
    if gate.op in {"<=", "<"} and (gate.value < low or (gate.value == low and gate.op == "<")):
        return f"{_said(gate)}, but {gate.metric} is never below {low:g}"
    return ""


def _range(gate: Gate) -> tuple[float, float]:
    """What the metric can be; a figure that is infinite is undefined, and passes no gate."""
    largest = math.nextafter(math.inf, 0)
    low = 0.0 if gate.metric in _NEVER_NEGATIVE else -largest
    high = 0.0 if gate.metric in _NEVER_POSITIVE else largest
    if gate.metric == "correlation_with_book":
        return -1.0, 1.0
    return low, min(high, 100.0) if gate.metric in _AT_MOST_100 else high


def _said(gate: Gate) -> str:
    return f"{gate.metric} {gate.op} {gate.value:g}"


def _meet(one: Gate, other: Gate) -> bool:
    """Whether some result is judged by both, whatever the number of symbols."""
    return "both" in {one.scope, other.scope} or one.scope == other.scope


def _both(one: Gate, other: Gate) -> bool:
    """Whether a value can hold for both."""
    lows = [gate for gate in (one, other) if gate.op in {">=", ">"}]
    highs = [gate for gate in (one, other) if gate.op in {"<=", "<"}]
    if len(lows) != 1 or len(highs) != 1:
        return True
    (low,), (high,) = lows, highs
    open_end = {low.op, high.op} != {">=", "<="}
    return low.value < high.value or (low.value == high.value and not open_end)
