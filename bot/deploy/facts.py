"""All that a deploy's decision rests on, found out at the moment of the decision."""

from dataclasses import replace

from bot.checks.base_policies import bench_at
from bot.checks.looks import RULE
from bot.checks.policy_change import not_accepted, policy_change
from bot.checks.run import read_subject
from bot.checks.subject import Bench, prepare
from bot.core.decisions import Candidate, DeployFacts, Snapshot, StrategyChange
from bot.core.orders import DeployOrder
from bot.deploy.approvals import not_approved
from bot.landing.context import Watched, World
from bot.landing.holding import find_hold
from bot.landing.tries import StoreCounter
from bot.proposals.check import known_verdict
from bot.proposals.luck import counter_of, judged_now
from bot.proposals.publish import reported
from components.schema.policies.risk import CHANGING_METRICS, LUCK_METRICS
from components.schema.results.report import StrategyReport
from components.schema.results.values import Outcome, Severity


def deploy_facts(
    world: World, watched: Watched, order: DeployOrder, snapshot: Snapshot
) -> DeployFacts:
    """All that the decision rests on, found out now: who may accept what is asked of the forge."""
    proposal = snapshot.proposal
    head, shown = reported(world, watched, proposal.id)
    change = policy_change(watched.where, world.bench, snapshot.base, snapshot.merge_tree)
    red = change is not None and change.outcome is not Outcome.PASSED
    return DeployFacts(
        snapshot=snapshot,
        reported_head=head,
        wanted_sha=order.sha,
        candidates=candidates_of(world, watched, snapshot),
        named=order.name,
        shown=shown,
        policy_change=change,
        not_accepted=not_accepted(watched.where, watched.forge, order, proposal) if red else "",
        not_approved=not_approved(world, watched, proposal),
    )


def candidates_of(world: World, watched: Watched, snapshot: Snapshot) -> tuple[Candidate, ...]:
    """Each strategy of the merge result with what is known of exactly this content."""
    bench = bench_at(watched.where, world.bench, snapshot.base)
    changes = (c for c in snapshot.changes if c.new_tree is not None)
    proposal = snapshot.proposal
    counter = counter_of(world.store, watched.name, proposal)
    found: list[Candidate] = []
    for change in changes:
        besides = tuple((one.name, one.tree) for one in found)
        counter = replace(counter, besides=besides)
        found.append(_candidate(world, watched, counter, change, bench))
    return tuple(found)


def _candidate(
    world: World, watched: Watched, counter: StoreCounter, change: StrategyChange, bench: Bench
) -> Candidate:
    subject = read_subject(watched.where, change)
    prepared = prepare(subject, bench)
    stored = known_verdict(world.store, prepared.key)
    now = judged_now(counter, bench, stored) if stored is not None else None
    hold = find_hold(world, watched, change.name, prepared.version, subject.files)
    released = world.store.versions.landed(watched.name, change.name, prepared.version)
    return Candidate(
        name=change.name,
        version=prepared.version,
        tree=change.new_tree or "",
        content_key=prepared.key,
        verdict=now.verdict if now is not None else None,
        luck=now.luck if now is not None else (),
        by_luck=_by_luck(stored, now),
        held=(hold.reason or "no reason given") if hold is not None else "",
        held_as=(hold.name, hold.version) if hold is not None else ("", ""),
        released_tree=released.tree if released is not None else "",
    )


def _by_luck(stored: StrategyReport | None, now: StrategyReport | None) -> str:
    """What luck, the book or the sealed bars break of what passes otherwise, in words, or ""."""
    if stored is None or now is None or stored.verdict is now.verdict:
        return ""
    broken = [g for g in now.gates if g.metric in CHANGING_METRICS and not g.passed]
    lucky = any(g.metric in LUCK_METRICS for g in broken)
    words = [*(luck.line for luck in now.luck if lucky), *(g.message for g in broken)]
    findings = [f for check in now.checks for f in check.findings if f.rule == RULE]
    words += [f.message for f in findings if f.severity is Severity.ERROR]
    return " ".join(words)
