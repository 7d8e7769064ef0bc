"""What an author may look at: own runs and their figures, the count of tries, what is deployed."""

from dataclasses import dataclass

from bot.agents.door import Door, WatchedBot, own_branches
from bot.agents.size import ROOM, fitted, page_of
from bot.agents.submit import proposal_of
from bot.checks.base_policies import policies_now
from bot.checks.luck import luck_of
from bot.landing.kept import kept_report, report_of
from bot.landing.tries import StoreCounter
from bot.report.charts import mermaid
from bot.report.luck import bar_line
from bot.report.status import before_deploy
from bot.report.terminal import finding_texts, heading
from bot.report.values import HEADLINE, MORE, change, counted, metrics_of, number, words
from components.engine.evidence.ratios import sharpe_needed
from components.errors import UserError
from components.ports import Proposal
from components.schema.policies.risk import RiskPolicy
from components.schema.results.evidence import Luck
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import ExecutionResult, Verdict
from components.state import Lifecycle
from components.state.tables.records import Run, Strategy
from components.state.tables.strategy_rows import ListOrder, SortBy
from components.state.tables.tries import Of

LAST = "last"
MAX_RUN = (1 << 63) - 1
"""The largest number that a database gives."""

BEST = 200
_NEXT = {
    Verdict.PASSED: "Next: `submit` it where that is not done. A person deploys it; you can't.",
    Verdict.FAILED: "Next: mend what the errors name, then `check` or `submit` again.",
    Verdict.ERROR: "Next: nothing is known of the strategy; the bot's operator has to look.",
    Verdict.NEUTRAL: "Next: nothing was checked; the first line says why.",
}


@dataclass(frozen=True)
class ChecksSoFar:
    """How far the checks of a branch's newest commit are: `run` None where none has begun."""

    run: Run | None
    ended: int = 0

    @property
    def over(self) -> bool:
        """Whether there is a verdict."""
        return self.run is not None and self.run.verdict is not None

    @property
    def line(self) -> str:
        """The same in words."""
        return "no check has begun" if self.run is None else f"checks that ended: {self.ended}"


def progress_at(door: Door, proposal: Proposal) -> ChecksSoFar:
    """How far the checks of a proposal at its present head are."""
    bot = door.bot()
    run = bot.store.runs.latest(bot.watched.name, proposal.id, head=proposal.head)
    return ChecksSoFar(run, len(bot.store.runs.checks(run.id)) if run is not None else 0)


def report_for(door: Door, branch: str) -> Report:
    """The report of a branch's newest commit; of the last `check` where `branch` is "".

    Raises:
        UserError: there is none yet, or the branch is another author's.
    """
    if not branch:
        if door.last is None:
            raise UserError("nothing was checked yet", hint="`check` first, or name a branch")
        return door.last
    found = progress_at(door, proposal_of(door, branch))
    if found.run is None or not found.over:
        raise UserError(f"{branch} has no verdict yet", hint="`wait` for it")
    return kept_report(found.run)


def run_report(door: Door, run: str) -> Report:
    """The report of a run by its number, or of the last `check` (`last`).

    Raises:
        UserError: there is none, or it is another author's.
    """
    if run == LAST:
        return report_for(door, "")
    number = int(run) if run.isascii() and run.isdigit() and len(run) < len(str(MAX_RUN)) else 0
    found = door.bot().store.runs.get(number)
    report = kept_report(found) if found is not None and found.report else None
    own = own_branches(door.author)
    if report is None or not report.proposal.ref.startswith(own):
        raise UserError(f"you have no run {run[:20]}", hint=f"your branches begin with {own}")
    return report


# --- answers -------------------------------------------------------------------------------------


def findings(door: Door, branch: str, page: int) -> str:
    """The verdict, what decided it, and a page of the findings."""
    return told(report_for(door, branch), branch, page)


def told(report: Report, branch: str = "", page: int = 1) -> str:
    """A report for an agent: verdict, checks, figures, then findings, errors first."""
    run = report.run_id or LAST
    charts = [f"algoops://{run}/chart/{s.name}" for s in report.strategies if s.results][:5]
    more = [f"More: {uri} and {uri.replace('/chart/', '/trades/')}" for uri in charts]
    lines = heading(report)
    ask = f"findings(branch={branch!r}, page={{page}})" if branch else "findings(page={page})"
    raised = "; ".join(f.hint for f in before_deploy(report.findings) if f.fix)
    following = f"Next: {raised}, then `submit` again." if raised else _NEXT[report.verdict]
    head = "\n".join([lines[0], following, *lines[1:], *more])
    return page_of(finding_texts(report, fixes=True), page, ask, head, again=lines[0])


def compare(door: Door, branch: str) -> str:
    """The figures beside those of what is deployed under the same name."""
    report = report_for(door, branch)
    bot = door.bot()
    parts = [_compared(bot, strategy) for strategy in report.strategies]
    return fitted("\n\n".join(parts) or "The report has no strategies.")


