"""The dashboard of a repository: what stands in it, kept up to date where people look."""

import hashlib

import structlog

from bot.core.failpoints import failpoint
from bot.landing.context import Watched, World
from bot.landing.drifted import NO_COMMAND, Drift, drifted
from bot.landing.land import base_key
from bot.report.board import Board, Row, board_text
from bot.report.values import base_id
from bot.sources.poll import board_key
from components.errors import UserError
from components.ports import ShowsBoard
from components.schema.results.values import Verdict
from components.state import Lifecycle, Store
from components.state.tables.records import Job, Strategy

log = structlog.get_logger(__name__)

ALL = 10_000
LATELY = 20
"""Checks of the base that are looked at for what fails now."""


def show_board(world: World, job: Job) -> None:
    """Have the dashboard say what stands now. The forge is only asked when the text changes.

    Raises:
        TransientError: the forge does not answer; the queue tries again.
    """
    watched, meta = world.repository(job.repository), world.store.meta
    forge = watched.forge
    if not isinstance(forge, ShowsBoard) or not forge.shows_board:
        return
    said = f"board.said:{watched.name}"
    stamp, _, digest = meta.get(said).partition(" ")
    now = _stamp(world, watched)
    if stamp == now:
        return
    text = board_text(board_of(world.store, watched, world.pages.url))
    new = hashlib.sha256(text.encode()).hexdigest()
    if new != digest:
        try:
            known = forge.show_board("AlgoOps dashboard", text, meta.get(board_key(watched.name)))
        except UserError as error:  # issues are off, or forbidden: said, and tried at a change
            log.warning("no dashboard", repository=watched.name, why=str(error))
        else:
            failpoint("board.shown")
            meta.put(board_key(watched.name), known)
    meta.put(said, f"{now} {new}")


def _stamp(world: World, watched: Watched) -> str:
    """Equal while nothing changed: all that the dashboard says goes with a row of the audit log."""
    return f"{world.store.audit.head().count}:{world.store.meta.get(base_key(watched.name))}"


def board_of(store: Store, watched: Watched, url: str = "") -> Board:
    """What stands in a repository now."""
    name = watched.name
    live = store.deployments.live(name)
    ready = store.strategies.list(name, Lifecycle.READY, limit=ALL)
    failed = store.strategies.list(name, Lifecycle.FAILED, limit=ALL)
    return Board(
        base=watched.base_branch,
        commit=store.meta.get(base_key(name)),
        drifted=[_drift(one) for one in drifted(store, name)],
        failing=[
            *_failing_live(store, watched),
            *(_failing(s) for s in failed if s.proposal),
        ],
        ready=[_ready(s) for s in ready],
        held=[
            Row(h.name, h.version, words=f"{h.reason or 'no reason'} ({h.actor}, {h.held_at[:10]})")
            for h in store.holds.list(name, limit=ALL)
        ],
        live=[Row(d.name, d.version, words=f"since {d.deployed_at[:10]}") for d in live],
        url=url,
    )


def _drift(drift: Drift) -> Row:
    answers = tuple((f"/algoops {command}", what) for command, what in drift.answers)
    words = drift.happened if answers else f"{drift.happened}: {NO_COMMAND}"
    return Row(drift.name, drift.version, words=words, commands=answers)


def _failing(strategy: Strategy) -> Row:
    return Row(strategy.name, strategy.proposed_version, strategy.proposal, strategy.last_error)


def _ready(strategy: Strategy) -> Row:
    words = "its checks have passed"
    return Row(strategy.name, strategy.proposed_version, strategy.proposal, words)


def _failing_live(store: Store, watched: Watched) -> list[Row]:
    """What is live and did not pass the newest check of this very content."""
    repository, root = watched.where.repository, watched.where.root
    seen: dict[tuple[str, str], str] = {}
    runs = store.runs.list(
        repository=watched.name,
        proposal=base_id(watched.base_branch),
        status="finished",
        limit=LATELY,
    )
    for run in runs:
        if repository.objects.header(run.head) is None:  # git gc took what nothing names
            continue
        trees = repository.strategy_trees(run.head, root)
        for one in store.runs.strategies(run.id):
            seen.setdefault((one.name, trees.get(one.name, "")), one.verdict)
    words = {Verdict.FAILED: "is live and fails today's checks"}
    words[Verdict.ERROR] = "is live and could not be checked"
    return [
        Row(d.name, d.version, words=words[Verdict(verdict)])
        for d in store.deployments.live(watched.name)
        if (verdict := seen.get((d.name, d.tree))) in set(words)
    ]
