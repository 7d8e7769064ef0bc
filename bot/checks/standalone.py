"""Checks without a daemon: `algoops check` and `algoops watch` on a repository or a folder."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.checks.run import Where, make_report, run_checks, take_snapshot
from bot.checks.strategy import Asked, check_strategy
from bot.checks.subject import Bench, Subject
from bot.core.decisions import Plan, ProposalPolicy, Snapshot, StrategyChange
from components.errors import UserError
from components.git_patch import Repository
from components.ports import Proposal
from components.schema.results.report import Report


@dataclass(frozen=True)
class CheckScope:
    """What to check: all that differs between base and head, or only these strategies."""

    base: str
    head: str
    names: tuple[str, ...] = ()


def check_between(where: Where, scope: CheckScope, bench: Bench, asked: Asked) -> Report:
    """The same checks as the daemon's, on the merge result of head with base.

    Args:
        where: the repository.
        scope: refs or commits, and names (then also strategies that do not differ).
        bench: policies, data, executor.
        asked: who wants to know.

    Raises:
        UserError: a ref or a named strategy does not exist.
    """
    snapshot = _snapshot(where, scope)
    if scope.names and snapshot.merge_tree:
        snapshot = _only(where, snapshot, scope.names)
    _, report = run_checks(where, snapshot, bench, ProposalPolicy(), asked)
    return report


def _snapshot(where: Where, scope: CheckScope) -> Snapshot:
    base, head = (_commit(where.repository, ref) for ref in (scope.base, scope.head))
    proposal = Proposal(id=f"branch/{scope.head}", ref=scope.head, head=head)
    return take_snapshot(where, proposal, base)


def _commit(repository: Repository, ref: str) -> str:
    commit = repository.resolve(ref) or repository.resolve(f"origin/{ref}")
    if commit is None:
        raise UserError(
            f"there is no branch, tag or commit {ref!r}",
            hint="fetch it, or name another one with --base or --head",
        )
    return commit


def _only(where: Where, snapshot: Snapshot, names: Sequence[str]) -> Snapshot:
    trees = where.repository.strategy_trees(snapshot.merge_tree, where.root)
    before = where.repository.strategy_trees(snapshot.base, where.root)
    missing = [name for name in names if name not in trees]
    if missing:
        known = ", ".join(sorted(trees)[:20]) or "none"
        raise UserError(f"no strategy {', '.join(missing)} in {where.root}/; there are: {known}")
    changes = tuple(
        StrategyChange(n, None if before.get(n) == trees[n] else before.get(n), trees[n])
        for n in sorted(set(names))
    )
    return replace(snapshot, conflicts=(), changes=changes, findings=(), unmerged="")


def check_subjects(subjects: Iterable[Subject], bench: Bench, asked: Asked, inside: str) -> Report:
    """All checks of folders as they are, without a repository.

    Args:
        subjects: the content of each.
        bench: policies, data, executor.
        asked: who wants to know.
        inside: the name of what they are in, for the report.
    """
    started = dt.datetime.now(dt.UTC)
    reports = [check_strategy(subject, bench, asked) for subject in subjects]
    proposal = Proposal(id="folder", ref=", ".join(r.path for r in reports), head="")
    snapshot = Snapshot(proposal, "", "", "", (), ())
    return make_report(inside, snapshot, Plan(), reports, started)
