"""What a deploy of a proposal would put on the base: every path that its merge result changes.

A report shows this list, and a deploy compares its digest with that of today's merge result: what
was not shown does not land.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.checks.held import version_of
from bot.core.decisions import StrategyChange
from components.git_patch.values import ChangedPath
from components.safe_tools.names import escaped
from components.schema.results.report import Change, LandingList, LandingPath, LandingStrategy
from components.schema.results.values import CheckName, Finding

if TYPE_CHECKING:
    from bot.checks.run import Where

MOST_PATHS = 1000
"""So many files beside the strategies may one proposal change: more could not be looked through."""

VERSIONS_READ = 200
"""Of so many removed strategies the version is read and shown."""

_MODES = {"120000": "a symbolic link", "160000": "a submodule"}
_EXECUTABLE = "100755"
_WORKFLOWS = ".github/workflows/"


def landing_list(
    where: "Where", base: str, merged: str, changes: Sequence[StrategyChange]
) -> LandingList:
    """Everything that differs between a base and a merge result.

    Args:
        where: the repository.
        base: commit or tree id.
        merged: tree id of the merge result.
        changes: the strategies among what differs.

    Returns:
        The list; its paths are escaped and at most `MOST_PATHS`, its digest covers all of them.
    """
    files = where.repository.changed_files(base, merged)
    names = {change.name for change in changes}
    rest = [f for f in files if _strategy_of(where.root, f.path) not in names]
    folder = f"{where.policies}/" if where.policies else ""
    policies = [f for f in rest if _is_in(folder, f.path)]
    also = [f for f in rest if not _is_in(folder, f.path)]
    rows = _rows(where, base, merged, changes)
    return LandingList(
        strategies=rows,
        policies=tuple(map(_path, policies[:MOST_PATHS])),
        also=tuple(map(_path, also[:MOST_PATHS])),
        digest=_digest(rows, policies, also),
    )


def too_many(where: "Where", base: str, merged: str, lands: LandingList) -> tuple[Finding, ...]:
    """A finding where the list had to be cut: what is not listed cannot land."""
    if len(lands.policies) < MOST_PATHS and len(lands.also) < MOST_PATHS:
        return ()
    count = len(where.repository.changed_files(base, merged))
    return (
        Finding(
            check=CheckName.SCHEMA,
            rule="too-many-paths",
            message=f"the proposal changes {count} files, and {MOST_PATHS} or more of them are in"
            " no strategy's folder: so many cannot be listed, and what is not listed cannot land",
            hint="split it, or have an owner of the base branch push the other files there",
        ),
    )


def _is_in(folder: str, path: str) -> bool:
    """Whether a path is the folder (a link in its place, say) or inside; no folder holds none."""
    return bool(folder) and f"{path}/".startswith(folder)


def _strategy_of(root: str, path: str) -> str | None:
    inside = path.removeprefix(f"{root}/")
    name, slash, _ = inside.partition("/")
    return escaped(name) if inside != path and slash else None


def _rows(
    where: "Where", base: str, merged: str, changes: Sequence[StrategyChange]
) -> tuple[LandingStrategy, ...]:
    gone = [c for c in changes if c.new_tree is None]
    new = {c.name for c in changes if c.change is Change.ADDED}
    found = where.repository.renamed_folders(base, merged, where.root, {c.name for c in gone})
    renamed = {name: was for name, was in found.items() if name in new}
    live = {c.name: _version(where, c) for c in gone[:VERSIONS_READ]}
    return tuple(
        _row(change, renamed, live)
        for change in changes
        if change.new_tree is not None or change.name not in renamed.values()
    )


def _row(
    change: StrategyChange, renamed: Mapping[str, str], live: Mapping[str, str]
) -> LandingStrategy:
    was = renamed.get(change.name, "")
    return LandingStrategy(
        name=change.name,
        change=Change.RENAMED if was else change.change,
        was=was,
        live=live.get(was or change.name, ""),
    )


def _version(where: "Where", change: StrategyChange) -> str:
    return version_of(where.repository.read_folder(change.old_tree or "").files)


def _path(file: ChangedPath) -> LandingPath:
    change = Change.MODIFIED
    if not file.old_mode:
        change = Change.ADDED
    elif not file.new_mode:
        change = Change.DELETED
    return LandingPath(path=escaped(file.path), change=change, note=_note(file))


def _note(file: ChangedPath) -> str:
    if file.new_mode in _MODES:
        return _MODES[file.new_mode]
    if file.path.startswith(_WORKFLOWS):
        return "a workflow that GitHub Actions runs"
    if file.new_mode == _EXECUTABLE != file.old_mode:
        return "executable"
    if file.old_mode == _EXECUTABLE and file.new_mode:
        return "no longer executable"
    return ""


def _digest(
    rows: Sequence[LandingStrategy], policies: Sequence[ChangedPath], also: Sequence[ChangedPath]
) -> str:
    """Over what is shown; of policies also the content, which the words about them come from.

    A strategy's content has its content key, and the head of the proposal fixes the rest.
    """
    digest = hashlib.sha256()

    def add(*words: str) -> None:
        for word in words:
            data = word.encode(errors="surrogateescape")
            digest.update(b"%d:%s" % (len(data), data))

    for row in rows:
        add("strategy", row.name, row.change, row.was)
    for file in policies:
        add("policy", file.path, file.old_mode, file.new_mode, file.old, file.new)
    for file in also:
        add("also", file.path, file.old_mode, file.new_mode)
    return digest.hexdigest()
