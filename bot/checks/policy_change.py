"""The check `policy-change`: what a proposal changes of the policies that judge every strategy.

It fails whenever a rule changes: such a proposal lands by a second person with the admin role, or
not at all, as `policy_changes` in config.yaml says. Nothing of it makes a verdict on a strategy.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.checks.base_policies import bench_at, policies_differ
from bot.checks.policy_difference import Effect, PolicyDifference
from bot.checks.policy_words import differences
from bot.checks.subject import Bench
from components.errors import ConfigError
from components.ports import Permission
from components.schema.results.report import CheckResult
from components.schema.results.values import CheckName, Finding, Outcome, Severity

if TYPE_CHECKING:
    from bot.checks.run import Where
    from bot.core.orders import DeployOrder
    from components.ports import Proposal

REFUSE = "refuse"
NO_RULE = "policy files change, but no rule does"
_SEVERITY = {
    Effect.LOOSENS: Severity.ERROR,
    Effect.TIGHTENS: Severity.INFO,
    Effect.ALTERS: Severity.WARNING,
}
_RULE = {
    Effect.LOOSENS: "policy-loosened",
    Effect.TIGHTENS: "policy-tightened",
    Effect.ALTERS: "policy-altered",
}
_HINT = {
    "admin": "a second person with the admin role has to deploy this: a comment by an admin who is"
    " not its author, a token with the role admin, or `algoops deploy ... --accept-policy-change`",
    "refuse": "this repository takes no policies from proposals (`policy_changes: refuse`):"
    " take them out, or have an owner of the base branch push them there",
}


class AsksPermission(Protocol):
    """The part of a forge that is asked who may accept a change."""

    def permission(self, actor: str) -> Permission:
        """What an actor may do, asked now."""


def policy_change(where: "Where", bench: Bench, base: str, merged: str) -> CheckResult | None:
    """How the merge result's policies differ from the base's.

    Args:
        where: the repository.
        bench: with the operator's policies, which hold where the repository has none.
        base: commit of the base.
        merged: tree id of the merge result, "" where there is none.

    Returns:
        None where the policies are the same, or where the base's can be read and those of the
        merge result cannot (which is a finding of its own: `policies-broken`).
    """
    began = time.monotonic()
    if not where.policies or not merged:
        return None
    try:
        before = bench_at(where, bench, base).policies
    except ConfigError as error:
        if _same_files(where, base, merged):
            return None
        words = f"the policies of the base cannot be read: {error}"
        return CheckResult(name=CheckName.POLICY_CHANGE, outcome=Outcome.ERROR, summary=words)
    try:
        after = bench_at(where, bench, merged).policies
    except ConfigError:
        return None
    if before.hash == after.hash:
        return None
    said = differences(before, after)
    return CheckResult(
        name=CheckName.POLICY_CHANGE,
        outcome=Outcome.FAILED if said else Outcome.PASSED,
        summary=_summary(said),
        duration_s=round(time.monotonic() - began, 3),
        findings=_findings(where, said),
    )


def _same_files(where: "Where", base: str, merged: str) -> bool:
    """Whether a proposal leaves the files of policies alone; False where nobody can read them."""
    try:
        return not policies_differ(where, base, merged)
    except ConfigError:
        return False


def _summary(said: Sequence[PolicyDifference]) -> str:
    if not said:
        return NO_RULE
    counts = ((effect, sum(one.effect is effect for one in said)) for effect in Effect)
    told = [f"{effect} {count}" for effect, count in counts if count]
    first = f": {said[0].words}" if said[0].effect is Effect.LOOSENS else ""
    more = ", ..." if first and len(said) > 1 else ""
    return f"changes the rules that judge every strategy ({', '.join(told)}){first}{more}"


def _findings(where: "Where", said: Sequence[PolicyDifference]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            check=CheckName.POLICY_CHANGE,
            rule=_RULE[one.effect],
            severity=_SEVERITY[one.effect],
            file=f"{where.policies}/{one.file}",
            line=1,
            message=f"{one.effect}: {one.words}",
            hint=_HINT[where.policy_changes] if place == 0 else "",
        )
        for place, one in enumerate(said)
    )


def not_accepted(
    where: "Where",
    forge: AsksPermission,
    order: "DeployOrder",
    proposal: "Proposal",
) -> str:
    """Why this order may not land a change of policies, "" where it may; the forge is asked now."""
    if where.policy_changes == REFUSE:
        return _HINT[REFUSE]
    if _same(order.actor, proposal.author):
        return f"{proposal.author} proposed it: {_HINT['admin']}"
    if order.source == "comment":
        found = forge.permission(order.actor)
        return "" if found is Permission.ADMIN else f"{order.actor} has {found}: {_HINT['admin']}"
    return "" if order.admin else _HINT["admin"]


def _same(actor: str, author: str) -> bool:
    """Whether an order comes from the proposal's author, by the name that the bot knows both by."""
    name = actor.rpartition(":")[2]
    return bool(name) and name.casefold() == author.casefold() and not actor.startswith("cli:")
