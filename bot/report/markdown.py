"""Report -> Markdown, statuses and terminal text. Every sentence for people lives in `report*`.

Written for somebody with ten seconds: the verdict, what to do next, one table; the rest below.
"""

import shlex
from collections.abc import Iterable, Sequence

from bot.report.answers import (
    already_deployed,
    answer_marker,
    approved,
    cancelled,
    check_started,
    delegated,
    deploy_ended,
    deploy_waits,
    deployed,
    deploys_when_ready,
    failed,
    freeze_lifted,
    frozen,
    held,
    help_text,
    hold_lifted,
    hold_set,
    not_for_agents,
    not_judged,
    policies_accepted,
    promoted,
    promotion_body,
    promotion_ended,
    promotion_waits,
    refused,
    restored,
    rollback_body,
    rollback_ended,
    rollback_proposed,
    rollback_waits,
    rolled_back,
    rolled_back_already,
    standing,
)
from bot.report.details import details, provenance
from bot.report.escape import block, code, inline, link
from bot.report.fixes import fixes_fold
from bot.report.history import Earlier, history_fold
from bot.report.landing import lands_parts, leaving
from bot.report.machine import machine_fold
from bot.report.status import (
    SUMMARY_CONTEXT,
    before_deploy,
    context,
    status_text,
    statuses,
    summary,
)
from bot.report.tables import checks_table, findings_list, metrics_tables, troubles_list
from bot.report.terminal import plain
from bot.report.values import VERDICT_ICON, is_live
from components.schema.results.report import Report
from components.schema.results.values import Severity, Verdict

__all__ = [
    "MARKER",
    "MAX_BYTES",
    "SUMMARY_CONTEXT",
    "already_deployed",
    "answer_marker",
    "approved",
    "cancelled",
    "check_started",
    "context",
    "delegated",
    "deploy_ended",
    "deploy_waits",
    "deployed",
    "deploys_when_ready",
    "failed",
    "freeze_lifted",
    "frozen",
    "held",
    "help_text",
    "hold_lifted",
    "hold_set",
    "markdown",
    "not_for_agents",
    "not_judged",
    "plain",
    "policies_accepted",
    "promoted",
    "promotion_body",
    "promotion_ended",
    "promotion_waits",
    "refused",
    "restored",
    "rollback_body",
    "rollback_ended",
    "rollback_proposed",
    "rollback_waits",
    "rolled_back",
    "rolled_back_already",
    "standing",
    "status_text",
    "statuses",
    "summary",
]

MARKER = "<!-- algoops:report -->"
MAX_BYTES = 65_000
"""GitHub takes 65,535 characters; bytes are the stricter count, and the rest is for the note."""

_VERDICT_WORDS = {
    Verdict.PASSED: "Passed",
    Verdict.FAILED: "Failed",
    Verdict.ERROR: "Could not be checked",
    Verdict.NEUTRAL: "Nothing to check",
}


def markdown(
    report: Report, *, page_url: str = "", chart: str = "", earlier: Sequence[Earlier] = ()
) -> str:
    """The report comment: GitHub Markdown that starts with `MARKER`, at most `MAX_BYTES` long.

    Args:
        report: what was found out; everything in it that a proposal wrote is escaped here.
        page_url: the page with the whole report, or "" where there is none.
        chart: Mermaid source of the equity chart, or "".
        earlier: the proposal's verdicts before this one, the newest first.
    """
    first = [
        _headline(report),
        _next_step(report),
        _warnings(report),
        checks_table(report),
        *lands_parts(report),
    ]
    rest = [
        findings_list(report),
        fixes_fold(report),
        troubles_list(report),
        metrics_tables(report),
        block(chart, "mermaid", cap=20_000) if chart else "",
        history_fold(earlier),
        *(details(strategy) for strategy in report.strategies),
    ]
    last = f"{machine_fold(report)}\n\n{provenance(report, page_url)}"
    return _fitted([MARKER, *first], rest, last, page_url)


