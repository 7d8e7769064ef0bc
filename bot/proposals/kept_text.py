"""A run's report as it is kept: JSON, signed where the repository's reports are."""

import structlog

from bot.checks.signed import with_signature
from bot.landing.context import World
from components.errors import UserError
from components.schema.results.report import Report
from components.state.tables.records import Run

log = structlog.get_logger(__name__)


def kept_text(world: World, run: Run, report: Report) -> str:
    """The report's JSON, signed where the repository's reports are.

    A key that does not sign is told as a trouble and stops no verdict: who reads the report sees
    that it has no signature.
    """
    text, watched = report.model_dump_json(), world.watched.get(run.repository)
    if watched is None or watched.reports_signed is None:
        return text
    what = f"signatures of reports of {watched.name}"
    try:
        signed = with_signature(text, watched.reports_signed)
    except UserError as error:
        log.error("a report is not signed", run=run.id, why=str(error))  # noqa: TRY400  # no bug
        world.troubles.note(what, str(error))
        return text
    world.troubles.over(what)
    return signed
