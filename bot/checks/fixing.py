"""The fixes of a strategy's folder on disk, applied to its plain files, each written whole."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

from bot.checks.code import judge_folder
from bot.checks.folders import folder_subject
from bot.checks.policies import Policies
from bot.checks.releases import taken_on_disk
from bot.checks.subject import Subject, read_definition
from components.errors import UserError
from components.safe_tools.files import read_file_under, write_atomic
from components.safe_tools.tree import DEFAULT_CAPS
from components.schema.results.fixes import LineChange, applied, change_of
from components.schema.results.values import Finding
from components.texts import printable

ROUNDS = 10
"""Two fixes on one line are made one after the other, and one may bring another to light."""


def fix_folder(folder: Path, policies: Policies, git: str = "git") -> str:
    """Apply every fix that the static checks offer for a folder, and a version that is free.

    Args:
        folder: a strategy's folder. What a link in it leads to is not read, and so not changed.
        policies: whose rules its files are held against.
        git: the program.

    Returns:
        What changed, as a unified diff for people; "" for nothing.

    Raises:
        UserError: a file changed while its fixes were made; files that stand before it are fixed.
        TransientError: the disk failed; each file is as it was, or fixed.
    """
    subject = folder_subject(folder)
    files = subject.files
    for _ in range(ROUNDS):
        fixed = _fixed(replace(subject, files=files), policies, folder, git)
        if fixed == files:
            break
        files = fixed
    changed = {path: data for path, data in files.items() if data != subject.files[path]}
    for path, data in sorted(changed.items()):
        if read_file_under(folder, path, DEFAULT_CAPS.file_bytes) != subject.files[path]:
            raise UserError(f"{folder / path} changed meanwhile", hint="start the command again")
        write_atomic(folder, path, data)
    return "".join(_shown(subject, path, data) for path, data in sorted(changed.items()))


def _fixed(subject: Subject, policies: Policies, folder: Path, git: str) -> Mapping[str, bytes]:
    """A subject's files with all fixes of its findings that do not touch the same lines."""
    definition = read_definition(subject, policies)
    code = judge_folder(subject, definition, policies.code)
    files = dict(subject.files)
    released = taken_on_disk(folder, subject, git)
    found = (*definition.findings, *code.findings, *released)
    for path, changes in _changes(subject, found).items():
        text, _ = applied(files[path].decode("utf-8-sig"), changes)
        mark = "utf-8-sig" if files[path].startswith(b"\xef\xbb\xbf") else "utf-8"
        files[path] = text.encode(mark)
    return files


def _changes(subject: Subject, findings: Iterable[Finding]) -> dict[str, list[LineChange]]:
    found: dict[str, list[LineChange]] = {}
    for finding in findings:
        path = finding.file.removeprefix(f"{subject.path}/")
        change = change_of(finding.fix)
        if change is not None and path in subject.files:
            found.setdefault(path, []).append(change)
    return found


def _shown(subject: Subject, path: str, data: bytes) -> str:
    before, after = (
        printable(text.decode("utf-8-sig", errors="replace"), lines=True).splitlines(keepends=True)
        for text in (subject.files[path], data)
    )
    name = f"{subject.path}/{path}"
    lines = unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
