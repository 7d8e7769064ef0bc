"""Reads of the Store that several endpoints and pages share."""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TypeVar

import structlog
from pydantic import BaseModel

from bot.landing.kept import stored
from bot.report.lines import Path
from bot.server.figures import spark
from components.schema.results.report import StrategyReport
from components.state import Store
from components.state.db.errors import NotFound
from components.state.tables.records import Run, Strategy, Version
from components.texts import scrub

MAX_ROWID = 1 << 62
Model = TypeVar("Model", bound=BaseModel)

log = structlog.get_logger()


def strategy_of(store: Store, text: str) -> Strategy:
    """A strategy by number or name.

    Raises:
        NotFound: there is none.
        UserError: several repositories have one of this name.
    """
    found = store.strategies.find(text)
    if found is None:
        raise NotFound(f"there is no strategy {text[:100]!r}")
    return presentable(found)


def key_of(store: Store, text: str) -> str:
    """A strategy's number, as the Backend takes it: names may stand in several repositories.

    Raises:
        NotFound, UserError: as `strategy_of`.
    """
    return str(strategy_of(store, text).id)


def presentable(strategy: Strategy) -> Strategy:
    """The strategy with no folder of this machine in its last error."""
    return replace(strategy, last_error=scrub(strategy.last_error))


def run_of(store: Store, run_id: int) -> Run:
    """A run by its number, with its report. Raises NotFound."""
    found = store.runs.get(run_id) if 0 < run_id < MAX_ROWID else None
    if found is None:
        raise NotFound(f"there is no run {run_id}")
    return found


def shown_version(store: Store, strategy: Strategy) -> Version | None:
    """The version whose figures stand for the strategy: the deployed one, else the newest."""
    versions = store.versions
    return versions.deployed(strategy.repository, strategy.name) or versions.last_moved(
        strategy.repository, strategy.name
    )


class Sparks:
    """Small curves by content, which does not change, so they are kept."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[str, Path | None] = OrderedDict()

    def of(self, store: Store, strategy: Strategy) -> Path | None:
        """The equity curve of what a strategy's figures are of; None where there is none."""
        key = strategy.figures.content_key
        if not key:
            return None
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        report = stored(StrategyReport, store.verdicts.get(key) or "")
        if report is None:
            return None
        curve = spark(next((r.equity for r in report.results if r.equity), ()))
        with self._lock:
            self._kept[key] = curve
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return curve
