"""PURE: one difference between two policies in words, and what kind of difference it is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a changed policy does to the strategies that it judges."""

    LOOSENS = "loosens"
    TIGHTENS = "tightens"
    ALTERS = "alters"
    """Neither can be said: another symbol to test on, say."""


@dataclass(frozen=True)
class PolicyDifference:
    """One difference; `file` is the policy's file name."""

    effect: Effect
    file: str
    words: str


def number(
    file: str, what: str, old: float | None, new: float | None, *, higher: Effect
) -> Iterator[PolicyDifference]:
    """A bound that moved. `higher`: what a higher one does; None is no bound, the highest."""
    if old == new:
        return
    up = new is None or (old is not None and new > old)
    down = old is None or (new is not None and new < old)
    effect = Effect.ALTERS  # one of them is no number
    if up != down:
        effect = higher if up else opposite(higher)
    before, after = ("none" if value is None else f"{value:g}" for value in (old, new))
    yield PolicyDifference(effect, file, f"{what}: {after} instead of {before}")


def ordered(
    file: str, what: str, old: str, new: str, strictness: Sequence[str]
) -> Iterator[PolicyDifference]:
    """A choice that changed, where the choices have an order, the loosest first."""
    if old == new:
        return
    loosens = strictness.index(new) < strictness.index(old)
    effect = Effect.LOOSENS if loosens else Effect.TIGHTENS
    yield PolicyDifference(effect, file, f"{what}: {new} instead of {old}")


def among(
    file: str, what: str, old: Collection[str], new: Collection[str], *, more: Effect
) -> Iterator[PolicyDifference]:
    """Names that came and went; `more`: what one more does."""
    for name in sorted(set(new) - set(old)):
        yield PolicyDifference(more, file, f"{what}: adds `{name}`")
    for name in sorted(set(old) - set(new)):
        yield PolicyDifference(opposite(more), file, f"{what}: removes `{name}`")


def altered(file: str, what: str, old: object, new: object) -> Iterator[PolicyDifference]:
    """A value of which nobody can say whether it asks for more or less."""
    if old != new:
        yield PolicyDifference(Effect.ALTERS, file, f"{what}: {new} instead of {old}")


def opposite(effect: Effect) -> Effect:
    """What the reverse does."""
    swapped = {Effect.LOOSENS: Effect.TIGHTENS, Effect.TIGHTENS: Effect.LOOSENS}
    return swapped.get(effect, effect)
