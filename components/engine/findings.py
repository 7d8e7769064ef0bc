"""What the guest's look at leaks says, as findings for people."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, assert_never

import msgspec

from components.schema.results.values import CheckName, Finding, Severity
from components.texts import cut, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from components.engine.audit import Picked
    from components.protocol.messages import Diagnosis, Leak

_HINT = (
    "use only values up to the current bar: no negative shift, no centred window, no mean over "
    "the whole sample, no bfill; what depends on all data belongs into next()"
)
_CHANCE_HINT = (
    "use `random` or `numpy.random` as they come (they are seeded) in next(), or a generator with "
    "a seed that init() makes anew; no default_rng() without a seed, no clock, no urandom"
)

SURE = 0.95
MOST_LEAKS, WORDS_CAP = 50, 200
UNFINISHED = "lookahead-unfinished"
"""The rule of a look that came to no end."""

_AN_ERROR = {"severity": Severity.ERROR}
_AUDITED = {
    UNFINISHED: {
        "hint": (
            "init() has to work on the first bars alone, as many as trading starts with: take "
            "checks of the data's length out of it, or choose `engine.causality: streamed`"
        )
    }
}


def lookahead_findings(
    diagnosis: Diagnosis | None, index: pd.Index, files: Mapping[str, bytes], *, audited: bool
) -> tuple[Finding, ...]:
    """Findings of the lookahead check; a look that was not finished is an error, not a pass.

    Args:
        diagnosis: what the guest found; None: it did not get so far.
        index: times of the bars.
        files: the author's.
        audited: the score itself rests on this look, so that chance in it is an error too.
    """
    if diagnosis is None:
        return (unfinished("the sandbox ended before it was done"),)
    found = tuple(_finding(_short(leak), index, files) for leak in diagnosis.leaks[:MOST_LEAKS])
    if not audited:
        return found
    return tuple(f.model_copy(update=_AUDITED.get(f.rule, {}) | _AN_ERROR) for f in found)


def looked_at(
    diagnosis: Diagnosis | None, bars: int, lookback: int | None, picked: Picked | None
) -> str:
    """What the look for future bars compared, in words; "" where it found or finished nothing.

    Args:
        diagnosis: what the guest found; None: it did not get so far.
        bars: how many there are.
        lookback: the declared one, which an audited run does not use.
        picked: the bars that an audited run was looked at on; None: it was streamed.
    """
    if diagnosis is None or diagnosis.leaks:
        return ""
    count = diagnosis.compared
    indicators = f"{count} indicator{'' if count == 1 else 's'} and " if count else ""
    if picked is None:
        more = f" and without the lookback of {lookback}" if lookback else ""
        return f"{indicators}all orders are the same with later bars at hand{more} ({bars} bars)"
    tried = f"{min(diagnosis.bars, bars):,} of {bars:,} bars, {_of_orders(picked)} among them"
    return (
        f"{indicators}orders are the same where later bars are withheld ({tried};"
        f" {_unseen(picked)})"
    )


def _of_orders(picked: Picked) -> str:
    if picked.orders == picked.of_orders:
        return f"all {picked.orders:,} with orders"
    return f"{picked.orders:,} of the {picked.of_orders:,} with orders"


def _unseen(picked: Picked) -> str:
    """How sure the look is to find a use of later bars where the strategy asked for nothing."""
    share = picked.others / picked.of_others if picked.of_others else 1.0
    if share >= 1.0:
        return "no bar was left out"
    few = math.ceil(math.log(1 - SURE) / math.log(1 - share))
    return (
        f"a use of later bars on {few:,} or more of the other bars is found with a chance of"
        f" {SURE:.0%} at least"
    )


def _short(leak: Leak) -> Leak:
    """The guest's words on a leak, harmless and short."""
    words = {n: cut(printable(getattr(leak, n)), WORDS_CAP) for n in ("name", "seen", "known")}
    return msgspec.structs.replace(leak, **words)


def unfinished(reason: str) -> Finding:
    """The check could not be finished."""
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule=UNFINISHED,
        message=f"the look for future bars was not finished: {reason}",
        hint="the orders themselves were made without future bars; check init() for side effects",
    )


def _finding(leak: Leak, index: pd.Index, files: Mapping[str, bytes]) -> Finding:
    time = str(index[leak.bar]) if 0 <= leak.bar < len(index) else "?"
    match leak.kind:
        case "indicator":
            return _indicator(leak, time, files)
        case "behaviour":
            return _behaviour(leak, time)
        case "late":
            return _late(leak, time)
        case "undetermined":
            return _undetermined(leak, time)
        case "chance" | "draws":
            return _chance(leak, time) if leak.kind == "chance" else _draws(leak, time)
        case "lookback" | "lookback-orders":
            return _lookback(leak, time, files)
        case _:
            assert_never(leak.kind)


