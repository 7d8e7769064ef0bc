"""The rate of checks: one author has at most so many within an hour; further ones wait."""

import datetime as dt

from bot.landing.context import Watched, World
from bot.report import markdown
from bot.report import status as say
from components.ports import StatusState
from components.state.tables.records import Job
from components.state.tables.turns import STATIC

SPAN_S = 3_600.0


def waits_for_rate(world: World, watched: Watched, job: Job) -> bool:
    """Put a check off where its author has had enough of them lately; whether it waits.

    It begins by itself when there is room. The commit's status says so, once for each push, which
    is all that a flood of them costs the forge.

    Args:
        world: everything.
        watched: the repository.
        job: the check, before it looks at anything.
    """
    most = watched.authors.checks_an_hour.get(watched.authors.kind(job.author), 0)
    if not most or not job.author or job.queue != STATIC or job.payload.get("asked"):
        return False
    until = world.store.jobs.free_at(job, most, SPAN_S)
    if until is None:
        return False
    proposal = None if job.payload.get("limited") else watched.forge.proposal(job.key)
    if proposal is not None:
        words = say.over_the_rate(job.author, most, dt.datetime.fromisoformat(until))
        watched.forge.set_status(
            proposal.head, markdown.SUMMARY_CONTEXT, StatusState.PENDING, words, ""
        )
    world.store.jobs.postpone(job.id, job.worker, until, {"limited": True})
    return True
