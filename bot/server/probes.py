"""Probes, metrics, events, badges: small answers for machines."""

from typing import Annotated, Any
from xml.sax.saxutils import escape

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

from bot.server import openapi, reading, text
from bot.server.api import Reads
from bot.server.auth import page_reader
from bot.server.docs_view import operations
from bot.server.health import overall
from bot.server.parts import parts
from bot.server.shapes import Status

router = APIRouter(tags=["probes"])
TOPIC = r"^(all|orders|run:[0-9]{1,18}|(strategy|backtest):[A-Za-z0-9_]{1,100})$"
BADGE_COLOURS = {"good": "#14713c", "bad": "#b3261e", "warn": "#8a5200", "busy": "#1d54c4"}
CHARACTER = 6.6


@router.get("/healthz", responses=openapi.errors())
async def healthz() -> Status:
    """Live: this process answers."""
    return Status(status="ok")


@router.get(
    "/readyz",
    response_model=Status,
    responses={**openapi.errors(), 503: {"model": Status, "description": "Not ready"}},
)
async def readyz(request: Request) -> Any:
    """Ready: no vital component is away."""
    ready = overall(await parts(request).health.components()) != "unhealthy"
    return Status(status="ready") if ready else JSONResponse({"status": "not ready"}, 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={**openapi.errors(), 200: {"content": {"text/plain": {}}}},
)
async def metrics(request: Request, _: Reads) -> Response:
    """Metrics for Prometheus."""
    content = await run_in_threadpool(parts(request).meters.text)
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={**openapi.errors(422), 200: {"content": {"text/event-stream": {}}}},
)
async def events(
    request: Request,
    _: Reads,
    topic: Annotated[
        str, Query(pattern=TOPIC, description="all, orders, run:N, strategy:NAME or backtest:N")
    ] = "all",
) -> StreamingResponse:
    """Server-sent events: `changed` whenever there is something new to look at."""
    frames = parts(request).hub.watch(topic)
    return StreamingResponse(
        frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


@router.get(
    "/badge/{name}.svg",
    response_class=Response,
    responses={**openapi.errors(404), 200: {"content": {"image/svg+xml": {}}}},
)
def badge(request: Request, name: str, _: Reads) -> Response:
    """A strategy's state as a picture for a README."""
    found = reading.strategy_of(parts(request).backend.store, name)
    look = text.tone(found.status)
    word = f"{look.word} {found.deployed_version}".strip()
    svg = _badge(found.name, word, BADGE_COLOURS.get(look.tone, "#4f5662"))
    return Response(svg, media_type="image/svg+xml", headers={"cache-control": "max-age=60"})


def _badge(left: str, right: str, colour: str) -> str:
    one, two = (round(len(part) * CHARACTER + 14) for part in (left, right))
    label = escape(f"{left}: {right}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{one + two}" height="20" role="img"'
        f' aria-label="{label}"><title>{label}</title>'
        f'<rect rx="4" width="{one + two}" height="20" fill="{colour}"/>'
        f'<path d="M4 0H{one}V20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="#3a414d"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"'
        ' text-anchor="middle">'
        f'<text x="{one / 2:g}" y="14" textLength="{one - 12}">{escape(left)}</text>'
        f'<text x="{one + two / 2:g}" y="14" textLength="{two - 12}">{escape(right)}</text>'
        "</g></svg>"
    )


@router.get("/docs", include_in_schema=False, dependencies=[Depends(page_reader)])
async def docs(request: Request) -> HTMLResponse:
    """The API, for people."""
    document = request.app.openapi()
    return parts(request).renderer.page(
        "docs.html", nav="docs", document=document, groups=operations(document)
    )
