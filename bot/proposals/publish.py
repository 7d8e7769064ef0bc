"""A finished report out to people: the one comment, the statuses, and that both are out."""

import structlog

from bot.landing.context import Watched, World
from bot.report import markdown
from bot.report.charts import chart
from bot.report.history import MOST, Earlier
from components.errors import UserError
from components.ports import Proposal, StatusState, Suggests
from components.schema.results.report import LandingList, Report

log = structlog.get_logger(__name__)


def publish(world: World, watched: Watched, proposal: Proposal, report: Report) -> None:
    """Post or edit the finished report, then the statuses; each is safe to do again."""
    show(world, watched, proposal, report)
    if isinstance(watched.forge, Suggests):
        watched.forge.suggest(proposal, report)
    world.store.meta.put(published_key(watched, proposal.id), report.run_id)
    log.info(
        "report published",
        proposal=proposal.id,
        head=report.head_commit[:12],
        verdict=report.verdict.value,
        run=report.run_id,
    )


def show(world: World, watched: Watched, proposal: Proposal, report: Report) -> None:
    """Post or edit a report, also of a run that is not over, and the statuses."""
    url = world.run_url(report.run_id)
    earlier = _earlier(world, watched, report)
    body = markdown.markdown(report, page_url=url, chart=chart(report), earlier=earlier)
    previous = world.store.comments.get(watched.name, proposal.id)
    try:
        comment = watched.forge.publish(proposal, report, body, previous)
    except UserError as refused:  # a locked conversation, say: the status links to the page
        log.warning("no report comment", proposal=proposal.id, why=str(refused))
    else:
        if comment != previous:
            world.store.comments.put(watched.name, proposal.id, comment)
    for context, state, description in _marks(world, watched, report):
        watched.forge.set_status(report.head_commit, context, state, description, url)


def _earlier(world: World, watched: Watched, report: Report) -> list[Earlier]:
    """The verdicts of a proposal before a run."""
    found = world.store.runs.list(
        repository=watched.name, proposal=report.proposal.id, status="finished", limit=MOST + 1
    )
    return [
        Earlier(run.finished_at, run.head, run.verdict, world.run_url(run.id))
        for run in found
        if run.verdict is not None and str(run.id) != report.run_id
    ]


def _marks(
    world: World, watched: Watched, report: Report
) -> tuple[tuple[str, StatusState, str], ...]:
    """The statuses to set; the summary's, which may be required, always and last."""
    if not watched.forge.marks_each_check:
        return markdown.statuses(report)[-1:]
    return (*_cleared(world, watched, report), *markdown.statuses(report))


def _cleared(
    world: World, watched: Watched, report: Report
) -> tuple[tuple[str, StatusState, str], ...]:
    """Green for checks that were red in an earlier run of the same commit and are not any more."""
    earlier = [
        run
        for run in world.store.runs.list(
            repository=watched.name, proposal=report.proposal.id, status="finished", limit=5
        )
        if run.head == report.head_commit and str(run.id) != report.run_id
    ]
    red_now = {context for context, _, _ in markdown.statuses(report)}
    cleared = {}
    for run in earlier:
        whole = world.store.runs.get(run.id)
        if whole is None or not whole.report:
            continue
        for context, _, _ in markdown.statuses(Report.model_validate_json(whole.report)):
            if context not in red_now:
                cleared[context] = (context, StatusState.SUCCESS, "passes now")
    return tuple(cleared.values())


def published_key(watched: Watched, proposal_id: str) -> str:
    """Where the run is remembered that the last posted report speaks of."""
    return f"published:{watched.name}:{proposal_id}"


def reported(world: World, watched: Watched, proposal_id: str) -> tuple[str, LandingList | None]:
    """The commit that the last posted report named, and what it said would land.

    "" when none was posted; no list where an older version wrote the report, or its text is gone.
    """
    number = world.store.meta.get(published_key(watched, proposal_id))
    run = world.store.runs.get(int(number)) if number else None
    if run is None:
        return "", None
    return run.head, Report.model_validate_json(run.report).lands if run.report else None
