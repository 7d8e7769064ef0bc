"""What a strategy's page shows, worked out of records and reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.landing import kept
from bot.landing.execution import executions
from bot.report.orders import edge_words, execution_words, held_words, orders_words
from bot.server import figures, text
from components.schema.results.values import ExecutionResult, Metrics
from components.state import Store
from components.state.lifecycle import LIVE_ALREADY
from components.state.orders import sheets
from components.state.tables.looks import SealedLook
from components.state.tables.records import AuditRow, Strategy, Version

METRICS = (
    ("return_pct", "Return", text.percent),
    ("buy_hold_return_pct", "Buy and hold", text.percent),
    ("return_ann_pct", "Return a year", text.percent),
    ("volatility_ann_pct", "Volatility a year", text.percent),
    ("sharpe", "Sharpe", text.number),
    ("sortino", "Sortino", text.number),
    ("calmar", "Calmar", text.number),
    ("max_drawdown_pct", "Max drawdown", text.percent),
    ("exposure_pct", "Exposure", text.percent),
    ("trades", "Trades", text.count),
    ("win_rate_pct", "Win rate", text.percent),
    ("profit_factor", "Profit factor", text.number),
    ("expectancy_pct", "Expectancy", text.percent),
    ("sqn", "SQN", text.number),
    ("equity_final", "Final equity", text.number),
    ("commissions", "Commissions", text.number),
)
TILES = ("return_pct", "sharpe", "max_drawdown_pct", "trades", "win_rate_pct")


@dataclass(frozen=True)
class Tile:
    """One figure with its name; `tone` and `note` may be empty."""

    word: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Moment:
    """One entry of a strategy's timeline."""

    state: str
    title: str
    at: str
    version: str = ""
    note: str = ""
    actor: str = ""


def sealed_rows(look: SealedLook | None) -> list[tuple[str, str, str]]:
    """What the sealed bars say of what is deployed: symbol, Sharpe ratio before and behind."""
    return [
        (
            one["symbol"],
            text.number(one.get("open_sharpe")),
            text.number(one.get("sealed_sharpe")),
        )
        for one in (look.figures.get("symbols", ()) if look is not None else ())
    ]


def metric_tiles(metrics: Metrics, before: Metrics | None) -> list[Tile]:
    """The figures that matter most, with those of the version before where there is one."""
    words = {key: (word, write) for key, word, write in METRICS}
    tiles = []
    for key in TILES:
        word, write = words[key]
        old = getattr(before, key, None)
        note = f"before: {write(old)}" if old is not None else ""
        tiles.append(Tile(word, write(getattr(metrics, key)), note))
    held = metrics.buy_hold_return_pct
    if held is not None and not tiles[0].note:
        first = tiles[0]
        tiles[0] = Tile(first.word, first.value, f"buy and hold: {text.percent(held)}")
    return tiles


def comparison(columns: Sequence[tuple[str, Metrics | None]]) -> dict[str, Any] | None:
    """A table of all metrics, a column for each set that there is."""
    present = [(label, metrics) for label, metrics in columns if metrics is not None]
    if not present:
        return None
    rows = [
        {"word": word, "cells": [write(getattr(metrics, key)) for _, metrics in present]}
        for key, word, write in METRICS
        if any(getattr(metrics, key) is not None for _, metrics in present)
    ]
    return {"columns": [label for label, _ in present], "rows": rows}


MOVED = "lifecycle.moved"
NOTES = ("reason", "error", "message")
"""Where an audit row says why; the first that is there."""

PASSING = frozenset({"discovered", "queued", "validating", "testing", "fixing"})
"""States that a version only passes through."""


def timeline(rows: Iterable[AuditRow], *, whole: bool) -> list[Moment]:
    """A strategy's life from its audit rows, newest first; the milestones, or all of it."""
    return [
        Moment(
            state=_state(row),
            title=_title(row),
            at=row.timestamp,
            version=str(row.details.get("version", "")) or (row.new if _stage(row) else ""),
            note=next((str(n) for key in NOTES if (n := row.details.get(key))), "")[:300],
            actor=row.actor,
        )
        for row in rows
        if whole or _is_milestone(row)
    ]


