"""The end of a run whose job broke: an error with its cause for people, never "validating"."""

import datetime as dt

from bot.checks.run import make_report, not_checked, take_snapshot
from bot.checks.strategy import cause
from bot.core.decisions import Plan, Snapshot, plan_run
from bot.landing.context import Watched
from components.errors import AlgoOpsError, TransientError
from components.ports import Proposal
from components.schema.results.report import Report
from components.schema.results.values import Verdict
from components.state.tables.records import Job, Run


def is_last_try(job: Job, error: Exception) -> bool:
    """Whether nothing is won by another one: it was the last, or a person has to mend something."""
    lasting = isinstance(error, AlgoOpsError) and not isinstance(error, TransientError)
    return lasting or job.attempts >= job.max_attempts


def broken_report(
    watched: Watched, proposal: Proposal, run: Run, error: Exception
) -> tuple[Plan, Snapshot, Report]:
    """What is told of a run that broke: the cause, for each strategy that was to be checked.

    Where the proposal cannot be read, nobody knows which these are: the run ends all the same.
    """
    started, why = dt.datetime.now(dt.UTC), cause(error)
    try:
        snapshot = take_snapshot(watched.where, proposal, run.base)
    except AlgoOpsError:  # most likely what `error` says
        snapshot = Snapshot(proposal, run.base, run.head, "", (), ())
    plan = plan_run(snapshot, watched.proposals, asked=False)
    reports = [not_checked(watched.where, change, why) for change in plan.checks]
    report = make_report(watched.name, snapshot, plan, reports, started)
    broken = {"run_id": str(run.id), "verdict": Verdict.ERROR, "summary": f"not checked: {why}"}
    return plan, snapshot, report.model_copy(update=broken)
