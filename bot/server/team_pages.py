"""Pages for many: the queues, and strategies side by side."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from bot.report.status import about, place_in_queue
from bot.server import compare_view, reading
from bot.server.auth import page_reader
from bot.server.paging import ROWS, Number, Page, links
from bot.server.parts import parts
from components.errors import UserError
from components.state.db.errors import NotFound
from components.state.tables.records import QueueRow, Strategy

MOST = 6
"""So many curves can be told apart."""

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(page_reader)],
)


@router.get("/queue")
def queue(request: Request, page: Number = 1) -> HTMLResponse:
    """What is at work, and what waits in which order."""
    backend, renderer = parts(request).backend, parts(request).renderer
    jobs = backend.store.jobs
    total = jobs.depth()["queued"]
    place = Page.of(page, ROWS, total)
    return renderer.page(
        "queue.html",
        nav="queue",
        topic="all",
        at_work=[_shown(row) for row in jobs.at_work()],
        waiting=[_shown(row) for row in jobs.line(place.size, place.offset)],
        total=total,
        page=place,
        page_url=links("/queue"),
    )


def _shown(row: QueueRow) -> dict[str, object]:
    job, standing = row.job, row.standing
    later = "later" if job.not_before and not job.worker else ""
    return {
        "kind": job.kind,
        "proposal": job.key,
        "repository": job.repository,
        "author": job.author,
        "queue": job.queue,
        "age": about(row.age_s),
        "place": place_in_queue(standing) if standing or not later else "tried again later",
    }


@router.get("/compare")
def compare(
    request: Request, s: Annotated[list[str] | None, Query(max_length=50)] = None
) -> HTMLResponse:
    """Up to six strategies side by side; the address says which, so it can be shared."""
    backend, renderer = parts(request).backend, parts(request).renderer
    store = backend.store
    found: dict[int, Strategy] = {}
    unknown: list[str] = []
    for text in s or ():
        try:
            strategy = reading.strategy_of(store, text)
        except (NotFound, UserError) as error:
            unknown.append(str(error))
        else:
            found[strategy.id] = strategy
    chosen = list(found.values())
    return renderer.page(
        "compare.html",
        nav="strategies",
        most=MOST,
        unknown=unknown[:MOST],
        left_out=chosen[MOST:],
        shown=compare_view.compared(store, chosen[:MOST], parts(request).sides),
    )
