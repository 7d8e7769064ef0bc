"""Groups of GitHub's merge queue: each is checked as the base that it would become."""

from dataclasses import replace

from bot.checks.run import take_snapshot
from bot.core.decisions import Snapshot
from bot.deploy.recheck import judge_live, kept
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.reverts import restored_trees
from bot.report import markdown
from bot.report.values import base_id
from components.ports import Proposal, StatusState
from components.state.tables.records import Job

GROUP = "group"


def check_group(world: World, job: Job) -> None:
    """Judge a group's commit and mark it; nothing of it moves in the lifecycle.

    Raises:
        Superseded: the daemon is stopping.
        TransientError: the forge failed; tried again.
    """
    watched, ref = world.repository(job.repository), str(job.payload["ref"])
    watched.forge.fetch()
    if watched.forge.tip(ref) != job.key:
        return  # the queue has made another group by now
    proposal = Proposal(id=base_id(ref), ref=ref, head=job.key, title="A group of the merge queue")
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    rest = _without_rollbacks(world, watched, snapshot)
    if snapshot.changes and not rest.changes:
        words = markdown.not_judged("the group", "what was live before")
        _mark(watched, job.key, StatusState.SUCCESS, words)
        return
    freeze = frozen(world, watched)
    if freeze is not None and rest.changes:
        _mark(watched, job.key, StatusState.FAILURE, freeze.words)
        return
    _mark(watched, job.key, StatusState.PENDING, "checks are running")
    run = world.store.runs.start(
        watched.name, proposal.id, job.key, snapshot.base, GROUP, attempt=f"job-{job.id}"
    )
    report = kept(run) if run.finished else judge_live(world, watched, rest, run)
    if report is not None:
        _mark(watched, job.key, *markdown.status_text(report), world.run_url(run.id))


def _mark(watched: Watched, commit: str, state: StatusState, words: str, url: str = "") -> None:
    watched.forge.set_status(commit, markdown.SUMMARY_CONTEXT, state, words, url)


def _without_rollbacks(world: World, watched: Watched, snapshot: Snapshot) -> Snapshot:
    """The group without what an open rollback restores: no gate judges that."""
    restored = restored_trees(world, watched)
    left = (c for c in snapshot.changes if (c.name, c.new_tree or "") not in restored)
    return replace(snapshot, changes=tuple(left))