def _is_milestone(row: AuditRow) -> bool:
    followed = str(row.details.get("reason", "")).startswith(LIVE_ALREADY)
    moved = row.event == MOVED and row.new not in PASSING and not followed
    own = row.event.startswith(("forward.", "hold.", "strategy.", "drift.", "deploy.wish"))
    return moved or own or _stage(row) != ""


TITLES = {
    "forward.differs": "Not as sealed",
    "forward.as_sealed": "As sealed again",
    "forward.accepted": "Data taken as it is",
    "deploy.wished": "Deploy when ready",
    "deploy.wish_ended": "Wished deploy ended",
    "drift.refused": "Changed without the bot",
    "drift.adopted": "Taken in",
    "drift.restored": "Put back as tested",
}


def _stage(row: AuditRow) -> str:
    """The stage that a landing is on; "" for the base, which the lifecycle tells, and the rest."""
    return str(row.details.get("stage", "")) if row.event == "deployment.recorded" else ""


def _state(row: AuditRow) -> str:
    if _stage(row):
        return str(row.details.get("kind", ""))
    return row.new or row.event.rpartition(".")[2]


def _title(row: AuditRow) -> str:
    if row.event == MOVED:
        return text.tone(row.new).word
    if row.event in TITLES:
        return TITLES[row.event]
    if stage := _stage(row):
        return f"On {stage}" if row.new else f"Off {stage}"
    return row.event.replace(".", " ").replace("_", " ").capitalize()


def orders_now(store: Store, strategy: Strategy) -> list[dict[str, Any]]:
    """The order sheets of what is deployed, each with its lines for people."""
    found = sheets(store, strategy.repository, strategy.name)
    return [
        {
            **one,
            "lines": orders_words(one),
            "held": held_words(one),
            "edge_words": edge_words(one["edge"]),
        }
        for one in found
    ]


TRADES_SHOWN = 20
"""Trades of a symbol in the table of executions."""


def executions_now(store: Store, strategy: Strategy) -> list[dict[str, Any]]:
    """What a broker's fills say, one a symbol, each in words and with its last trades first."""
    return [
        {
            "symbol": one["symbol"],
            "words": execution_words(one),
            "trades": list(one["trades"])[: -TRADES_SHOWN - 1 : -1],
        }
        for one in executions(store, strategy.repository, strategy.name)
    ]


def with_before(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """Versions, newest first, each with the landed one before it to compare with."""
    landed = sorted((v for v in versions if v.deployed_at), key=lambda v: v.deployed_at)
    return [
        {
            "version": v.version,
            "lifecycle": v.lifecycle,
            "commit": v.commit,
            "before": _before(v, landed),
        }
        for v in versions
    ]


def _before(version: Version, landed: Sequence[Version]) -> str:
    if not version.version:
        return ""
    earlier = [
        v.version
        for v in landed
        if v.version != version.version
        and (not version.deployed_at or v.deployed_at < version.deployed_at)
    ]
    return earlier[-1] if earlier else ""


def previous_result(
    store: Store, strategy: Strategy, shown: Version | None, symbol: str
) -> ExecutionResult | None:
    """The backtest of the landed version before the one shown, on the same symbol."""
    if shown is None:
        return None
    versions = store.versions.list(strategy.repository, strategy.name)
    landed = sorted((v for v in versions if v.deployed_at), key=lambda v: v.deployed_at)
    before = _before(shown, landed)
    version = store.versions.landed(strategy.repository, strategy.name, before) if before else None
    report = kept.report_of(store, version)
    return figures.result_of(report, symbol) if report else None


def diff_lines(unified: str) -> list[tuple[str, str]]:
    """Each line of a unified diff with its kind: add, del, hunk or same."""
    kinds = {"+": "add", "-": "del", "@": "hunk"}
    return [
        (kinds.get(line[:1], "same"), line)
        for line in unified.splitlines()
        if not line.startswith(("--- ", "+++ ", "diff ", "index "))
    ]
