"""Reads of the Store that several endpoints and pages share."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Generic, TypeVar

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
Worked = TypeVar("Worked")

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


class ByContent(Generic[Model, Worked]):
    """What was worked out of the reports of contents, which do not change, so it is kept."""

    def __init__(self, model: type[Model], work: Callable[[Model], Worked], most: int) -> None:
        """Keep nothing yet.

        Args:
            model: what is read of a report.
            work: what is made of it.
            most: of so many contents; those that were asked for first are forgotten first.
        """
        self._model = model
        self._work = work
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[str, Worked] = OrderedDict()

    def of(self, store: Store, content_key: str) -> Worked | None:
        """What was worked out of a content's report; None where there is no report."""
        if not content_key:
            return None
        with self._lock:
            if content_key in self._kept:
                return self._kept[content_key]
        report = stored(self._model, store.verdicts.get(content_key) or "")
        if report is None:
            return None
        worked = self._work(report)
        with self._lock:
            self._kept[content_key] = worked
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return worked


def sparks() -> ByContent[StrategyReport, Path | None]:
    """Small equity curves, None where there is none."""
    return ByContent(
        StrategyReport,
        lambda report: spark(next((r.equity for r in report.results if r.equity), ())),
        most=5_000,
    )
