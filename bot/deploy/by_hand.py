"""Merges by a forge's button or by hand of exactly what was tested: a deploy that others made.

Such content is on record as deployed and raises no alarm where the bot itself would have landed
it: judged as ready in a proposal, in this very content, approved, not held, and not in a freeze.
A removal likewise, where the last check of its proposal listed it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.decisions import Snapshot, StrategyChange
from bot.deploy.approvals import not_approved
from bot.deploy.facts import candidates_of
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.kept import stored
from bot.report.values import is_live
from components.errors import ConfigError
from components.ports import Proposal
from components.safe_tools.names import escaped
from components.schema.results.evidence import Luck
from components.schema.results.report import Change, LandingList, Report
from components.schema.results.values import Verdict
from components.state.tables.records import Run, Version

EVERY = 10_000
LATELY = 20
"""Runs of a proposal that are looked at for the verdict of what was merged."""

RUNS = 100
"""Runs of a repository that are looked at for a removal that was merged."""

_TAKES_OFF = {Change.DELETED, Change.RENAMED}


@dataclass(frozen=True)
class AsTested:
    """What the bot knows of content that others put on the base.

    Attributes:
        proposal: where it was judged as ready.
        why: what happened, in words.
    """

    proposal: str
    content_key: str
    luck: tuple[Luck, ...]
    why: str


def as_tested(
    world: World, watched: Watched, change: StrategyChange, before: str, now: str
) -> AsTested | None:
    """What the bot knows of a strategy's new content, where a deploy would have landed just that.

    Args:
        world: everything.
        watched: the repository.
        change: the strategy as it was and as it is.
        before: the base as it was seen last; "" or a commit that is gone: nothing is known of it.
        now: the base as it is.
    """
    known = bool(before) and watched.where.repository.objects.header(before) is not None
    if not known or frozen(world, watched) is not None:
        return None
    rows = world.store.versions.list(watched.name, change.name, limit=EVERY)
    passed = (
        v
        for v in rows
        if v.tree == change.new_tree and v.verdict == Verdict.PASSED and not v.deployed_at
    )
    found = (_judged(world, watched, change, before, now, v) for v in passed)
    return next((one for one in found if one is not None), None)


def _judged(
    world: World, watched: Watched, change: StrategyChange, before: str, now: str, version: Version
) -> AsTested | None:
    """What the bot knows of a version that passed in a proposal; None: it would not land it."""
    run = _ready_run(world, watched, version)
    if run is None:
        return None
    proposal = _proposal_of(run, Report.model_validate_json(run.report))
    merged = watched.where.repository.tree_of(now)
    snapshot = Snapshot(proposal, before, run.head, merged, (), (change,))
    try:
        (found,) = candidates_of(world, watched, snapshot)
    except ConfigError:  # by policies that can't be read nobody would have landed it
        return None
    passed = found.verdict is Verdict.PASSED and found.content_key == version.content_key
    if not passed or found.held or not _is_approved(world, watched, proposal, before):
        return None
    why = f"{_who(watched, change.name, before, now)}, exactly as tested in {version.proposal}"
    return AsTested(version.proposal, found.content_key, found.luck, why)


def _ready_run(world: World, watched: Watched, version: Version) -> Run | None:
    """The last word on a version's proposal before it was merged, where that was "passed"."""
    runs = world.store.runs.list(
        repository=watched.name, proposal=version.proposal, status="finished", limit=LATELY
    )
    judged = (r for r in runs if r.verdict is not Verdict.NEUTRAL)  # after it nothing differs
    last = next(judged, None)
    if last is None or last.verdict is not Verdict.PASSED or last.head != version.commit:
        return None
    whole = world.store.runs.get(last.id)
    return whole if whole is not None and whole.report else None


def listed_removals(
    world: World, watched: Watched, gone: Mapping[str, str], before: str, now: str
) -> Mapping[str, AsTested]:
    """Removals that a deploy would have landed just so: name -> the proposal that listed it.

    Args:
        world: everything.
        watched: the repository.
        gone: the tree of each strategy that the base had before and has not any more.
        before: the base as it was seen last.
        now: the base as it is.
    """
    repository, found = watched.where.repository, dict[str, AsTested]()
    if not gone or repository.objects.header(before) is None or frozen(world, watched) is not None:
        return found
    for run, lands in _last_words(world, watched, before):
        taken = {r.was or r.name for r in lands.strategies if r.change in _TAKES_OFF} & gone.keys()
        if not taken or repository.objects.header(run.base) is None:
            continue
        was = repository.strategy_trees(run.base, watched.where.root)
        for name in sorted(n for n in taken - found.keys() if was.get(n) == gone[n]):
            why = f"{_who(watched, name, before, now)}, exactly as listed in {run.proposal}"
            found[name] = AsTested(run.proposal, "", (), why)
    return found


def _last_words(world: World, watched: Watched, before: str) -> Iterator[tuple[Run, LandingList]]:
    """The last check of each proposal of late that a deploy could rest on, and what it listed."""
    seen: set[str] = set()
    runs = world.store.runs.list(repository=watched.name, status="finished", limit=RUNS)
    for row in (r for r in runs if not is_live(r.proposal)):
        run = world.store.runs.get(row.id) if row.proposal not in seen else None
        report = stored(Report, run.report) if run is not None else None
        lands = report.lands if report is not None else None
        if run is None or (run.verdict is Verdict.NEUTRAL and not (lands and lands.strategies)):
            continue  # after a merge nothing differs
        seen.add(run.proposal)
        green = run.verdict in {Verdict.PASSED, Verdict.NEUTRAL}
        if not green or report is None or lands is None:
            continue
        if _is_approved(world, watched, _proposal_of(run, report), before):
            yield run, lands


def _proposal_of(run: Run, report: Report) -> Proposal:
    """A proposal as it was checked; it may be gone by now."""
    ref = run.proposal.removeprefix("branch/")
    return Proposal(id=run.proposal, ref=ref, head=run.head, author=report.proposal.author)


def _is_approved(world: World, watched: Watched, proposal: Proposal, before: str) -> bool:
    """Whether the approvals are there that a deploy would need; of gone commits nobody can say."""
    gone = watched.where.repository.objects.header(proposal.head) is None
    if gone and watched.authors.approvals:
        return False
    return not not_approved(world, watched, proposal, before)


def _who(watched: Watched, name: str, before: str, now: str) -> str:
    """Who merged, as the merge commit says; a commit of another kind does not say it."""
    repository = watched.where.repository
    since = before if repository.is_ancestor(before, now) else None
    landings = repository.log(now, f"{watched.where.root}/{name}", limit=1, since=since)
    merge = next((one for one in landings if len(one.parents) > 1), None)
    return (
        f"merged outside the bot by {escaped(merge.author)}" if merge else "merged outside the bot"
    )
