"""The end of a run that nobody waits for any more: no commit of it stays pending for ever."""

import structlog

from bot import report_status as say
from bot.world import Watched, World
from components.errors import UserError
from components.ports import StatusState
from components.schema.report import Report
from components.state.records import Run

SUPERSEDED = "superseded by a newer commit"
CLOSED = "closed before its checks ended"

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
        state, words = say.status_text(Report.model_validate_json(last.report))
    url = world.run_url(run.id if last is None else last.id)
    try:
        watched.forge.set_status(run.head, say.SUMMARY_CONTEXT, state, words, url)
    except UserError as error:  # a forge may have forgotten the commit of a closed proposal
        log.warning("status not set", run=run.id, commit=run.head, why=str(error))
    world.store.runs.supersede(run.id)
