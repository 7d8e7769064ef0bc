"""A proposal that may land -> what is announced, recorded and written into its merge commit."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.checks.releases import tag_of
from bot.core.decisions import Candidate, Snapshot
from bot.core.orders import DeployOrder
from bot.landing.land import Landed, Part
from components.schema.results.report import Change, CheckResult
from components.schema.results.values import Outcome


@dataclass(frozen=True)
class ReadyProposal:
    """A proposal that may land: its order, its snapshot, and what it deploys."""

    order: DeployOrder
    snapshot: Snapshot
    candidates: tuple[Candidate, ...]
    policy_change: CheckResult | None = None


def part_of(ready: ReadyProposal, base: str, commit: str) -> Part:
    """What is announced before it lands: everything that its answer and the record will name."""
    lands = ready.snapshot.lands
    return Part(
        order=ready.order,
        ref=ready.snapshot.proposal.ref,
        head=ready.snapshot.head,
        base=base,
        commit=commit,
        landed=_landed(ready),
        policies=tuple(path.path for path in lands.policies) if lands is not None else (),
        also=tuple(path.path for path in lands.also) if lands is not None else (),
        digest=lands.digest if lands is not None else "",
        accepted=loosens(ready),
    )


def loosens(ready: ReadyProposal) -> bool:
    """Whether it changes policies in a way that somebody had to accept."""
    return ready.policy_change is not None and ready.policy_change.outcome is Outcome.FAILED


def _landed(ready: ReadyProposal) -> tuple[Landed, ...]:
    order = ready.order
    deployed = [
        Landed(
            name=c.name,
            version=c.version,
            tree=c.tree,
            content_key=c.content_key,
            tag=_tag(c, order),
        )
        for c in ready.candidates
    ]
    return (*deployed, *_removed(ready.snapshot))


def _removed(snapshot: Snapshot) -> Iterator[Landed]:
    rows = snapshot.lands.strategies if snapshot.lands is not None else ()
    told = {row.was or row.name: row for row in rows if row.was or row.change is Change.DELETED}
    for change in snapshot.changes:
        if change.new_tree is None:
            row = told.get(change.name)
            yield Landed(
                name=change.name,
                version="",
                tree=None,
                content_key="",
                tag="",
                left=row.live if row is not None else "",
                renamed_to=row.name if row is not None and row.was else "",
            )


def _tag(candidate: Candidate, order: DeployOrder) -> str:
    """The tag to make; none for a version that was released before: its tag stays where it is."""
    if not order.create_tag or candidate.released_tree:
        return ""
    named = order.tag_version if order.name in {"", candidate.name} else ""
    return tag_of(candidate.name, named or candidate.version)


def _title(ready: ReadyProposal) -> str:
    landed = _landed(ready)
    names = ", ".join(f"{i.name} {i.version}" for i in landed if i.tree is not None)
    gone = ", ".join(i.name for i in landed if i.tree is None)
    policies = "policies" if ready.policy_change is not None else ""
    told = (("Deploy", names), ("remove", gone), ("change", policies))
    title = "; ".join(f"{verb} {what}" for verb, what in told if what)
    return title[:1].upper() + title[1:]


def message_of(ready: ReadyProposal, *, alone: bool = True) -> str:
    """The merge commit's message: what lands, from where, tested as what.

    In a chain of merges only the sum of all was tested as a tree; of each merge, its strategies.
    """
    if ready.order.message:
        return ready.order.message
    snapshot, landed = ready.snapshot, _landed(ready)
    tested = "this tree" if alone else "each strategy's folder"
    lines = [
        _title(ready),
        "",
        f"Merges {snapshot.proposal.ref} at {snapshot.head[:12]}; what was tested is {tested}.",
        "",
        f"Proposal: {snapshot.proposal.id}",
        f"Deployed-by: {ready.order.actor}",
    ]
    if ready.policy_change is not None:
        lines.append(f"Policy-change: {ready.policy_change.summary}")
    if alone:
        lines.append(f"Tested-tree: {snapshot.merge_tree}")
    lines += [f"Content-key: {i.name} {i.content_key}" for i in landed if i.content_key]
    return "\n".join(lines) + "\n"
