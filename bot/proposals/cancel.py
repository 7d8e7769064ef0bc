"""The end of a run that nobody waits for any more: no commit of it stays pending for ever."""

import structlog

from bot.landing.context import Watched, World
from bot.landing.lifecycle_moves import not_ready
from bot.report.status import SUMMARY_CONTEXT, status_text
from components.errors import UserError
from components.ports import Proposal, StatusState
from components.schema.results.report import Report
from components.state.tables.records import Run

SUPERSEDED = "superseded by a newer commit"
CLOSED = "closed before its checks ended"
CANCELLED = "cancelled"
CHECKED_ANEW = "checked anew: the base moved, or somebody asked"

log = structlog.get_logger(__name__)


def end_run(world: World, watched: Watched, run: Run, why: str) -> None:
    """Settle the status of the run's commit, then the run: a crash in between does both again.

    A commit that was judged before shows that verdict again; another one shows `why`.

    Raises:
        TransientError: the forge does not answer; the run is not over yet.
    """
    last = world.store.runs.latest(watched.name, run.proposal, head=run.head, finished=True)
    state, words = StatusState.ERROR, why
    if last is not None and last.report:
        state, words = status_text(Report.model_validate_json(last.report))
    url = world.run_url(run.id if last is None else last.id)
    try:
        watched.forge.set_status(run.head, SUMMARY_CONTEXT, state, words, url)
    except UserError as error:  # a forge may have forgotten the commit of a closed proposal
        log.warning("status not set", run=run.id, commit=run.head, why=str(error))
    world.store.runs.supersede(run.id, why)


def cancel(world: World, watched: Watched, proposal: Proposal) -> None:
    """Keep it that somebody wants no checks of this head; see `is_cancelled`."""
    world.store.meta.put(_key(watched, proposal.id), proposal.head)
    not_ready(world.store, watched.name, proposal)


def resume(world: World, watched: Watched, proposal_id: str) -> None:
    """Somebody wants checks again."""
    world.store.meta.put(_key(watched, proposal_id), "")


def is_cancelled(world: World, watched: Watched, proposal: Proposal) -> bool:
    """Whether checks of this very head were stopped by somebody, and not asked for since."""
    return world.store.meta.get(_key(watched, proposal.id)) == proposal.head


def show_cancelled(world: World, watched: Watched, proposal: Proposal) -> None:
    """Settle the head's status, then its runs. Safe to do again."""
    runs = world.store.runs.unfinished(watched.name, proposal.id)
    url = world.run_url(runs[-1].id) if runs else ""
    watched.forge.set_status(proposal.head, SUMMARY_CONTEXT, StatusState.ERROR, CANCELLED, url)
    for run in runs:
        world.store.runs.supersede(run.id, CANCELLED)


def _key(watched: Watched, proposal_id: str) -> str:
    return f"cancelled:{watched.name}:{proposal_id}"
