"""A report's verdicts made again from the same content: nothing that it claims is taken for true.

Of a report only ids and names are used: commits and trees are looked up in the reader's own
repository, policies and data are the reader's own. No stored verdict is used, and no try counted.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event as Flag

from bot.checks.looks import HoldoutQuestion
from bot.checks.luck import Counted, Uncounted
from bot.checks.run import Where, run_checks, take_snapshot
from bot.checks.strategy import Asked
from bot.checks.subject import Bench
from bot.core.decisions import ProposalPolicy, Snapshot, StrategyChange
from components.errors import UserError
from components.ports import Proposal
from components.safe_tools.names import object_id
from components.schema.policies.risk import Holdout
from components.schema.results.book import BookFit
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.report import CheckResult, Report, StrategyReport
from components.schema.results.values import ExecutionResult

FOLDER = "folder:"
"""How the tree of a strategy begins that was checked as a folder on disk."""


@dataclass(frozen=True)
class SecondRun:
    """What came of a second run.

    Attributes:
        report: the report that this content has here.
        omitted: strategies that its commit changes and the first report does not name.
        later: symbols of which there are bars here after the last one of the first report; they
            were left out.
    """

    report: Report
    omitted: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class Claimed(Uncounted):
    """Counts of tries and books as a report tells them: no other machine knows them."""

    def __init__(self, strategies: Sequence[StrategyReport]) -> None:
        """Take them by strategy."""
        self._luck = {strategy.name: strategy.luck for strategy in strategies}
        self._books = {strategy.name: strategy.book for strategy in strategies}
        self._holdouts = {strategy.name: strategy.holdout for strategy in strategies}

    def book(self, *of: object) -> BookFit:
        """What was deployed beside a strategy, as it was told."""
        return self._books.get(str(of[0])) or super().book(*of)

    def answered(self, question: HoldoutQuestion, policy: Holdout) -> HoldoutAnswer:
        """What the sealed bars said, as it was told: they are not asked again."""
        return self._holdouts.get(question.name) or super().answered(question, policy)

    def family(self, *of: object) -> Counted:
        """The tries of one result as they were told."""
        name, _tree, result, _scope = of
        assert isinstance(result, ExecutionResult)  # noqa: S101  # the protocol's third
        for one in self._luck.get(str(name), ()):
            if one.symbol == result.symbol:
                return Counted(one.tries, one.independent, one.pbo, one.since, one.others)
        return Counted()


def reproduce(where: Where, claimed: Report, bench: Bench) -> SecondRun:
    """Check the same content again, on the bars up to the last one that the report names.

    Args:
        where: the reader's own repository.
        claimed: a report from elsewhere.
        bench: the reader's own policies, data and sandbox.

    Raises:
        UserError: its content is not here; says what to fetch.
    """
    snapshot = _snapshot(where, claimed)
    merged = snapshot.merge_tree
    trees = where.repository.strategy_trees(merged, where.root) if merged else {}
    named = [strategy.name for strategy in claimed.strategies]
    changed = {change.name: change for change in snapshot.changes}
    present = [name for name in named if name in trees]
    chosen = tuple(
        changed.get(name) or StrategyChange(name, None, trees[name])
        for name in sorted(set(present))
    )
    asked = Asked(
        lambda _key: None,
        _quiet,
        Flag(),
        force=True,
        asked=True,
        counter=Claimed(claimed.strategies),
    )
    until = last_day(claimed)
    as_then = replace(bench, until=until)
    wanted = replace(snapshot, changes=chosen)
    _, report = run_checks(where, wanted, as_then, ProposalPolicy(), asked)
    checked = {change.name for change in snapshot.changes if change.new_tree is not None}
    return SecondRun(report, tuple(sorted(checked - set(named))), _later(report, bench, until))


def last_day(claimed: Report) -> str:
    """The day of the last bar that a report's backtests saw, "" where it names none."""
    metrics = [r.metrics for s in claimed.strategies for r in s.results if r.metrics is not None]
    return max(filter(_is_day, (m.end[:10] for m in metrics)), default="")


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _later(report: Report, bench: Bench, until: str) -> tuple[str, ...]:
    """Symbols with bars after a day. Only those of our own run are looked up."""
    pairs = {
        (one.symbol, r.interval)
        for s in report.strategies
        for r in s.results
        for one in r.contributions or (r,)
        if one.symbol
    }
    ends = {pair: bench.data.bars(*pair, None, None).frame.index[-1] for pair in sorted(pairs)}
    return tuple(symbol for (symbol, _), end in ends.items() if str(end)[:10] > until > "")


def _snapshot(where: Where, claimed: Report) -> Snapshot:
    if not claimed.head_commit or any(s.tree.startswith(FOLDER) for s in claimed.strategies):
        raise UserError(
            "this report is of a folder on disk, whose content is in no commit",
            hint="commit it, and have `algoops check --format json` make a report of that",
        )
    head, base = (_here(where, name) for name in (claimed.head_commit, claimed.base_commit))
    proposal = Proposal(id="branch/verify", ref="verify", head=head)
    return take_snapshot(where, proposal, base)


def _here(where: Where, commit: str) -> str:
    found = where.repository.resolve(object_id(commit))
    if found is None:
        raise UserError(
            f"commit {commit} of the report is not in this repository",
            hint="fetch it: `git fetch origin`, or the branch or pull request that it was on",
        )
    return found


def _quiet(_strategy: str, _result: CheckResult) -> None:
    """Nobody watches."""
