"""PURE: what is to be done about a proposal, a deploy, a rollback. Decides; does nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from components.ports import Proposal
from components.schema.results.evidence import Luck
from components.schema.results.report import Change, CheckResult, LandingList
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict


@dataclass(frozen=True)
class StrategyChange:
    """One strategy that differs between base and merge result; tree ids, None where absent."""

    name: str
    old_tree: str | None
    new_tree: str | None

    @property
    def change(self) -> Change:
        """Added, modified or deleted."""
        if self.new_tree is None:
            return Change.DELETED
        return Change.ADDED if self.old_tree is None else Change.MODIFIED


WHOLE = (".",)
"""Where not single paths conflict, but the two have nothing to do with each other."""


@dataclass(frozen=True)
class Snapshot:
    """A proposal as git has it at this moment; `merge_tree` is "" where the merge conflicts."""

    proposal: Proposal
    base: str
    head: str
    merge_tree: str
    conflicts: tuple[str, ...]
    changes: tuple[StrategyChange, ...]
    findings: tuple[Finding, ...] = ()
    """What is wrong with the folder of strategies itself: links, twins, odd names."""
    unmerged: str = ""
    """Why there is no merge, in words."""
    lands: LandingList | None = None
    """Everything that the merge would bring; None where there is no merge or no proposal."""


@dataclass(frozen=True)
class ProposalPolicy:
    """Which proposals are looked at without being asked."""

    check_drafts: bool = True
    check_forks: bool = True
    approved_label: str = "algoops-approved"


@dataclass(frozen=True)
class Plan:
    """What a run does: strategies to check, strategies that go, or why nothing is done."""

    checks: tuple[StrategyChange, ...] = ()
    archived: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    wait: str = ""
    """Why the proposal is not checked by itself (a maintainer's `/algoops check` overrides)."""


def plan_run(snapshot: Snapshot, policy: ProposalPolicy, *, asked: bool) -> Plan:
    """What to check of a proposal.

    Args:
        snapshot: the proposal as it is.
        policy: the operator's choice about drafts and forks.
        asked: a person with write permission asked for this run.

    Returns:
        The plan; conflicts become findings, because what would be tested does not exist.
    """
    proposal = snapshot.proposal
    if not asked and proposal.draft and not policy.check_drafts:
        return Plan(wait="draft: checked when it is marked ready, or on `/algoops check`")
    approved = policy.approved_label in proposal.labels
    if not asked and proposal.fork and not policy.check_forks and not approved:
        return Plan(
            wait=f"from a fork: a maintainer may add the label `{policy.approved_label}`"
            " or comment `/algoops check`"
        )
    if snapshot.conflicts:
        return Plan(findings=(_conflict(snapshot),))
    return Plan(
        checks=tuple(c for c in snapshot.changes if c.new_tree is not None),
        archived=tuple(c.name for c in snapshot.changes if c.new_tree is None),
        findings=snapshot.findings,
    )


def _conflict(snapshot: Snapshot) -> Finding:
    return Finding(
        check=CheckName.SCHEMA,
        rule="merge-conflict",
        message=_why_unmerged(snapshot),
        hint="merge or rebase the base branch into yours and push again",
    )


def _why_unmerged(snapshot: Snapshot) -> str:
    if snapshot.conflicts == WHOLE and snapshot.unmerged:
        return f"does not merge with the base: {snapshot.unmerged}"
    return f"does not merge with the base: conflicts in {', '.join(sorted(snapshot.conflicts))}"


@dataclass(frozen=True)
class Candidate:
    """One strategy of a proposal that is to be deployed, with what is known of it.

    Attributes:
        verdict: the stored verdict for exactly this content, None when there is none.
        held: why an active hold on this version, or on this content under another one, forbids
            it, or "".
        held_as: name and version that the hold is on.
        released_tree: tree of this (name, version) if it was deployed before, else "".
        luck: by the tries that are counted now.
        by_luck: which gates on luck and the book it breaks by now, or "".
    """

    name: str
    version: str
    tree: str
    content_key: str
    verdict: Verdict | None
    held: str = ""
    held_as: tuple[str, str] = ("", "")
    released_tree: str = ""
    luck: tuple[Luck, ...] = ()
    by_luck: str = ""


@dataclass(frozen=True)
class DeployFacts:
    """Everything that a deploy decision rests on."""

    snapshot: Snapshot
    reported_head: str
    """The commit that the last posted report named, "" when none was posted."""
    wanted_sha: str
    """The commit that the person named (may be abbreviated), "" when they named none."""
    candidates: tuple[Candidate, ...]
    named: str = ""
    """The strategy that the person named, "" for whatever the proposal changes."""
    shown: LandingList | None = None
    """What the last posted report said would land; None where it does not say."""
    policy_change: CheckResult | None = None
    """What the proposal changes of the policies, found out now; None for nothing."""
    not_accepted: str = ""
    """Why whoever gave the order may not land changed policies."""
    not_approved: str = ""
    """Which approvals by people are missing."""


@dataclass(frozen=True)
class Land:
    """Go: every condition holds."""


@dataclass(frozen=True)
class RunFirst:
    """The content in today's merge result has no verdict yet: check it, then decide again."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Refuse:
    """No, and why; `status` is what the API says is missing."""

    code: str
    reason: str


Decision = Land | RunFirst | Refuse


def plan_deploy(facts: DeployFacts) -> Decision:
    """Whether a proposal may land.

    The order matters: what the person saw comes first (security rule 1), then whether it can
    be merged, then what must never be (holds, changed releases), then the verdicts.
    """
    snapshot = facts.snapshot
    refusals = (
        _stale(facts),
        _unmergeable(snapshot),
        _unseen(facts),
        _elsewhere(facts),
        _odd(snapshot),
        _forbidden(facts.candidates),
        _policies(facts),
        Refuse(NOT_APPROVED, facts.not_approved) if facts.not_approved else None,
    )
    for refusal in refusals:
        if refusal is not None:
            return refusal
    if not snapshot.changes and facts.policy_change is None:
        return Refuse("nothing", "this proposal changes no strategy, so there is nothing to deploy")
    lucky = [f"{c.name}: {c.by_luck}" for c in facts.candidates if c.by_luck]
    if lucky:
        return Refuse(LUCK, f"what passed does not hold by now: {'; '.join(lucky)}")
    bad = [c for c in facts.candidates if c.verdict not in {None, Verdict.PASSED}]
    if bad:
        names = ", ".join(f"{c.name} ({c.verdict})" for c in bad)
        return Refuse("not_ready", f"not every strategy passed: {names}")
    unknown = tuple(c.name for c in facts.candidates if c.verdict is None)
    return RunFirst(unknown) if unknown else Land()


def _elsewhere(facts: DeployFacts) -> Refuse | None:
    """Somebody names one strategy and would land others."""
    changed = [change.name for change in facts.snapshot.changes]
    if not facts.named or facts.named in changed:
        return None
    others = f"; it changes {', '.join(changed)}" if changed else ""
    return Refuse("not_in_proposal", f"this proposal does not change {facts.named}{others}")


def _stale(facts: DeployFacts) -> Refuse | None:
    head = facts.snapshot.head
    if facts.wanted_sha and not head.startswith(facts.wanted_sha):
        return Refuse(
            "stale",
            f"you named {facts.wanted_sha[:12]}, but the proposal is at {head[:12]} now:"
            " look at the new report first",
        )
    if not facts.reported_head:
        return Refuse("not_reported", "no report was posted for this proposal yet: wait for it")
    if facts.reported_head != head:
        return Refuse(
            "stale",
            f"the last report is about {facts.reported_head[:12]}, but the proposal is at"
            f" {head[:12]} now: wait for its report",
        )
    return None


UNSEEN = "unseen"
NOT_APPROVED = "not_approved"
LUCK = "luck"
FROZEN = "frozen"


def _unseen(facts: DeployFacts) -> Refuse | None:
    """What lands is what the report listed, or nothing lands."""
    now, shown = facts.snapshot.lands, facts.shown
    if now is None or (shown is not None and shown.digest == now.digest):
        return None
    if shown is None:
        return Refuse(
            UNSEEN,
            "the last report does not list what would land (an older version of AlgoOps wrote it,"
            " or it was removed after its time): a new one is being made, look at it first",
        )
    new = sorted(_listed(now) - _listed(shown))
    words = (
        f"would now land what the report did not list: {', '.join(new[:20])}"
        if new
        else ("would not land all that the report listed any more")
    )
    return Refuse(
        UNSEEN,
        f"the base moved since the report, and the proposal {words};"
        " a new report is being made, look at it first",
    )


def _listed(lands: LandingList) -> set[str]:
    paths = (f"{p.path} ({p.change})" for p in (*lands.policies, *lands.also))
    return {f"{row.name} ({row.change})" for row in lands.strategies} | set(paths)


def _policies(facts: DeployFacts) -> Refuse | None:
    """Rules that change land only as their check says, asked anew at the moment of the merge."""
    check = facts.policy_change
    if check is None or check.outcome is Outcome.PASSED:
        return None
    if check.outcome is Outcome.FAILED and not facts.not_accepted:
        return None
    why = f": {facts.not_accepted}" if facts.not_accepted else ""
    return Refuse(check.name.value.replace("-", "_"), f"this proposal {check.summary}{why}")


def _unmergeable(snapshot: Snapshot) -> Refuse | None:
    if not snapshot.conflicts:
        return None
    return Refuse("conflict", _why_unmerged(snapshot))


def _odd(snapshot: Snapshot) -> Refuse | None:
    errors = [f.message for f in snapshot.findings if f.severity is Severity.ERROR]
    return Refuse("not_ready", "; ".join(errors)) if errors else None


def _forbidden(candidates: Collection[Candidate]) -> Refuse | None:
    for c in candidates:
        if c.held:
            return Refuse("held", _held(c))
        if c.released_tree and c.released_tree != c.tree:
            return Refuse(
                "version_taken",
                f"{c.name} {c.version} was deployed before with other content:"
                " a deployed version never changes, raise `version` in strategy.yaml",
            )
    return None


def _held(c: Candidate) -> str:
    """Which hold it is, and what to do: a new number alone does not help against one on content."""
    name, version = c.held_as
    lift = f"lift it with `unhold {name} {version}`"
    if (name, version) == (c.name, c.version):
        return f"{c.name} {c.version} is held ({c.held}); {lift}, or deploy another version"
    return (
        f"{c.name} {c.version} is the content of {name} {version}, which is held ({c.held});"
        f" {lift}, or mend the strategy: another version number does not change what it does"
    )


@dataclass(frozen=True)
class RollbackTo:
    """The version that becomes live again."""

    version: str
    tree: str


def plan_rollback(
    live: tuple[str, str] | None,
    wanted: str,
    releases: Mapping[str, str],
    history: tuple[str, ...],
    held: Collection[str],
) -> RollbackTo | Refuse:
    """Which version a rollback goes to.

    Args:
        live: (version, tree) that is deployed now, None when nothing is.
        wanted: the version asked for, "" for the one before.
        releases: version -> tree of all versions ever deployed.
        history: versions in the order of their deployments, the last one is live.
        held: versions that are on hold.

    Returns:
        The target, or a refusal that says what there is.
    """
    if live is None:
        return Refuse("not_deployed", "nothing is deployed under this name")
    version, tree = live
    if wanted:
        if wanted not in releases:
            known = ", ".join(sorted(releases)) or "none"
            return Refuse("unknown_version", f"{wanted} was never deployed; known: {known}")
        target = wanted
    else:
        earlier = [v for v in history if v != version and v not in held and v in releases]
        if not earlier:
            return Refuse("no_previous", f"{version} is the only version that can be live")
        target = earlier[-1]
    if releases[target] == tree:
        return Refuse("already_live", f"{target} is what is live already")
    if target in held:
        return Refuse("held", f"{target} is held: lift the hold first")
    return RollbackTo(target, releases[target])
