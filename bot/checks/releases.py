"""Versions of strategies that were deployed: their numbers are taken, by other content at least."""

import re
from collections.abc import Callable
from pathlib import Path

import structlog

from bot.checks.subject import DEFINITIONS, Subject
from bot.config.places import repository_root
from components.errors import AlgoOpsError
from components.git_patch import Repository
from components.schema.definition.fixes import version_fix
from components.schema.documents.reader import place, read_document
from components.schema.results.values import CheckName, Finding, Severity

log = structlog.get_logger(__name__)

MOST_TAKEN = 100
"""Numbers that are tried one after the other for a version that is free."""

_NUMBERS = re.compile(r"(\d{1,9}\.\d{1,9})\.(\d{1,9})")


def tag_of(name: str, version: str) -> str:
    """The tag that a deploy makes."""
    return f"{name}/v{version}"


def taken(name: str, version: str) -> tuple[str, str, str]:
    """Rule, message and hint where a version was deployed before with other content."""
    message = (
        f"{name} {version} was deployed before with other content, so this cannot be deployed "
        "under that number"
    )
    return "version-taken", message, "raise `version` in strategy.yaml"


def version_finding(
    subject: Subject, version: str, said: tuple[str, str, str], is_taken: Callable[[str], bool]
) -> Finding:
    """A warning at the version's place, with the next number that is free as its fix.

    Args:
        subject: the strategy's content.
        version: that it has.
        said: rule, message and hint.
        is_taken: whether another version is.
    """
    rule, message, hint = said
    warning = Finding(
        check=CheckName.SCHEMA,
        rule=rule,
        severity=Severity.WARNING,
        file=subject.path,
        message=message,
        hint=hint,
    )
    name = next((n for n in DEFINITIONS if n in subject.files), "")
    free = _next_free(version, is_taken)
    if not name or not free:
        return warning
    document = read_document(subject.files[name], f"{subject.path}/{name}")
    span = document.spans.get(("version",))
    fix = version_fix(document, free)
    if not fix or span is None:
        return warning
    placed = warning.model_copy(update={"file": document.file, "fix": fix})
    return place(placed, span[1], document.text)


def _next_free(version: str, is_taken: Callable[[str], bool]) -> str:
    """The next patch number that is not taken; "" for an odd version."""
    found = _NUMBERS.fullmatch(version)
    if found is None:
        return ""
    patches = range(int(found[2]) + 1, int(found[2]) + 1 + MOST_TAKEN)
    versions = (f"{found[1]}.{patch}" for patch in patches)
    return next((version for version in versions if not is_taken(version)), "")


def taken_by_tag(repository: Repository, root: str, subject: Subject) -> tuple[Finding, ...]:
    """That a folder has the version of a release with other content, by the release's tag.

    Args:
        repository: with the tags.
        root: the folder of the strategies in it.
        subject: the folder as it is.
    """
    name = next((n for n in DEFINITIONS if n in subject.files), "")
    value = read_document(subject.files[name], name).value if name else None
    version = str(value.get("version", "")) if isinstance(value, dict) else ""
    if not _NUMBERS.fullmatch(version):
        return ()
    commit = repository.commit_of_tag(tag_of(subject.name, version))
    tree = repository.tree_at(commit, f"{root}/{subject.name}".lstrip("/")) if commit else None
    if tree is None or repository.read_folder(tree).files == subject.files:
        return ()

    def is_taken(version: str) -> bool:
        return repository.commit_of_tag(tag_of(subject.name, version)) is not None

    return (version_finding(subject, version, taken(subject.name, version), is_taken),)


def taken_on_disk(folder: Path, subject: Subject, git: str) -> tuple[Finding, ...]:
    """The same of a folder in a working copy, by the tags that were fetched there.

    Args:
        folder: on disk.
        subject: its content.
        git: the program.
    """
    copy = repository_root(folder)
    if copy is None or folder.absolute() == copy:
        return ()
    root = folder.absolute().parent.relative_to(copy).as_posix()
    try:
        with Repository(copy, binary=git) as repository:
            return taken_by_tag(repository, "" if root == "." else root, subject)
    except AlgoOpsError as error:  # a folder is checked, whatever became of the copy's history
        log.warning("the versions that are taken are not known", why=str(error))
        return ()
