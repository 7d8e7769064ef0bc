"""Checks without a daemon: `algoops check` and `algoops watch` on a repository or a folder."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from bot.bench import DEFINITIONS, Bench, Subject
from bot.check_run import Asked, Where, run_checks, take_snapshot
from bot.checks import Known, OnCheck, check_strategy
from bot.plan import ProposalPolicy, Snapshot, StrategyChange
from components.errors import UserError
from components.git_patch import Repository
from components.ports import Proposal
from components.safe_tools.files import read_file_under
from components.schema.report import Change, Report, StrategyReport

FILE_CAP = 1024 * 1024
MOST_FILES = 200
SKIPPED = frozenset({"__pycache__", ".git", ".pytest_cache", ".ruff_cache"})


@dataclass(frozen=True)
class Scope:
    """What to check: all that differs between base and head, or only these strategies."""

    base: str
    head: str
    names: tuple[str, ...] = ()


def check_between(where: Where, scope: Scope, bench: Bench, asked: Asked) -> Report:
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


def _snapshot(where: Where, scope: Scope) -> Snapshot:
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
    return Snapshot(
        snapshot.proposal, snapshot.base, snapshot.head, snapshot.merge_tree, (), changes
    )


def strategy_folders(folder: Path) -> tuple[Path, ...]:
    """The strategies in a folder of strategies; the folder itself where it is one, or holds none.

    Raises:
        UserError: it is no folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder", hint="name the folder of a strategy")
    found = () if _is_strategy(folder) else sorted(filter(_is_strategy, folder.iterdir()))
    return tuple(found) or (folder,)


def _is_strategy(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*DEFINITIONS, "strategy.py"))


def folder_subject(folder: Path) -> Subject:
    """A strategy's folder on disk as a subject; its tree id is a hash of names and contents.

    Raises:
        UserError: it is no folder, a file cannot be read, or there are too many.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder", hint="name the folder of a strategy")
    files: dict[str, bytes] = {}
    for path in sorted(_files(folder)):
        if len(files) >= MOST_FILES:
            raise UserError(f"{folder} holds more than {MOST_FILES} files")
        files[path] = read_file_under(folder, path, FILE_CAP)
    digest = hashlib.sha256()
    for path, data in files.items():
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return Subject(
        name=folder.resolve().name,
        path=str(folder),
        change=Change.UNCHANGED,
        tree=f"folder:{digest.hexdigest()}",
        files=files,
    )


def _files(folder: Path) -> list[str]:
    found = []
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [f for f in folders if f not in SKIPPED]
        found += [str((Path(root) / name).relative_to(folder)) for name in names]
    return found


def check_folder(folder: Path, bench: Bench, known: Known, tell: OnCheck) -> StrategyReport:
    """All checks of one folder as it is on disk now."""
    return check_strategy(folder_subject(folder), bench, known=known, tell=tell, cancelled=Flag())
