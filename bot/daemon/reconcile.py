"""Every Tick: bring the database and the outside together again, from scratch."""

from bot.daemon.damage import look_again
from bot.deploy.promotions import promote_by_itself
from bot.deploy.when_ready import land_wished
from bot.landing.context import Watched, World
from bot.landing.reverts import is_rollback
from bot.landing.unfinished import finish_open
from bot.proposals.ask import LATER, ask_check
from bot.proposals.cancel import CHECKED_ANEW, end_run
from bot.proposals.check import MOST_TRIES, may_try_again
from bot.proposals.closing import close_proposal
from bot.report.values import is_live
from components.schema.results.values import Verdict
from components.state.tables.records import Job, Run


def reconcile(world: World, job: Job) -> None:
    """One repository: unfinished side effects, lost events, vanished proposals, a moved base.

    Raises:
        TransientError: the forge does not answer; the next Tick tries again.
    """
    watched = world.repository(job.repository)
    with watched.lane.patiently():
        finish_open(world, watched)
    promote_by_itself(world, watched)
    watched.forge.fetch()
    look_again(world, watched)
    open_now = {p.id: p for p in watched.forge.proposals()}
    for run in world.store.runs.unfinished(watched.name):
        if is_live(run.proposal):
            _end_orphan(world, run)
        elif run.proposal not in open_now:
            close_proposal(world, watched, run.proposal)
        elif not _is_at_work(world, run):
            end_run(world, watched, run, CHECKED_ANEW)
    for proposal in open_now.values():
        if _wants_a_look(world, watched, proposal.id, proposal.head):
            ask_check(world, watched.name, proposal.id, proposal.actor, LATER)
    land_wished(world, watched)
    for kind in ("base", "board"):
        world.store.jobs.enqueue(kind, watched.name, watched.name, {}, LATER)
    world.wake.set()


def _end_orphan(world: World, run: Run) -> None:
    """A check of the base whose job is over: after a crash it went on with a newer base."""
    job = world.store.jobs.get(int(run.attempt.removeprefix("job-")))
    if job is None or job.status not in {"queued", "leased"}:
        world.store.runs.supersede(run.id, CHECKED_ANEW)


def _is_at_work(world: World, run: Run) -> bool:
    """Whether a job is left that may bring a proposal's run to its end."""
    kind, key = ("check", run.proposal) if run.kind == "check" else ("command", None)
    return world.store.jobs.is_open(kind, run.repository, key)


def _wants_a_look(world: World, watched: Watched, proposal: str, head: str) -> bool:
    """No finished run of this head, or one that broke and may be tried again."""
    if is_rollback(world, watched, head):
        return False
    runs = [
        r
        for r in world.store.runs.list(repository=watched.name, proposal=proposal, limit=MOST_TRIES)
        if r.head == head
    ]
    if any(r.status == "running" for r in runs):
        return False
    finished = [r for r in runs if r.status == "finished"]
    if not finished:
        return len(runs) < MOST_TRIES
    broke = finished[0].verdict is Verdict.ERROR
    return broke and may_try_again(world, watched, proposal, head)
