"""GitHub's JSON -> values. Only what is used is read; what is missing is GitHub's fault."""

from dataclasses import dataclass
from typing import Any

from components.errors import TransientError
from components.ports import Permission, Proposal
from components.schema.report import Report
from components.schema.values import Finding, Severity

ANNOTATIONS_A_CALL = 50
_MESSAGE_CAP = 4_000
_PERMISSIONS = {
    "admin": Permission.ADMIN,
    "maintain": Permission.WRITE,
    "write": Permission.WRITE,
    "triage": Permission.READ,
    "read": Permission.READ,
}
_LEVELS = {
    Severity.ERROR: "failure",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


@dataclass(frozen=True)
class Pull:
    """A pull request as it is now.

    Attributes:
        base: the branch that it asks to change.
        merge_commit: where it landed, "" while open.
        comments: how many comments it has, None where GitHub did not say.
        clone_url: where git finds a fork's branch, "" where GitHub did not say.
    """

    proposal: Proposal
    number: int
    base: str
    is_open: bool
    merged: bool
    merge_commit: str
    comments: int | None
    clone_url: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment in a pull request's conversation (or an issue's)."""

    id: str
    number: int
    author: str
    body: str
    created_at: str
    by_bot: bool


def pull(data: Any) -> Pull:
    """One pull request, from the single answer or from a list."""
    try:
        head, base = data["head"], data["base"]
        number = int(data["number"])
        merged = bool(data.get("merged_at") or data.get("merged"))
        return Pull(
            proposal=Proposal(
                id=f"pr/{number}",
                ref=str(head["ref"]),
                head=str(head["sha"]),
                title=str(data.get("title") or ""),
                author=str((data.get("user") or {}).get("login", "")),
                url=str(data.get("html_url", "")),
                draft=bool(data.get("draft", False)),
                fork=_is_fork(head, base),
                labels=frozenset(str(label["name"]) for label in data.get("labels", ())),
            ),
            number=number,
            base=str(base["ref"]),
            is_open=data.get("state") == "open",
            merged=merged,
            merge_commit=str(data.get("merge_commit_sha") or "") if merged else "",
            comments=data.get("comments"),
            clone_url=str((head.get("repo") or {}).get("clone_url") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TransientError(f"GitHub's pull request lacks {error}") from error


def _is_fork(head: Any, base: Any) -> bool:
    """Another repository's branch; a head whose repository is gone (null) was one."""
    if "repo" not in head or "repo" not in base:
        return False
    return head["repo"] is None or head["repo"]["full_name"] != base["repo"]["full_name"]


def comment(data: Any) -> Comment:
    """One issue comment."""
    try:
        author = data.get("user") or {}
        return Comment(
            id=str(int(data["id"])),
            number=int(str(data["issue_url"]).rpartition("/")[2]),
            author=str(author.get("login", "")),
            body=str(data.get("body") or ""),
            created_at=str(data["created_at"]),
            by_bot=author.get("type") == "Bot",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TransientError(f"GitHub's comment lacks {error}") from error


def permission(data: Any) -> Permission:
    """What a collaborator may do; an unknown word is no permission."""
    word = data.get("permission") if isinstance(data, dict) else None
    return _PERMISSIONS.get(str(word), Permission.NONE)


def number_of(proposal_id: str) -> int | None:
    """12 of `pr/12`; None for what is no pull request."""
    kind, _, digits = proposal_id.partition("/")
    return int(digits) if kind == "pr" and digits.isascii() and digits.isdigit() else None


def annotations(report: Report) -> list[dict[str, Any]]:
    """Annotations of a check run, the gravest first; only findings that have a file."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    found = [(f, "") for f in report.findings]
    found += [(f, s.path) for s in report.strategies for c in s.checks for f in c.findings]
    located = [(f, _path(folder, f.file)) for f, folder in found if f.file]
    located.sort(key=lambda item: (order[item[0].severity], item[1], item[0].line or 0))
    return [_annotation(finding, path) for finding, path in located]


def _annotation(finding: Finding, path: str) -> dict[str, Any]:
    start = finding.line or 1
    end = max(finding.end_line or start, start)
    text = f"{finding.message}\n{finding.hint}".strip()
    found: dict[str, Any] = {
        "path": path,
        "start_line": start,
        "end_line": end,
        "annotation_level": _LEVELS[finding.severity],
        "title": f"{finding.check.value}/{finding.rule}"[:255],
        "message": text[:_MESSAGE_CAP] or finding.rule,
    }
    if finding.column and start == end:  # GitHub refuses columns over several lines
        found["start_column"] = finding.column
        found["end_column"] = max(finding.end_column or finding.column, finding.column)
    return found


def _path(folder: str, file: str) -> str:
    inside = not folder or file == folder or file.startswith(f"{folder}/")
    return file if inside else f"{folder}/{file}"
