"""Reports as they were stored, for whoever shows them."""

from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from components.schema.results.report import Report, StrategyReport
from components.state import Store
from components.state.db.errors import NotFound
from components.state.tables.records import Run, Version

Model = TypeVar("Model", bound=BaseModel)

log = structlog.get_logger()


def report_of(store: Store, version: Version | None) -> StrategyReport | None:
    """What was found out about a version's content; None when it has no verdict yet."""
    if version is None or not version.content_key:
        return None
    text = store.verdicts.get(version.content_key)
    return stored(StrategyReport, text or "")


def stored(model: type[Model], text: str) -> Model | None:
    """A document as it was stored; None where there is none, or an older version wrote it.

    A page then shows less; it must not fail because of what was true before an upgrade.
    """
    if not text:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        log.warning("stored_document_unreadable", model=model.__name__, errors=error.error_count())
        return None


def kept_report(run: Run) -> Report:
    """A run's report.

    Raises:
        NotFound: the run is not over, or its details are gone or unreadable; says which.
    """
    if not run.finished:
        raise NotFound(f"run {run.id} is not over: it has no report yet")
    if not run.report:
        raise NotFound(
            f"the details of run {run.id} are no longer kept",
            hint="its verdict stays; for its figures check the proposal again",
        )
    report = stored(Report, run.report)
    if report is None:
        raise NotFound(
            f"the report of run {run.id} was written by another version and can't be read",
            hint="check the proposal again",
        )
    return report
