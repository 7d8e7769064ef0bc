"""Approvals by people that a deploy needs, where the configuration asks for them."""

import json
from collections.abc import Iterable

from bot.core.authors import AuthorKind, is_author
from bot.landing.context import Watched, World
from bot.landing.outcomes import CommandOutcome
from bot.proposals.publish import reported
from bot.report import markdown
from components.ports import Approves, Permission, Proposal


def not_approved(world: World, watched: Watched, proposal: Proposal, base: str = "") -> str:
    """Why a proposal may not land as to approvals, "" where it may; the forge is asked now.

    `base` is what it lands on, "" for the base of now.
    """
    if not watched.authors.approvals:
        return ""
    writers = watched.where.repository.writers(base or watched.forge.base(), proposal.head)
    kind = watched.authors.kind_of(proposal, writers)
    needed = watched.authors.approvals.get(kind, 0)
    if not needed:
        return ""
    given = _approvers(world, watched, proposal)
    if len(given) >= needed:
        return ""
    by_review = isinstance(watched.forge, Approves)
    how = "approve it with a review" if by_review else f"`algoops approve {proposal.ref}`"
    return (
        f"{_who(watched, proposal, kind)}:"
        f" {needed} approval{'s' if needed > 1 else ''} of {proposal.head[:12]} by people who are"
        f" not its author needed, {len(given)} given: {how}"
    )


def _who(watched: Watched, proposal: Proposal, kind: AuthorKind) -> str:
    """Why it needs approvals."""
    if kind is AuthorKind.AGENT and watched.authors.kind_of(proposal) is not kind:
        return "an agent wrote a part of it"
    return f"its author {proposal.author} is {'an' if kind is AuthorKind.AGENT else 'a'} {kind}"


def approve(
    world: World, watched: Watched, proposal: Proposal, actor: str, sha: str
) -> CommandOutcome:
    """Take down that a person approves a proposal as its last report names it.

    A push makes it void. Where the forge has reviews, those count and nothing else does.
    """
    why = _not_yours(world, watched, proposal, actor, sha)
    if why:
        return CommandOutcome(ok=False, code="refused", message=why)
    with world.store.transaction():
        by = sorted({*_kept(world, watched, proposal), actor})
        text = json.dumps({"head": proposal.head, "by": by})
        world.store.meta.put(_key(watched, proposal), text)
    return CommandOutcome(ok=True, code="approved", message=markdown.approved(proposal.head))


def _not_yours(world: World, watched: Watched, proposal: Proposal, actor: str, sha: str) -> str:
    if isinstance(watched.forge, Approves):
        return "approve it with a review of the pull request: those count"
    if is_author(actor, proposal):
        return f"{proposal.author} is its author: somebody else has to approve it"
    if watched.authors.kind(actor.rpartition(":")[2]) is AuthorKind.AGENT:
        return f"{actor} is an agent: a person has to approve it"
    if sha and not proposal.head.startswith(sha):
        return f"it is at {proposal.head[:12]} now, not at {sha[:12]}: look at it first"
    if reported(world, watched, proposal.id)[0] != proposal.head:
        return f"there is no report of {proposal.head[:12]} yet: look at it first"
    return ""


def _approvers(world: World, watched: Watched, proposal: Proposal) -> list[str]:
    """Who approves its present head: people who are not its author, and may write there."""
    forge = watched.forge
    if not isinstance(forge, Approves):
        return list(_people(watched, proposal, _kept(world, watched, proposal)))
    people = _people(watched, proposal, forge.approvals(proposal))
    enough = {Permission.WRITE, Permission.ADMIN}
    return [name for name in people if forge.permission(name) in enough]


def _people(watched: Watched, proposal: Proposal, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        person = watched.authors.kind(name.rpartition(":")[2]) is AuthorKind.PERSON
        if person and not is_author(name, proposal):
            yield name


def _kept(world: World, watched: Watched, proposal: Proposal) -> tuple[str, ...]:
    text = world.store.meta.get(_key(watched, proposal))
    known = json.loads(text) if text else {}
    return tuple(known["by"]) if known.get("head") == proposal.head else ()


def _key(watched: Watched, proposal: Proposal) -> str:
    return f"approved:{watched.name}:{proposal.id}"
