"""Checks without a daemon: `algoops check` and `algoops watch` on a repository or a folder."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.checks.run import Where, run_checks, take_snapshot
from bot.checks.strategy import Asked, check_strategy
from bot.checks.subject import CODE, DEFINITIONS, Bench, Subject
from bot.core.decisions import ProposalPolicy, Snapshot, StrategyChange
from components.errors import UserError
from components.git_patch import Repository
from components.ports import Proposal
from components.safe_tools.disk import LEFTOVERS, read_disk_folder
from components.safe_tools.tree import Folder
from components.schema.results.report import Change, Report, StrategyReport
from components.schema.results.values import CheckName, Finding


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


def strategy_folders(folder: Path) -> tuple[Path, ...]:
    """The strategies in a folder of strategies; the folder itself where it is one, or holds none.

    Raises:
        UserError: it is no folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder", hint="name the folder of a strategy")
    if _is_strategy(folder):
        return (folder.resolve() if folder.is_symlink() else folder,)  # the user chose this link
    found = (path for path in folder.iterdir() if path.name not in LEFTOVERS)
    return tuple(sorted(filter(_is_strategy, found))) or (folder,)


def _is_strategy(folder: Path) -> bool:
    # A link or a pipe of that name counts, too: it has to be refused, not passed over.
    return any(os.path.lexists(folder / name) for name in (*DEFINITIONS, CODE))


def folder_subject(folder: Path) -> Subject:
    """A strategy's folder on disk as a subject; its tree id is a hash of all that was found.

    Raises:
        UserError: it is no folder.
        TransientError: the disk failed.
    """
    content = (
        _linked(folder) if folder.is_symlink() else read_disk_folder(folder, prefix=str(folder))
    )
    digest = hashlib.sha256()
    for path, data in sorted(content.files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    for finding in content.findings:
        digest.update(finding.model_dump_json().encode())
    return Subject(
        name=folder.resolve().name,
        path=str(folder),
        change=Change.UNCHANGED,
        tree=f"folder:{digest.hexdigest()}",
        files=content.files,
        findings=content.findings,
    )


def _linked(folder: Path) -> Folder:
    finding = Finding(
        check=CheckName.SCHEMA,
        rule="tree-symlink",
        file=str(folder),
        message="a symbolic link in place of a strategy's folder is not allowed",
        hint="use the folder itself",
    )
    return Folder(findings=(finding,))


def check_folder(folder: Path, bench: Bench, asked: Asked) -> StrategyReport:
    """All checks of one folder as it is on disk now."""
    return check_strategy(folder_subject(folder), bench, asked)