def _compared(bot: WatchedBot, strategy: StrategyReport) -> str:
    version = bot.store.versions.deployed(bot.watched.name, strategy.name)
    deployed = report_of(bot.store, version)
    now = metrics_of(strategy)
    if now is None:
        return f"{strategy.name}: no figures, because its backtest was not reached."
    if version is None or deployed is None:
        return f"{strategy.name}: nothing of this name is deployed to compare with."
    was = metrics_of(deployed)
    lines = [f"{strategy.name}: deployed {version.version} -> yours {strategy.version}"]
    traded, before = _traded(strategy), _traded(deployed)
    if traded != before:
        lines.append(f"Not on the same data: {before} -> {traded}. The figures can't be compared.")
    for shown in (*HEADLINE, *MORE):
        old, new = number(was, shown), number(now, shown)
        if old is not None or new is not None:
            figures = f"{words(old, shown)} -> {words(new, shown)}"
            lines.append(f"  {shown.label}: {figures} {change(old, new, shown)}".rstrip())
    return "\n".join(lines)


def _traded(strategy: StrategyReport) -> str:
    return ", ".join(sorted(f"{r.symbol} {r.interval}" for r in strategy.results))


def budget(door: Door, branch: str) -> str:
    """The tries that are counted by now, and what a result has to show against so many."""
    bot = door.bot()
    store, name = bot.store, bot.watched.name
    whole = store.tries.family(Of(name, "", "", ""), "repository").tries
    lines = [f"{counted(whole, 'try', 'tries')} in this repository since {store.tries.since()}."]
    if not branch and door.last is None:
        lines.append("`check` or `submit` first: the bar depends on the data and its length.")
        return "\n".join(lines)
    policies = policies_now(bot.watched.where, door.policies(), bot.watched.base_branch)
    counter = StoreCounter(store, name, "push")
    for strategy in report_for(door, branch).strategies:
        subject = (strategy.name, strategy.tree)
        by_symbol = {r.symbol: r for r in strategy.results}
        for luck in luck_of(strategy.results, policies.risk, subject, counter):
            lines.append(f"{strategy.name} on {luck.symbol} {luck.interval}. {luck.line}")
            lines += _bars(policies.risk, luck, by_symbol[luck.symbol])
        if strategy.holdout is not None and strategy.holdout.looks_left is not None:
            left = strategy.holdout.looks_left
            lines.append(f"{strategy.name}: {left} looks at the sealed bars were left after it.")
    return fitted("\n".join(lines))


def _bars(policy: RiskPolicy, luck: Luck, result: ExecutionResult) -> list[str]:
    """What each gate on luck asks of a result like this one now."""
    moments = result.evidence.moments if result.evidence is not None else None
    year = result.metrics.bars_a_year if result.metrics is not None else None
    if moments is None or not year:
        return []
    lines = []
    for gate in (g for g in policy.gates if g.metric == "dsr" and g.op in {">=", ">"}):
        needed = sharpe_needed(moments, luck.independent, gate.value)
        line = bar_line(gate, needed * year**0.5 if needed is not None else None, luck.sharpe)
        lines.append(f"  {line}")
    return lines


def leaderboard(door: Door, page: int) -> str:
    """What is deployed, by its Sharpe ratio, each with how sure it is not luck."""
    bot = door.bot()
    found = bot.store.strategies.list(
        bot.watched.name, Lifecycle.DEPLOYED, limit=BEST, order=ListOrder(SortBy.SHARPE)
    )
    if not found:
        return "Nothing is deployed yet."
    head = "Deployed strategies, the highest Sharpe ratio first:"
    return page_of([_row(s) for s in found], page, "leaderboard(page={page})", head)


def _row(strategy: Strategy) -> str:
    known = strategy.figures
    figures = (
        ("return", known.return_pct, "{:z,.1f} %"),
        ("Sharpe", known.sharpe, "{:z.2f}"),
        ("drawdown", known.max_drawdown_pct, "{:z,.1f} %"),
        ("trades", known.trades, "{:,}"),
        ("not luck", known.luck, "{:.0%}"),
    )
    told = ", ".join(f"{name} {form.format(v)}" for name, v, form in figures if v is not None)
    return f"{strategy.name} {strategy.deployed_version}: {told or 'no figures are kept'}"


# --- resources -----------------------------------------------------------------------------------


def chart(door: Door, run: str, strategy: str, page: int) -> str:
    """A page of the equity curves of a strategy in a run, as Mermaid."""
    found = [text for result in _results(door, run, strategy) if (text := mermaid(result))]
    ask = f"algoops://{run}/chart/{strategy}?page={{page}}"
    return page_of(found or ["There is nothing to draw."], page, ask)


def trades(door: Door, run: str, strategy: str, page: int) -> str:
    """A page of the trades of a strategy in a run, as CSV."""
    rows = [
        f"{r.symbol},{t.entry_time},{t.exit_time},{t.size:g},{t.entry_price:g},{t.exit_price:g},"
        f"{t.pnl:z.2f},{t.return_pct:z.3f}"
        for r in _results(door, run, strategy)
        for t in r.trades
    ]
    head = "symbol,entry_time,exit_time,size,entry_price,exit_price,pnl,return_pct"
    ask = f"algoops://{run}/trades/{strategy}?page={{page}}"
    return page_of(rows, page, ask, head, again=head) + "\n"


def _results(door: Door, run: str, strategy: str) -> tuple[ExecutionResult, ...]:
    report = run_report(door, run)
    found = next((s for s in report.strategies if s.name == strategy), None)
    if found is None:
        raise UserError(f"the run has no strategy {fitted(strategy, ROOM // 10)}")
    return found.results
