"""Strategies as they are on disk, without a repository: which folders, and what is in one."""

import hashlib
import os
from pathlib import Path

from bot.checks.subject import CODE, DEFINITIONS, Subject
from components.errors import UserError
from components.safe_tools.disk import LEFTOVERS, read_disk_folder
from components.safe_tools.tree import Folder
from components.schema.results.report import Change
from components.schema.results.values import CheckName, Finding


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
    return content_subject(folder.resolve().name, str(folder), content)


def content_subject(name: str, path: str, content: Folder) -> Subject:
    """A strategy's content as Safe Tools read it, outside of a repository, as a subject."""
    digest = hashlib.sha256()
    for file, data in sorted(content.files.items()):
        digest.update(f"{file}\0{len(data)}\0".encode())
        digest.update(data)
    for finding in content.findings:
        digest.update(finding.model_dump_json().encode())
    return Subject(
        name=name,
        path=path,
        change=Change.NOT_COMPARED,
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