def _indicator(leak: Leak, time: str, files: Mapping[str, bytes]) -> Finding:
    line, text = _declared(leak.name, files)
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="lookahead",
        message=(
            f"`{leak.name}` uses future bars: at {time} (bar {leak.bar}) it is {leak.known} with "
            f"the bars up to then, but {leak.seen} once later bars are there"
        ),
        hint=_HINT,
        file="strategy.py" if line else "",
        line=line,
        source_line=text,
        found=leak.seen,
        allowed=leak.known,
    )


def _behaviour(leak: Leak, time: str) -> Finding:
    names = f" (what init() left in {leak.name} differs)" if leak.name else ""
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="lookahead",
        severity=Severity.ERROR if leak.certain else Severity.WARNING,
        message=(
            f"with later bars at hand the strategy trades otherwise: first at {time} "
            f"(bar {leak.bar}){names}" + ("" if leak.certain else "; rounding may be the reason")
        ),
        hint="arrays that are not made with self.I are not cut to the current bar: " + _HINT,
        found=leak.seen,
        allowed=leak.known,
    )


def _late(leak: Leak, time: str) -> Finding:
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="starts-late",
        severity=Severity.WARNING,
        message=(
            f"init() refuses {leak.bar} bars and fewer ({leak.known}), so trading starts at {time} "
            f"(bar {leak.bar}); plain backtesting.py, with all bars at hand, starts at bar "
            f"{leak.seen}"
        ),
        hint="bars come one at a time: take checks of the data's length out of init()",
        found=leak.known,
    )


def _undetermined(leak: Leak, time: str) -> Finding:
    if leak.bar < 0:
        return unfinished(leak.seen)
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="not-deterministic",
        severity=Severity.WARNING,
        message=f"two runs on the same bars differ: first at {time} (bar {leak.bar})",
        hint=_CHANCE_HINT,
        found=leak.seen,
        allowed=leak.known,
    )


def _chance(leak: Leak, time: str) -> Finding:
    if leak.name:
        message = (
            f"`{leak.name}` is made of random numbers: two runs on the same bars differ, at "
            f"{time} (bar {leak.bar}) it is {leak.seen} in one and {leak.known} in the other"
        )
    else:
        message = (
            "init() draws other random numbers when there are more bars, so the strategy trades "
            f"otherwise with later bars at hand: first at {time} (bar {leak.bar})"
        )
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="not-deterministic",
        severity=Severity.WARNING,
        message=message,
        hint=_CHANCE_HINT,
        found=leak.seen,
        allowed=leak.known,
    )


def _draws(leak: Leak, time: str) -> Finding:
    if leak.name:
        message = (
            f"`{leak.name}` is made of random numbers that change with the number of bars, not "
            f"with later prices: at {time} (bar {leak.bar}) it is {leak.known} with the bars up "
            f"to then, but {leak.seen} once later bars are there"
        )
    else:
        message = (
            "the strategy draws other random numbers when there are more bars, whatever their "
            f"prices, and so trades otherwise: first at {time} (bar {leak.bar})"
        )
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="not-deterministic",
        severity=Severity.WARNING,
        message=message,
        hint=(
            "make a generator, with its seed, in each function that computes an indicator: one "
            "that several draw, or that outlives init(), is at another number at every bar"
        ),
        found=leak.seen,
        allowed=leak.known,
    )


def _lookback(leak: Leak, time: str, files: Mapping[str, bytes]) -> Finding:
    line, text = _declared(leak.name, files)
    where = f"at {time} (bar {leak.bar})"
    if leak.kind == "lookback":
        what = f"{where} `{leak.name}` is {leak.known} with it, but {leak.seen} with all bars"
    else:
        names = f"; after init(): {leak.name}" if leak.name else ""
        what = f"{where} it asks for {leak.known} with it, but {leak.seen} with all bars{names}"
    message, hint = _least(leak)
    return Finding(
        check=CheckName.LOOKAHEAD,
        rule="lookback",
        message=f"the declared lookback is too short: {what}; {message}",
        hint=hint,
        file="strategy.py" if line else "",
        line=line,
        source_line=text,
        found=leak.known,
        allowed=leak.seen,
    )


def _least(leak: Leak) -> tuple[str, str]:
    if not leak.least:
        return (
            "no number of bars below the data's own would do",
            "it depends on the whole history: take `lookback` out of the definition",
        )
    if leak.certain:
        message = f"the smallest lookback that would do is {leak.least}"
    else:
        message = f"it takes at least a lookback of {leak.least} (not tried at every bar)"
    return message, f"declare `lookback: {leak.least}` or more, or take it out of the definition"


def _declared(name: str, files: Mapping[str, bytes]) -> tuple[int | None, str]:
    """Line and text where `self.<name>` is assigned in strategy.py."""
    source = files.get("strategy.py", b"")
    plain = name.rpartition("__")[2] or name
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _assigns(node) == plain.lstrip("_"):
            lines = source.decode("utf-8", "replace").splitlines()
            return node.lineno, lines[node.lineno - 1].strip()[:200]
    return None, ""


def _assigns(node: ast.Attribute) -> str:
    return node.attr.lstrip("_") if isinstance(node.ctx, ast.Store) else ""
