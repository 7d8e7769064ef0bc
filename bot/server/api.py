"""/api/production/strategies: the endpoints that existing clients use, and orders."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from bot.core.requests import DeployRequest, LimitRequest, RollbackRequest, SandboxTestRequest
from bot.landing.execution import executions
from bot.server import body, judge, openapi, reading
from bot.server.auth import Requester, TokenRole, deployer, reader
from bot.server.bodies import CodeToValidate, DeployBody, ResourceLimits, RollbackBody, SandboxTest
from bot.server.errors import Problem, problem
from bot.server.health import STRATEGY_COMPONENTS
from bot.server.list_shapes import (
    ExecutionAnswer,
    ExecutionsAnswer,
    OrdersAnswer,
    SheetAnswer,
)
from bot.server.parts import parts
from bot.server.shapes import (
    AuditEntry,
    Deployed,
    HealthAnswer,
    InvalidSchema,
    LifecycleAnswer,
    RejectedCode,
    RolledBack,
    SandboxOutcome,
    Tracking,
    Usage,
    ValidCode,
    ValidSchema,
)
from components.schema.definition.models import StrategyDefinition
from components.schema.results.values import ExecutionResult, Status
from components.state.orders import sheets
from components.state.tables.records import AuditRow

AT_ONCE = 8
"""How many requests may wait for sandboxes, git or the forge at a time; more are told to come back.
"""
AUDIT_ROWS = 100

router = APIRouter(prefix="/api/production/strategies", tags=["strategies"])
Reads = Annotated[Requester, Depends(reader)]
Changes = Annotated[Requester, Depends(deployer)]
Answer = TypeVar("Answer")


async def slowly(request: Request, work: Callable[[], Answer]) -> Answer:
    """Run what may take seconds in a thread, a bounded number at a time.

    Raises:
        ApiError: 503 when too many wait already.
    """
    limiter: anyio.CapacityLimiter = parts(request).slow
    place = object()
    try:
        # Taken at once: between a look and a later taking, others would have looked too.
        limiter.acquire_on_behalf_of_nowait(place)
    except anyio.WouldBlock as full:
        raise problem(
            503, "busy", "too many long requests are under way", headers={"Retry-After": "5"}
        ) from full
    try:
        return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))
    finally:
        limiter.release_on_behalf_of(place)


@router.post(
    "/validate-schema/",
    tags=["reads"],
    response_model=ValidSchema,
    responses={
        **openapi.errors(415),
        400: {"model": InvalidSchema | Problem, "description": openapi.MEANING[400]},
    },
    openapi_extra=openapi.takes(StrategyDefinition),
)
async def validate_schema(
    request: Request, _: Reads, document: Annotated[Any, Depends(body.document)]
) -> Any:
    """Judge a strategy definition. Nothing is kept."""
    backend = parts(request).backend
    return await run_in_threadpool(judge.definition, backend.settings, document)


@router.post(
    "/validate-code/",
    tags=["reads"],
    response_model=ValidCode,
    responses={
        **openapi.errors(415, 422),
        400: {"model": RejectedCode | Problem, "description": openapi.MEANING[400]},
    },
    openapi_extra=openapi.takes(CodeToValidate),
)
async def validate_code(
    request: Request, _: Reads, asked: Annotated[CodeToValidate, Depends(body.of(CodeToValidate))]
) -> Any:
    """Judge a strategy's code without running it. Nothing is kept."""
    backend = parts(request).backend
    work = lambda: judge.code(backend.settings, asked)  # noqa: E731  # bound for the thread
    return await slowly(request, work)


@router.post(
    "/sandbox-test/",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(SandboxTest),
)
async def sandbox_test(
    request: Request,
    who: Changes,
    asked: Annotated[SandboxTest, Depends(body.of(SandboxTest))],
) -> SandboxOutcome:
    """Run a strategy's smoke test in the sandbox and wait for it."""
    backend = parts(request).backend

    def work() -> ExecutionResult:
        name = reading.key_of(backend.store, asked.strategy)
        limits = limits_of(asked.resource_limits, asked.timeout)
        return backend.sandbox_test(SandboxTestRequest(name, who.actor, asked.ref or "", limits))

    return _outcome(await slowly(request, work))


def limits_of(asked: ResourceLimits, timeout: float | None = None) -> LimitRequest:
    """The limits of a request; None where it names none."""
    return LimitRequest(wall_s=timeout, memory_mb=asked.memory, cpus=asked.cpu)


