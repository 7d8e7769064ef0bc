"""What one bar leaves open about a trade: whether its stop-loss or its take-profit came first.

A bar tells four prices, not their order. Where a trade's stop-loss and take-profit are both within
one bar, or one of them within the bar inside which the trade was entered, some rule has to choose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Answer = Literal["stop", "target", "wait"]
"""What came first; "wait": neither, as the prices were reached before the entry."""


@dataclass(frozen=True)
class Question:
    """One trade in one bar.

    Attributes:
        long: whether it gains when prices rise.
        entered: price (without spread) at which it was entered inside the bar; None: it was
            there at the open.
        stop, target: stop-loss and take-profit, where the bar reached them; both of them where
            `entered` is None.
    """

    long: bool
    entered: float | None
    stop: float | None
    target: float | None


Decide = Callable[[Question], Answer | None]
"""Answers a question, or says by None that it does not know."""


@dataclass(frozen=True)
class UndecidedTrade:
    """A question that mattered: the bar, and whether it was answered (else by the usual rule)."""

    bar: int
    answered: bool


def nobody_knows(_: Question) -> Answer | None:
    """The bar alone: the usual rule holds."""
    return None


def usual(question: Question) -> Answer:
    """As the package does: the stop-loss first, and after an entry none before the next bar."""
    return "stop" if question.entered is None else "wait"


def stops_first(question: Question) -> Answer | None:
    """The dearest order of events."""
    return "wait" if question.stop is None else "stop"


def targets_first(question: Question) -> Answer | None:
    """The most favourable order of events."""
    return "wait" if question.target is None else "target"


def price_of(question: Question, answer: Answer) -> float | None:
    """Where a trade that was entered inside its bar is left in it, or None.

    Who was filled beyond the price leaves where it was filled.
    """
    level = {"stop": question.stop, "target": question.target, "wait": None}[answer]
    if level is None or question.entered is None:
        return None
    rises = question.long == (answer == "target")
    return max(level, question.entered) if rises else min(level, question.entered)
