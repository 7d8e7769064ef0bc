"""The web pages: read-only, server-rendered, usable without JavaScript."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from bot.landing import kept
from bot.landing.book import book_of
from bot.landing.freezing import freeze_words
from bot.landing.lost import lost_lately, lost_words
from bot.landing.stages import on_stages
from bot.landing.wishes import wish_words
from bot.report import sheet
from bot.report.contributions import HEAD, contribution_rows
from bot.report.landing import what_it_means
from bot.report.status import place_in_queue
from bot.report.values import band_words, has_figures, unit_words
from bot.server import figures, reading, run_view, strategy_view, text
from bot.server.auth import page_reader
from bot.server.backend import Backend
from bot.server.book_view import book_view
from bot.server.forward_view import since_deploy, since_figures
from bot.server.health import overall
from bot.server.paging import ROWS, Number, Page, links
from bot.server.parts import Parts, parts
from components.errors import UserError
from components.schema.results.values import ExecutionResult, Verdict
from components.state import Lifecycle
from components.state.tables.notes import SETTINGS_REFUSED
from components.state.tables.records import Strategy
from components.state.tables.strategy_rows import ListOrder, SortBy
from components.texts import scrub

HISTORY = 60
MAX_ATTENTION = 6
RECENT = 100
"""Runs that are looked at for what needs attention."""

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(page_reader)],
)


@router.get("/")
def index(  # one argument a parameter of the page
    request: Request,
    q: str = "",
    state: str = "",
    sort: str = "",
    reverse: str = "",
    page: Number = 1,
) -> HTMLResponse:
    """All strategies at a glance, sorted and searched as asked."""
    here = parts(request)
    backend, renderer, store = here.backend, here.renderer, here.backend.store
    wanted = Lifecycle(state) if state in list(Lifecycle) else None
    order = ListOrder(SortBy(sort) if sort in list(SortBy) else SortBy.NAME, reverse == "1")
    search = q.strip()[:100]
    place = Page.of(page, ROWS, store.strategies.count(status=wanted, search=search))
    rows = store.strategies.list(
        status=wanted, search=search, limit=place.size, offset=place.offset, order=order
    )
    counts = store.strategies.counts()
    return renderer.page(
        "index.html",
        nav="strategies",
        topic="all",
        refused=scrub(store.meta.get(SETTINGS_REFUSED)),
        banners=[
            *map(lost_words, lost_lately(store)),
            *freeze_words(store, backend.settings.repositories),
        ],
        tiles=_tiles(counts),
        attention=[_row(s) for s in _attention(backend)] if page == 1 and not search else [],
        rows=[{**_row(s), **_drawn(here, s)} for s in rows],
        heading=f"{text.tone(wanted).word} strategies" if wanted else "All strategies",
        columns=COLUMNS,
        order=order,
        sort_url=_sort_links(order, q=search, state=wanted or ""),
        tries=store.tries.head().count,
        since=store.tries.since(),
        q=search,
        chosen=wanted or "",
        states=list(Lifecycle),
        many_repositories=len(backend.settings.repositories) > 1,
        page=place,
        page_url=links("/", q=search, state=wanted or "", **_sorting(order)),
    )


COLUMNS = {
    SortBy.NAME: "Strategy",
    SortBy.RETURN: "Return",
    SortBy.SHARPE: "Sharpe",
    SortBy.LUCK: "Not luck",
    SortBy.DRAWDOWN: "Max drawdown",
    SortBy.TRADES: "Trades",
    SortBy.CHANGED: "Changed",
}
"""What the list may be sorted by, as its columns are called."""


def _sorting(order: ListOrder) -> dict[str, str]:
    by = "" if order.by is SortBy.NAME else str(order.by)
    return {"sort": by, "reverse": "1" if order.reverse else ""}


def _sort_links(order: ListOrder, **fixed: str) -> dict[SortBy, str]:
    """Column -> the list sorted by it; by the same column again, the other way round."""
    orders = {by: ListOrder(by, by is order.by and not order.reverse) for by in SortBy}
    return {by: links("/", **fixed, **_sorting(one))(1) for by, one in orders.items()}


def _row(strategy: Strategy) -> dict[str, Any]:
    return {**vars(reading.presentable(strategy)), "url": f"/strategies/{strategy.id}"}


def _drawn(here: Parts, strategy: Strategy) -> dict[str, Any]:
    store = here.backend.store
    return {
        "spark": here.sparks.of(store, strategy.figures.content_key or ""),
        "since": since_deploy(store, strategy),
    }


def _attention(backend: Backend) -> list[Strategy]:
    """Strategies whose newest proposal failed, those that failed last first."""
    store, found = backend.store, dict[tuple[str, str], Strategy]()
    for run in store.runs.list(limit=RECENT):
        if run.verdict not in {Verdict.FAILED, Verdict.ERROR}:
            continue
        for item in store.runs.strategies(run.id):
            row = store.strategies.get(run.repository, item.name)
            if row is not None and Lifecycle.FAILED in {row.proposed_status, row.status}:
                found[row.repository, row.name] = row
    return list(found.values())[:MAX_ATTENTION]


def _tiles(counts: Any) -> list[dict[str, object]]:
    busy = sum(counts.get(state, 0) for state in ("queued", "validating", "testing", "fixing"))
    return [
        {
            "word": word,
            "count": counts.get(state, 0) if state else busy,
            "tone": tone,
            "note": note,
            "url": f"/?state={state}" if state else "/runs",
        }
        for word, state, tone, note in (
            ("Deployed", "deployed", "good", "live on the base branch"),
            ("Ready", "ready", "good", "proposals that may be deployed"),
            ("In progress", "", "busy", "being checked now"),
            ("Failing", "failed", "bad", "their authors were told why"),
        )
    ]


@router.get("/strategies/{name}")
def strategy(request: Request, name: str, symbol: str = "", life: str = "") -> HTMLResponse:
    """One strategy: its life, versions, figures, trades and findings."""
    backend, renderer = parts(request).backend, parts(request).renderer
    store = backend.store
    found = reading.strategy_of(store, name)
    key = (found.repository, found.name)
    shown = reading.shown_version(store, found)
    report = kept.report_of(store, shown)
    result = figures.result_of(report, symbol) if report else None
    previous = strategy_view.previous_result(store, found, shown, result.symbol if result else "")
    runs = store.runs.list(strategy=found.name, repository=found.repository, limit=10)
    holds = store.holds.list(*key, lifted=True)
    return renderer.page(
        "strategy.html",
        nav="strategies",
        topic=f"strategy:{found.name}",
        strategy=found,
        holds=holds,
        held={hold.version for hold in holds if not hold.lifted_at},
        report=report if result else None,
        shown_version=shown.version or "the proposal" if shown else "",
        symbols=[r.symbol for r in report.results if r.equity] if report else [],
        findings=[f for c in report.checks for f in c.findings] if report else [],
        timeline=strategy_view.timeline(
            store.strategies.history(*key, limit=HISTORY * 4), whole=life == "whole"
        )[:HISTORY],
        whole=life == "whole",
        versions=strategy_view.with_before(store.versions.list(*key, limit=HISTORY)),
        runs=runs,
        orders=strategy_view.orders_now(store, found),
        since=since_figures(store, *key, report),
        sealed=strategy_view.sealed_rows(backend.sealed_figures(str(found.id))),
        executions=strategy_view.executions_now(store, found),
        stages=on_stages(store, backend.settings.repositories).get(key, ()),
        deployments=store.deployments.list(*key, stage=None, limit=HISTORY),
        **_performance(found, result, previous),
    )


def _performance(
    found: Strategy, result: ExecutionResult | None, previous: ExecutionResult | None
) -> dict[str, Any]:
    if result is None or result.metrics is None:
        return {"contributions": ()}
    before = previous.metrics if previous else None
    columns = (("This version", result.metrics), ("Version before", before))
    return {
        "symbol": result.symbol,
        "metric_tiles": strategy_view.metric_tiles(result.metrics, before),
        "comparison": strategy_view.comparison(columns),
        "figure": figures.figure(figures.curves_of(found.name, result, previous), result),
        "chart_url": f"/api/v1/strategies/{found.id}/equity?{urlencode({'symbol': result.symbol})}",
        "trades": result.trades[::-1],
        "contributions": contribution_rows(result),
        "contribution_head": HEAD,
        "sizes": unit_words([result]),
        "band": band_words([result]),
    }


@router.get("/strategies/{name}/diff")
def diff(request: Request, name: str, old: str = "", new: str = "") -> HTMLResponse:
    """What differs between two versions of a strategy."""
    backend, renderer = parts(request).backend, parts(request).renderer
    found = reading.strategy_of(backend.store, name)
    if not old or not new:
        raise UserError("name both versions: ?old=1.0.0&new=1.1.0")
    files = [
        {
            "path": file.path,
            "truncated": file.truncated,
            "lines": strategy_view.diff_lines(file.text),
        }
        for file in backend.diff(str(found.id), old[:64], new[:64])
    ]
    return renderer.page(
        "diff.html", nav="strategies", strategy=found, old=old, new=new, files=files
    )


@router.get("/runs")
def runs(request: Request, page: Number = 1) -> HTMLResponse:
    """All runs, newest first."""
    backend, renderer = parts(request).backend, parts(request).renderer
    place = Page.unknown(page, ROWS)
    found = backend.store.runs.list(limit=place.size + 1, offset=place.offset)
    return renderer.page(
        "runs.html",
        nav="runs",
        topic="all",
        runs=found[: place.size],
        page=place.ending(len(found)),
        page_url=links("/runs"),
    )


@router.get("/runs/{run_id}")
def run(request: Request, run_id: int) -> HTMLResponse:
    """One run; live while it is at work."""
    backend, renderer = parts(request).backend, parts(request).renderer
    found = reading.run_of(backend.store, run_id)
    report = run_view.report_of_run(found)
    waits, standing = run_view.in_queue(backend.store, found)
    return renderer.page(
        "run.html",
        nav="runs",
        topic="" if found.finished else "all" if waits else f"run:{found.id}",
        run=found,
        verdict=found.verdict or ("queued" if waits else found.status),
        took=run_view.took(found),
        summary=report.summary if report else "",
        wish=wish_words(backend.store, found.repository, found.proposal),
        not_enforced=report.limits_not_enforced if report else (),
        proposal_findings=report.findings if report else (),
        whole_checks=report.checks if report else (),
        lands=report.lands if report else None,
        what_it_means=what_it_means,
        kept=report is not None,
        with_sheet=report is not None and has_figures(report),
        contribution_head=HEAD,
        waits=place_in_queue(standing) if waits else "",
        blocks=run_view.blocks(
            found, report, backend.store, backend.job_output(found.id), waits=waits
        ),
    )


@router.get("/runs/{run_id}/sheet")
def run_sheet(request: Request, run_id: int) -> HTMLResponse:
    """The tear sheet of one run: a file of its own, that may be saved and printed."""
    report = kept.kept_report(reading.run_of(parts(request).backend.store, run_id))
    policy = f"{sheet.CSP}; frame-ancestors 'none'"
    return HTMLResponse(sheet.sheet(report), headers={"content-security-policy": policy})


@router.get("/deployments")
def deployments(request: Request, page: Number = 1) -> HTMLResponse:
    """Everything that changed what is deployed."""
    backend, renderer = parts(request).backend, parts(request).renderer
    place = Page.unknown(page, ROWS)
    found = backend.store.deployments.list(stage=None, limit=place.size + 1, offset=place.offset)
    return renderer.page(
        "deployments.html",
        nav="deployments",
        with_names=True,
        deployments=found[: place.size],
        page=place.ending(len(found)),
        page_url=links("/deployments"),
    )


@router.get("/book")
def book(request: Request) -> HTMLResponse:
    """How all that is deployed goes together."""
    backend, renderer = parts(request).backend, parts(request).renderer
    names = [one.name for one in backend.settings.repositories]
    books = [book_view(name, book_of(backend.store, name)) for name in names]
    return renderer.page("book.html", nav="book", books=books)


@router.get("/audit")
def audit(request: Request, strategy: str = "", before: int | None = None) -> HTMLResponse:
    """The audit log."""
    backend, renderer = parts(request).backend, parts(request).renderer
    chosen = strategy.strip()[:100]
    rows = backend.store.audit.list(strategy=chosen or None, before=before, limit=ROWS)
    link = links("/audit", strategy=chosen)
    older = f"{link(1)}&before={rows[-1].id}" if len(rows) == ROWS else ""
    return renderer.page("audit.html", nav="audit", rows=rows, chosen=chosen, older=older)


@router.get("/health")
async def health(request: Request) -> HTMLResponse:
    """Each component's answer."""
    renderer = parts(request).renderer
    components = await parts(request).health.components()
    return renderer.page(
        "health.html", nav="health", overall=overall(components), components=components.items()
    )
