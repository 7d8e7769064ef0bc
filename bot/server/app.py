"""create_app: the whole HTTP side of the bot as one ASGI application."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.server import (
    agents,
    api,
    backtests_api,
    bodies,
    guard,
    holdout_api,
    lists,
    openapi,
    pages,
    probes,
    sign_in,
    team_pages,
    webhooks,
)
from bot.server.auth import Keys
from bot.server.backend import Backend
from bot.server.compare_view import sides
from bot.server.errors import ApiError, Detail, answer_of, from_expected, problem
from bot.server.health import Health
from bot.server.live import Hub
from bot.server.metrics import Meters
from bot.server.parts import Parts, parts
from bot.server.reach import exposed, has_authors
from bot.server.reading import sparks
from bot.server.render import Renderer, project_version
from components.errors import AlgoOpsError
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.models import StrategyDefinition

STATIC = Path(__file__).parent / "static"
CODES = {404: "not_found", 405: "method_not_allowed"}
MACHINE_PATHS = (
    "/api/",
    "/mcp",
    "/webhooks/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/events",
    "/badge/",
)
BODIES = (
    bodies.CodeToValidate,
    bodies.SandboxTest,
    bodies.DeployBody,
    bodies.RollbackBody,
    bodies.HoldBody,
    bodies.PromoteBody,
    bodies.DriftBody,
    bodies.RunSandbox,
    StrategyDefinition,
    BacktestConfig,
)

log = structlog.get_logger()


def create_app(backend: Backend) -> FastAPI:
    """The application over a Backend; `bot.server.serve.HttpServer` runs it."""
    app = FastAPI(
        title="AlgoOps",
        version=project_version(),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.parts = Parts(
        backend=backend,
        keys=Keys(backend.settings),
        exposed=exposed(backend.settings.server),
        hub=Hub(),
        health=Health(backend),
        meters=Meters(backend),
        sparks=sparks(),
        sides=sides(),
        renderer=Renderer(),
        slow=anyio.CapacityLimiter(api.AT_ONCE),
    )
    for part in (
        api,
        backtests_api,
        lists,
        holdout_api,
        webhooks,
        probes,
        sign_in,
        pages,
        team_pages,
    ):
        app.include_router(part.router)
    if has_authors(backend.settings):
        app.state.agents = agents.AgentTools(backend)
        app.router.routes.append(app.state.agents.route)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _answer_errors(app)
    openapi.install(app, BODIES)
    _wrap(app, app.state.parts)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    here: Parts = app.state.parts
    backend = here.backend
    here.hub.open(backend)
    stop_counting = backend.subscribe(here.meters.listen)
    if not webhooks.listening(backend.settings):
        log.info("webhooks_off", reason="no repository has a github.webhook_secret")
    found: agents.AgentTools | None = getattr(app.state, "agents", None)
    async with found.running() if found is not None else nullcontext():
        yield
    stop_counting()
    here.hub.close()


def _wrap(app: FastAPI, here: Parts) -> None:
    """Middleware, the last one added being the outermost."""
    settings = here.backend.settings
    server = settings.server
    names = {server.host, urlsplit(server.public_url).hostname or server.host}
    app.add_middleware(
        guard.BodyGuard,
        large_webhooks=bool(webhooks.listening(settings)),
        seconds=guard.BODY_SECONDS,
    )
    app.add_middleware(guard.Slashes)
    app.add_middleware(guard.HostCheck, allowed=None if here.exposed else frozenset(names))
    app.add_middleware(_Timed, meters=here.meters)
    app.add_middleware(guard.SecurityHeaders)


class _Timed:
    """Counts each answer by its route's template."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.meters.request(scope["method"][:10], route, status, time.perf_counter() - started)


# --- errors ------------------------------------------------------------------------------------


def _answer_errors(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[..., Awaitable[Response]]] = {
        ApiError: _api_error,
        AlgoOpsError: _expected,
        HTTPException: _http_exception,
        RequestValidationError: _bad_parameters,
        TimeoutError: _interrupted,
        CancelledError: _interrupted,
        Exception: _bug,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _api_error(request: Request, error: ApiError) -> Response:
    if error.status == HTTPStatus.SEE_OTHER:
        return Response(status_code=error.status, headers=error.headers)
    if _wants_page(request):
        heading = {401: "Sign in", 404: "Not found"}.get(error.status, "That did not work")
        renderer = parts(request).renderer
        return renderer.page(
            "error.html",
            status=error.status,
            heading=heading,
            error=error.body.error,
            hint=error.body.hint,
        )
    return answer_of(error, request.url.path)


async def _expected(request: Request, error: AlgoOpsError) -> Response:
    return await _api_error(request, from_expected(error))


async def _http_exception(request: Request, error: HTTPException) -> Response:
    text = (
        "there is nothing here"
        if error.status_code == HTTPStatus.NOT_FOUND
        else str(error.detail).lower()
    )
    answer = problem(
        error.status_code,
        CODES.get(error.status_code, "refused"),
        text,
        headers=dict(error.headers or {}),
    )
    return await _api_error(request, answer)


async def _bad_parameters(request: Request, error: RequestValidationError) -> Response:
    details = [
        Detail(field=".".join(str(p) for p in item["loc"]), message=item["msg"])
        for item in error.errors()
    ]
    answer = problem(422, "invalid_parameters", "a parameter is not valid", details=details)
    return await _api_error(request, answer)


async def _interrupted(request: Request, error: Exception) -> Response:
    log.warning("interrupted", path=request.url.path, kind=type(error).__name__)
    answer = problem(
        503,
        "interrupted",
        "it did not end in time, or the bot is stopping",
        hint="look at the strategy's page: it may still be under way",
        headers={"Retry-After": "30"},
    )
    return await _api_error(request, answer)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("bug", path=request.url.path, kind=type(error).__name__, exc_info=error)
    answer = problem(500, "internal", "the bot met a bug: it is in its log")
    return await _api_error(request, answer)


def _wants_page(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith(MACHINE_PATHS)
