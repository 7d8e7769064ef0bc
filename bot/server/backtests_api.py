"""/api/production/backtests: the four endpoints that existing clients use."""

import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from bot.core.requests import BacktestRequest, BacktestState, BacktestStatus
from bot.server import body, judge, openapi, reading
from bot.server.api import Changes, Reads, audit_entry, limits_of, slowly
from bot.server.backend import Backend
from bot.server.bodies import RunSandbox
from bot.server.errors import Problem, problem
from bot.server.health import BACKTEST_COMPONENTS
from bot.server.parts import parts
from bot.server.shapes import BacktestAnswer, HealthAnswer, InvalidSchema, Queued, ValidConfig
from components.schema.definition.backtest import BacktestConfig
from components.state.tables.records import AuditRow

WAIT_S = 120.0
"""How long `wait: true` is waited for; after that the answer is 202 with the number to ask for."""
AUDIT_ROWS = 200

JSON = "application/json"
router = APIRouter(prefix="/api/production/backtests", tags=["backtests"])
FINAL = frozenset({BacktestStatus.COMPLETED, BacktestStatus.FAILED, BacktestStatus.CANCELLED})


@router.post(
    "/validate-config/",
    tags=["reads"],
    response_model=ValidConfig,
    responses={
        **openapi.errors(415),
        400: {"model": InvalidSchema | Problem, "description": openapi.MEANING[400]},
    },
    openapi_extra=openapi.takes(BacktestConfig),
)
async def validate_config(_: Reads, document: Annotated[Any, Depends(body.document)]) -> Any:
    """Judge a backtest configuration. Nothing is kept."""
    return judge.config(document)


@router.post(
    "/run-sandbox/",
    status_code=202,
    response_model=Queued,
    responses={
        **openapi.errors(403, 404, 409, 415, 422),
        200: {"model": BacktestAnswer, "description": "With `wait: true`: it has ended"},
    },
    openapi_extra=openapi.takes(RunSandbox),
)
async def run_sandbox(
    request: Request,
    who: Changes,
    asked: Annotated[RunSandbox, Depends(body.of(RunSandbox))],
) -> Any:
    """Start a backtest. With `wait: true` the answer comes when it has ended, or in 2 minutes."""
    backend = parts(request).backend

    def work() -> int:
        return backend.start_backtest(
            BacktestRequest(
                name=reading.key_of(backend.store, asked.strategy_id),
                actor=who.actor,
                ref=asked.ref or "",
                config=asked.config,
                start=asked.start_date.isoformat() if asked.start_date else "",
                end=asked.end_date.isoformat() if asked.end_date else "",
                symbols=asked.symbols,
                limits=limits_of(asked.resource_limits),
            )
        )

    number = await slowly(request, work)
    if asked.wait and (state := await _wait(request, number)) is not None:
        return Response(_answer(backend, state).model_dump_json(), media_type=JSON)
    return Queued(status=str(BacktestStatus.QUEUED), backtest_id=number)


async def _wait(request: Request, number: int) -> BacktestState | None:
    """The ended backtest; None when it takes longer than WAIT_S."""
    backend = parts(request).backend
    hub = parts(request).hub
    deadline = time.monotonic() + WAIT_S
    with hub.watching(f"backtest:{number}") as watcher:
        while True:
            state = await run_in_threadpool(backend.backtest, number)
            if state is not None and state.status in FINAL:
                return state
            left = deadline - time.monotonic()
            if left <= 0 or not await hub.changed(watcher, min(left, 2.0)):
                return None


@router.get("/health/", response_model=HealthAnswer, responses=openapi.unhealthy())
async def health(request: Request, _: Reads) -> Any:
    """Ask the components that backtests need. 503 when a vital one is away."""
    answer = await parts(request).health.answer(BACKTEST_COMPONENTS)
    return JSONResponse(answer.model_dump(), 503 if answer.overall == "unhealthy" else 200)


@router.get("/{backtest_id}/status/", responses=openapi.errors(404))
def status(request: Request, backtest_id: str, _: Reads) -> BacktestAnswer:
    """A backtest as it is now, with its results once it has ended."""
    backend = parts(request).backend
    known = backtest_id.isascii() and backtest_id.isdigit() and len(backtest_id) <= 18  # noqa: PLR2004  # 64 bits
    state = backend.backtest(int(backtest_id)) if known else None
    if state is None:
        raise problem(404, "not_found", f"there is no backtest {backtest_id[:40]!r}")
    return _answer(backend, state)


def _answer(backend: Backend, state: BacktestState) -> BacktestAnswer:
    times = {"queued": state.created_at, "running": state.started_at}
    if state.status in FINAL:
        times[str(state.status)] = state.completed_at
    return BacktestAnswer(
        backtest_id=state.id,
        status=str(state.status),
        progress=round(state.progress, 1),
        started_at=state.started_at or None,
        completed_at=state.completed_at or None,
        execution_time=_seconds(state),
        error_message=state.error_message or None,
        state_tracking={key: value for key, value in times.items() if value},
        audit_log=[audit_entry(row) for row in _audit(backend, state)],
        results=list(state.results) if state.status in FINAL else None,
    )


def _audit(backend: Backend, state: BacktestState) -> list[AuditRow]:
    rows = backend.store.audit.list(strategy=state.name, event="backtest.", limit=AUDIT_ROWS)
    return [row for row in rows if row.details.get("backtest") == state.id]


def _seconds(state: BacktestState) -> float | None:
    if not state.started_at or not state.completed_at:
        return None
    started, ended = (
        datetime.fromisoformat(state.started_at),
        datetime.fromisoformat(state.completed_at),
    )
    return max(0.0, (ended - started).total_seconds())