def _outcome(result: ExecutionResult) -> SandboxOutcome:
    used = result.resource_usage
    busy = used.cpu_s is not None and result.duration_s > 0
    percent = round(100 * used.cpu_s / result.duration_s, 1) if busy and used.cpu_s else None
    return SandboxOutcome(
        status=str(result.status),
        success=result.status is Status.PASSED,
        execution_time=result.duration_s,
        exit_code=result.exit_code,
        output=result.stdout,
        errors="\n".join(t for t in (result.message, result.stderr) if t)
        if result.status is not Status.PASSED
        else result.stderr,
        timed_out=result.status is Status.TIMEOUT,
        resource_usage=Usage(max_memory_mb=used.max_memory_mb, cpu_percent=percent),
    )


@router.get("/health/", response_model=HealthAnswer, responses=openapi.unhealthy())
async def health(request: Request, _: Reads) -> Any:
    """Ask each component, at most once a second. 503 when a vital one is away."""
    answer = await parts(request).health.answer(STRATEGY_COMPONENTS)
    return JSONResponse(answer.model_dump(), 503 if answer.overall == "unhealthy" else 200)


@router.get("/{strategy_id}/lifecycle/", responses=openapi.errors(404))
def lifecycle(request: Request, strategy_id: str, _: Reads) -> LifecycleAnswer:
    """One strategy's whole life; `strategy_id` is its number or its name."""
    store = parts(request).backend.store
    found = reading.strategy_of(store, strategy_id)
    history = store.strategies.history(found.repository, found.name, limit=AUDIT_ROWS)
    return LifecycleAnswer(
        strategy_id=found.id,
        name=found.name,
        current_status=str(found.status),
        version=found.version,
        lifecycle_tracking=Tracking(
            generation_attempts=found.generation_attempts,
            test_attempts=found.test_attempts,
            fix_attempts=found.fix_attempts,
            error_count=found.error_count,
            last_error=found.last_error,
        ),
        timestamps={"created_at": found.created_at, "updated_at": found.updated_at}
        | dict(found.timestamps),
        audit_log=[audit_entry(row) for row in history],
    )


@router.get("/{strategy_id}/orders/", responses=openapi.errors(404))
def orders(request: Request, strategy_id: str, _: Reads) -> OrdersAnswer:
    """What the deployed version wants next, or why it wants nothing."""
    store = parts(request).backend.store
    found = reading.strategy_of(store, strategy_id)
    return OrdersAnswer(
        strategy_id=found.id,
        name=found.name,
        sheets=[SheetAnswer(**one) for one in sheets(store, found.repository, found.name)],
    )


@router.get("/{strategy_id}/execution/", responses=openapi.errors(404))
def execution(request: Request, strategy_id: str, _: Reads) -> ExecutionsAnswer:
    """What a broker's imported fills say beside the orders on record."""
    store = parts(request).backend.store
    found = reading.strategy_of(store, strategy_id)
    said = executions(store, found.repository, found.name)
    return ExecutionsAnswer(
        strategy_id=found.id,
        name=found.name,
        executions=[ExecutionAnswer(**one) for one in said],
    )


def audit_entry(row: AuditRow) -> AuditEntry:
    """An audit row as the API shows it."""
    return AuditEntry(
        timestamp=row.timestamp,
        actor=row.actor,
        event=row.event,
        strategy=row.strategy,
        old=row.old,
        new=row.new,
        details=dict(row.details),
    )


@router.post(
    "/{strategy_id}/deploy/",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(DeployBody),
)
async def deploy(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[DeployBody, Depends(body.of(DeployBody))],
) -> Deployed:
    """Land a proposal whose checks are green. 409 when it is not ready."""
    backend = parts(request).backend

    def work() -> Deployed:
        name = reading.key_of(backend.store, strategy_id)
        done = backend.deploy(
            DeployRequest(
                name=name,
                actor=who.actor,
                ref=asked.ref or "",
                pr=asked.pr,
                sha=asked.sha or "",
                message=asked.commit_message,
                create_tag=asked.create_tag,
                tag_version=asked.tag_version or "",
                admin=who.role is TokenRole.ADMIN,
            )
        )
        return Deployed.model_validate({**vars(done), "tag": done.tag or None})

    return await slowly(request, work)


@router.post(
    "/{strategy_id}/rollback/",
    responses=openapi.errors(403, 404, 409, 415, 422),
    openapi_extra=openapi.takes(RollbackBody),
)
async def rollback(
    request: Request,
    strategy_id: str,
    who: Changes,
    asked: Annotated[RollbackBody, Depends(body.of(RollbackBody))],
) -> RolledBack:
    """Restore an earlier version; the one rolled back is held."""
    backend = parts(request).backend

    def work() -> RolledBack:
        name = reading.key_of(backend.store, strategy_id)
        done = backend.rollback(
            RollbackRequest(
                name=name,
                actor=who.actor,
                reason=asked.reason,
                version=asked.version or "",
                commit=asked.commit_hash or "",
                stage=asked.stage or "",
            )
        )
        return RolledBack.model_validate({**vars(done), "reason": asked.reason})

    return await slowly(request, work)
