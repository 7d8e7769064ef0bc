"""/api/v1: lists, runs, holds and chart data."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from bot.core.requests import DriftRequest, PromoteRequest
from bot.landing import kept
from bot.landing.book import book_of
from bot.landing.stages import OnStage, on_stages
from bot.landing.wishes import wish_words
from bot.server import body, figures, openapi, reading, run_view
from bot.server.api import Changes, Reads, audit_entry, slowly
from bot.server.auth import reader
from bot.server.bodies import DriftBody, HoldBody, PromoteBody
from bot.server.errors import problem
from bot.server.list_shapes import (
    AuditList,
    BookList,
    Chart,
    DeploymentList,
    DeploymentRow,
    RepositoryBook,
    RunAnswer,
    RunList,
    RunRow,
    StrategyList,
    StrategyRow,
)
from bot.server.parts import parts
from bot.server.shapes import DriftAnswered, Held, Promoted
from bot.server.strategy_view import previous_result
from components.state import Lifecycle
from components.state.db.errors import NotFound
from components.state.tables.records import Run, Strategy
from components.state.tables.strategy_rows import ListOrder, SortBy

router = APIRouter(prefix="/api/v1", tags=["lists"])
PerPage = Annotated[int, Query(ge=1, le=200)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Text = Annotated[str, Query(max_length=200)]


def sorted_by(sort: SortBy = SortBy.NAME, *, reverse: bool = False) -> ListOrder:
    """The order that a query asks for."""
    return ListOrder(sort, reverse)


@router.get("/strategies", responses=openapi.errors(422), dependencies=[Depends(reader)])
def strategies(
    request: Request,
    order: Annotated[ListOrder, Depends(sorted_by)],
    status: Lifecycle | None = None,
    q: Text = "",
    page: PageNumber = 1,
    per_page: PerPage = 50,
) -> StrategyList:
    """Strategies; `q` is a part of the name.

    By name from A, by time and figures from the largest; `reverse` turns it round.
    """
    backend = parts(request).backend
    store, on = backend.store, on_stages(backend.store, backend.settings.repositories)
    rows = store.strategies.list(
        status=status, search=q, limit=per_page, offset=(page - 1) * per_page, order=order
    )
    return StrategyList(
        items=[
            _strategy(reading.presentable(row), on.get((row.repository, row.name), ()))
            for row in rows
        ],
        page=page,
        per_page=per_page,
        total=store.strategies.count(status=status, search=q),
    )


@router.get("/strategies/{strategy_id}", responses=openapi.errors(404))
def strategy(request: Request, strategy_id: str, _: Reads) -> StrategyRow:
    """One strategy by number or name."""
    backend = parts(request).backend
    row = reading.strategy_of(backend.store, strategy_id)
    on = on_stages(backend.store, backend.settings.repositories)
    return _strategy(row, on.get((row.repository, row.name), ()))


def _strategy(row: Strategy, on: Sequence[OnStage]) -> StrategyRow:
    stages = [vars(one) for one in on]
    return StrategyRow.model_validate({**vars(row), "figures": vars(row.figures), "stages": stages})


@router.get("/strategies/{strategy_id}/equity", responses=openapi.errors(404, 422))
def strategy_equity(request: Request, strategy_id: str, _: Reads, symbol: Text = "") -> Chart:
    """The curves of a strategy's page; empty while it has no backtest."""
    store = parts(request).backend.store
    found = reading.strategy_of(store, strategy_id)
    shown = reading.shown_version(store, found)
    report = kept.report_of(store, shown)
    result = figures.result_of(report, symbol) if report else None
    if result is None:
        return Chart(time=[], equity=[], drawdown=[])
    previous = previous_result(store, found, shown, result.symbol)
    curves = figures.curves_of(found.name, result, previous)
    return Chart.model_validate(figures.chart(curves, result.equity))


@router.post(
    "/strategies/{strategy_id}/promote",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(PromoteBody),
)
async def promote(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[PromoteBody, Depends(body.of(PromoteBody))],
) -> Promoted:
    """Put on a stage what the stage before it has. 409 while it may not go there."""
    backend = parts(request).backend

    def work() -> Promoted:
        name = reading.key_of(backend.store, strategy_id)
        done = backend.promote(
            PromoteRequest(
                name=name, actor=who.actor, stage=asked.to or "", version=asked.version or ""
            )
        )
        return Promoted.model_validate({**vars(done), "tag": done.tag or None})

    return await slowly(request, work)


@router.post(
    "/strategies/{strategy_id}/drift",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(DriftBody),
)
async def answer_drift(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[DriftBody, Depends(body.of(DriftBody))],
) -> DriftAnswered:
    """Take in what came onto the base without the bot, if it passes, or put back what was tested.

    409 where nothing has drifted, or it changed meanwhile.
    """
    backend = parts(request).backend

    def work() -> DriftAnswered:
        wanted = DriftRequest(strategy_id, who.actor, asked.answer, asked.reason)
        done = backend.answer_drift(wanted)
        return DriftAnswered.model_validate(vars(done))

    return await slowly(request, work)


