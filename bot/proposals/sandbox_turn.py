"""Between the stages of a check: what is known already is told, and the rest takes its turn."""

import datetime as dt
from typing import Literal

from bot.checks.run import FirstStage, first_stage, make_report
from bot.checks.strategy import Asked
from bot.core.decisions import Snapshot, plan_run
from bot.core.failpoints import failpoint
from bot.core.notices import Answered, RunChanged
from bot.landing.context import Watched, World
from bot.proposals.ask import own_priority
from bot.proposals.publish import show
from bot.report import status as say
from components.ports import StatusState
from components.state.tables.records import Job, Run, Standing
from components.state.tables.turns import SANDBOX


def wait_for_sandbox(
    world: World, watched: Watched, snapshot: Snapshot, run: Run, job: Job, asked: Asked
) -> bool:
    """Run the static checks, tell who fails them, and put the rest into the sandbox's queue.

    Returns:
        False where the sandbox has nothing to do: the run can be ended now.

    Raises:
        Superseded: a newer head took over.
    """
    first = first_stage(watched.where, snapshot, world.bench, watched.proposals, asked)
    if not first.work:
        return False
    standing = world.store.jobs.standing(job, SANDBOX, first.work)
    if first.failed:
        _tell_early(world, watched, snapshot, run, first, standing)
    elif standing is None or standing.place > 1:
        words = say.waits(standing, "definition and code are sound")
        url = world.run_url(run.id)
        watched.forge.set_status(
            snapshot.head, say.SUMMARY_CONTEXT, StatusState.PENDING, words, url
        )
    tell_waited(world, job, "first")
    failpoint("check.static")
    least = own_priority(world, watched.name, job.key, job.author)
    world.store.jobs.advance(job.id, job.worker, SANDBOX, first.work, least)
    world.progress.tell(RunChanged(run.id))
    return True


def _tell_early(
    world: World,
    watched: Watched,
    snapshot: Snapshot,
    run: Run,
    first: FirstStage,
    standing: Standing | None,
) -> None:
    """Publish who fails for certain; the whole report takes its place when the rest is done."""
    plan = plan_run(snapshot, watched.proposals, asked=False)
    report = make_report(watched.name, snapshot, plan, first.failed, dt.datetime.now(dt.UTC))
    place = say.place_in_queue(standing)
    words = f"{report.summary} Not checked yet: {', '.join(first.waiting)} ({place})."
    early = report.model_copy(update={"run_id": str(run.id), "summary": words})
    show(world, watched, snapshot.proposal, early)


def tell_waited(world: World, job: Job, until: Literal["first", "verdict"]) -> None:
    """Say how long the author has waited since the check was asked for."""
    if job.enqueued_at:
        asked_at = dt.datetime.fromisoformat(job.enqueued_at)
        waited = (dt.datetime.now(dt.UTC) - asked_at).total_seconds()
        world.progress.tell(Answered(until, max(waited, 0.0)))
