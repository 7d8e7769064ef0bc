"""Looks at the sealed bars as the store counts them."""

from collections.abc import Mapping
from typing import Any

from bot.checks.looks import HoldoutQuestion
from components.schema.policies.risk import Holdout
from components.schema.results.holdout import HoldoutAnswer, HoldoutState
from components.state import Store
from components.state.tables.looks import SealedLook, SealedPart
from components.state.tables.tries import Of, Scope


def answered(
    store: Store, repository: str, question: HoldoutQuestion, policy: Holdout
) -> HoldoutAnswer | None:
    """See `bot.checks.looks.Looker`."""
    parts = _parts(repository, question, policy)
    agrees = store.looks.answer(repository, question.content, parts)
    if not parts:
        state: HoldoutState = "to be asked" if agrees is None else _state(agrees)
        return HoldoutAnswer(content=question.content, state=state)
    left = policy.looks - store.looks.taken(parts)
    if agrees is None and left > 0:
        return None
    return _told(question, "no looks left" if agrees is None else _state(agrees), left)


def looked(
    store: Store,
    asker: tuple[str, str, str],
    question: HoldoutQuestion,
    policy: Holdout,
    figures: Mapping[str, Any],
    agrees: bool | None,  # noqa: FBT001  # the answer, not a switch
) -> HoldoutAnswer:
    """See `bot.checks.looks.Looker`; whoever was first with a content is right.

    `asker`: repository, proposal and author, as told.
    """
    repository, proposal, actor = asker
    parts = _parts(repository, question, policy)
    look = SealedLook(
        repository=repository,
        strategy=question.name,
        tree=question.tree,
        content=question.content,
        parts=parts,
        agrees=agrees,
        figures=figures,
        proposal=proposal,
        actor=actor,
    )
    with store.transaction():
        kept = store.looks.take(look, policy.looks)
        left = policy.looks - store.looks.taken(parts)
    none: HoldoutState = "not answered" if agrees is None else "no looks left"
    return _told(question, none if kept is None else _state(kept), left)


def _parts(repository: str, question: HoldoutQuestion, policy: Holdout) -> tuple[SealedPart, ...]:
    scope: Scope = "data" if policy.per == "family" else "repository"
    return tuple(
        SealedPart(
            Of(repository, question.name, part.symbol, part.interval).family(scope),
            part.sealed_from,
            part.last_bar,
        )
        for part in question.parts
    )


def _state(agrees: bool) -> HoldoutState:  # noqa: FBT001  # the answer, not a switch
    return "agrees" if agrees else "does not agree"


def _told(question: HoldoutQuestion, state: HoldoutState, left: int) -> HoldoutAnswer:
    return HoldoutAnswer(content=question.content, state=state, looks_left=max(0, left))