@router.post(
    "/strategies/{strategy_id}/holds",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(HoldBody),
)
async def hold(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[HoldBody, Depends(body.of(HoldBody))],
) -> Held:
    """Forbid a version to be deployed until the hold is lifted."""
    return await _hold(request, strategy_id, asked, who.actor, "held")


@router.post(
    "/strategies/{strategy_id}/holds/lift",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(HoldBody),
)
async def unhold(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[HoldBody, Depends(body.of(HoldBody))],
) -> Held:
    """Lift a hold."""
    return await _hold(request, strategy_id, asked, who.actor, "lifted")


async def _hold(
    request: Request, strategy_id: str, asked: HoldBody, actor: str, how: Literal["held", "lifted"]
) -> Held:
    backend = parts(request).backend

    def work() -> Held:
        found = reading.strategy_of(backend.store, strategy_id)
        act = backend.hold if how == "held" else backend.unhold
        act(str(found.id), asked.version, reason=asked.reason, actor=actor)
        return Held(status=how, name=found.name, version=asked.version)

    return await slowly(request, work)


@router.get("/book")
def book(request: Request, _: Reads) -> BookList:
    """How all deployed strategies go together."""
    backend = parts(request).backend
    names = [one.name for one in backend.settings.repositories]
    return BookList(
        books=[RepositoryBook(repository=n, **vars(book_of(backend.store, n))) for n in names]
    )


@router.get("/runs", responses=openapi.errors(422))
def runs(
    request: Request,
    _: Reads,
    strategy: Text | None = None,
    proposal: Text | None = None,
    page: PageNumber = 1,
    per_page: PerPage = 50,
) -> RunList:
    """Runs, newest first; with `strategy` the finished ones that looked at it."""
    found = parts(request).backend.store.runs.list(
        strategy=strategy, proposal=proposal, limit=per_page + 1, offset=(page - 1) * per_page
    )
    return RunList(
        items=[RunRow.model_validate(vars(row)) for row in found[:per_page]],
        page=page,
        per_page=per_page,
        more=len(found) > per_page,
    )


def _run(request: Request, run_id: str) -> Run:
    digits = run_id.isascii() and run_id.isdigit() and len(run_id) <= 18  # noqa: PLR2004  # 64 bits
    if not digits:
        raise NotFound(f"there is no run {run_id[:100]!r}: runs have numbers")
    return reading.run_of(parts(request).backend.store, int(run_id))


@router.get("/runs/{run_id}", responses=openapi.errors(404))
def run(request: Request, run_id: str, _: Reads) -> RunAnswer:
    """One run with its whole Report."""
    found = _run(request, run_id)
    output = parts(request).backend.job_output(found.id)
    report = run_view.report_of_run(found)
    _waits, standing = run_view.in_queue(parts(request).backend.store, found)
    place = vars(standing) if standing is not None else None
    wish = wish_words(parts(request).backend.store, found.repository, found.proposal) or None
    shown = {**vars(found), "report": report, "output": output, "queue": place}
    shown["deploy_when_ready"] = wish
    return RunAnswer.model_validate(shown)


@router.get("/runs/{run_id}/equity", responses=openapi.errors(404, 422))
def run_equity(request: Request, run_id: str, _: Reads, strategy: Text) -> Chart:
    """The curves of one strategy in a run."""
    report = run_view.report_of_run(_run(request, run_id))
    for item in report.strategies if report else ():
        result = figures.result_of(item, "") if item.name == strategy else None
        if result is not None:
            curves = figures.curves_of(item.name, result, None)
            return Chart.model_validate(figures.chart(curves, result.equity))
    raise problem(404, "not_found", "this run has no backtest of that strategy")


@router.get("/deployments", responses=openapi.errors(422))
def deployments(
    request: Request,
    _: Reads,
    strategy: Text | None = None,
    page: PageNumber = 1,
    per_page: PerPage = 50,
) -> DeploymentList:
    """Everything that changed what is deployed, newest first."""
    found = parts(request).backend.store.deployments.list(
        name=strategy, stage=None, limit=per_page + 1, offset=(page - 1) * per_page
    )
    return DeploymentList(
        items=[DeploymentRow.model_validate(vars(row)) for row in found[:per_page]],
        page=page,
        per_page=per_page,
        more=len(found) > per_page,
    )


@router.get("/audit", responses=openapi.errors(422))
def audit(
    request: Request,
    _: Reads,
    strategy: Text | None = None,
    event: Text | None = None,
    before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
    per_page: PerPage = 50,
) -> AuditList:
    """The audit log, newest first; `event` ending in a dot takes the whole family."""
    rows = parts(request).backend.store.audit.list(
        strategy=strategy, event=event, before=before, limit=per_page
    )
    items: list[dict[str, Any]] = [
        {
            **audit_entry(row).model_dump(),
            "id": row.id,
            "repository": row.repository,
            "hash": row.hash,
        }
        for row in rows
    ]
    return AuditList.model_validate(
        {"items": items, "before": rows[-1].id if len(rows) == per_page else None}
    )
