"""Every Tick: bring the database and the outside together again, from scratch."""

import structlog

from bot.check_job import close_proposal
from bot.deploys import KIND as DEPLOY
from bot.deploys import finish_deploy
from bot.rollbacks import KIND as ROLLBACK
from bot.rollbacks import finish_rollback
from bot.world import Watched, World
from components.errors import Moved, UserError
from components.schema.values import Verdict
from components.state.records import Job

log = structlog.get_logger(__name__)

MOST_TRIES = 3
LATER = -1


def reconcile(world: World, job: Job) -> None:
    """One repository: unfinished side effects, lost events, vanished proposals, a moved base.

    Raises:
        TransientError: the forge does not answer; the next Tick tries again.
    """
    watched = world.repository(job.repository)
    finish_intents(world, watched)
    watched.forge.fetch()
    open_now = {p.id: p for p in watched.forge.proposals()}
    for proposal in open_now.values():
        if _wants_a_look(world, watched, proposal.id, proposal.head):
            world.store.jobs.enqueue(
                "check", proposal.id, watched.name, {"proposal": proposal.id}, LATER
            )
    for run in world.store.runs.unfinished(watched.name):
        if run.proposal not in open_now and not run.proposal.startswith("base/"):
            close_proposal(world, watched, run.proposal)
    world.store.jobs.enqueue("base", watched.name, watched.name, {}, LATER)
    world.wake.set()


def finish_intents(world: World, watched: Watched) -> None:
    """Side effects that were announced and not settled: done -> record, not done -> do."""
    with watched.lane:
        for intent in world.store.intents.open(repository=watched.name):
            finish = {DEPLOY: finish_deploy, ROLLBACK: finish_rollback}.get(intent.kind)
            if finish is None:
                continue
            try:
                outcome = finish(world, watched, intent)
                log.info("intent finished", kind=intent.kind, key=intent.key, code=outcome.code)
            except (Moved, UserError) as error:
                log.warning("intent abandoned", kind=intent.kind, key=intent.key, why=str(error))


def _wants_a_look(world: World, watched: Watched, proposal: str, head: str) -> bool:
    """No finished run of this head, or one that broke and may be tried again."""
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
    return finished[0].verdict is Verdict.ERROR and len(finished) < MOST_TRIES