def _headline(report: Report) -> str:
    words = _VERDICT_WORDS[report.verdict]
    said = inline(report.summary, cap=500)
    return f"## {VERDICT_ICON[report.verdict]} AlgoOps: {words}\n\n{said}"


def _next_step(report: Report) -> str:
    on_github = report.proposal.id.startswith("pr/")
    alone = not on_github and not report.run_id  # `algoops check`: no daemon that could deploy
    again = "comment `/algoops check`" if on_github else f"run {_check_command(report, alone)}"
    match report.verdict:
        case Verdict.PASSED if is_live(report.proposal.id):
            step = "nothing to do; this is what is deployed."
        case Verdict.PASSED if alone:
            step = "merge it. This check deploys nothing; it tested the merge with the base."
        case Verdict.PASSED:
            step = _after_passing(report)
        case Verdict.FAILED if hint := _waits_for_an_admin(report):
            step = f"{inline(hint, cap=500)}."
        case Verdict.FAILED if alone:
            step = "fix what is marked ❌ below and check again."
        case Verdict.FAILED:
            step = "fix what is marked ❌ below and push; the checks start by themselves."
        case Verdict.ERROR:
            step = (
                "this says nothing about the strategy; the machine or a service failed. "
                f"When the operator has mended it (`algoops doctor`), {again}."
            )
        case Verdict.NEUTRAL if leaving(report) and not alone:
            step = f"{_deploy_step(report)}. No check judges a removal: look at what is removed."
        case Verdict.NEUTRAL:
            step = "nothing to mend; the line above says why nothing was checked."
    return f"**Next:** {step}"


def _after_passing(report: Report) -> str:
    """The deploy, after what has to be done first."""
    first = "; ".join(inline(f.hint) for f in before_deploy(report.findings))
    if first:
        return f"{first}. After that: {_deploy_step(report)}."
    return f"{_deploy_step(report)}. Exactly what was tested gets merged."


def _waits_for_an_admin(report: Report) -> str:
    """What to do where nothing failed but that policies change, "" otherwise."""
    if any(f.severity is Severity.ERROR for f in report.findings):
        return ""
    if any(s.verdict is not Verdict.PASSED for s in report.strategies):
        return ""
    return next((c.findings[0].hint for c in report.checks if c.findings), "")


def _deploy_step(report: Report) -> str:
    if report.proposal.id.startswith("pr/"):
        return f"a maintainer comments `/algoops deploy {report.head_commit[:12]}`"
    return _deploy_command(report)


def _check_command(report: Report, alone: bool) -> str:  # noqa: FBT001  # one fact of the caller's
    words = ["algoops", "check"] if alone else ["algoops", "recheck", report.proposal.ref]
    return code(shlex.join(words), 300)


def _deploy_command(report: Report) -> str:
    """What to type, with the names filled in."""
    names = [s.name for s in report.strategies] + [row.name for row in leaving(report)]
    name = names[0] if names else "NAME"
    words = ["algoops", "deploy", name, "--ref", report.proposal.ref]
    return code(shlex.join(words), 300)


def _warnings(report: Report) -> str:
    if not report.limits_not_enforced:
        return ""
    limits = ", ".join(inline(limit) for limit in report.limits_not_enforced)
    return f"> ⚠️ Limits that this machine could not enforce: {limits}."


def _fitted(first: list[str], rest: Iterable[str], last: str, page_url: str) -> str:
    kept = [part for part in first if part]
    room = MAX_BYTES - _size("\n\n".join(kept)) - _size(last) - 500
    dropped = 0
    for part in filter(None, rest):
        size = _size(part) + 2
        if size <= room:
            kept.append(part)
            room -= size
        else:
            dropped += 1
    if dropped:
        where = link("the whole report", page_url) if page_url else "`algoops check` shows all"
        kept.append(f"> ✂️ Cut to fit GitHub's limit ({dropped} parts left out): {where}.")
    return "\n\n".join([*kept, last]) + "\n"


def _size(text: str) -> int:
    return len(text.encode())
