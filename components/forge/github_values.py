"""GitHub's JSON -> values. Only what is used is read; what is missing is GitHub's fault."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from components.errors import TransientError
from components.ports import Permission, Proposal
from components.schema.results.report import Report
from components.schema.results.values import Finding, Severity

REVIEW = "review-"
REVIEW_COMMENT = "review-comment-"
"""Before the ids of reviews and of their comments on lines, which GitHub numbers on their own."""

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


class Reaction(StrEnum):
    """Answers to a comment that need no words."""

    SEEN = "eyes"
    DONE = "+1"
    REFUSED = "confused"


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
    """A comment in a pull request's conversation (or an issue's), or on one of its lines."""

    id: str
    number: int
    author: str
    body: str
    created_at: str
    by_bot: bool
    edited: bool = False


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
                actor=str((data.get("user") or {}).get("login", "")),
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
    """One comment; those on lines name their pull request, the others their issue."""
    try:
        author = data.get("user") or {}
        return Comment(
            id=str(data["id"]),
            number=int(str(data.get("issue_url") or data["pull_request_url"]).rpartition("/")[2]),
            author=str(author.get("login", "")),
            body=str(data.get("body") or ""),
            created_at=str(data["created_at"]),
            by_bot=author.get("type") == "Bot",
            edited=data.get("updated_at", data["created_at"]) != data["created_at"],
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
    """Annotations of a check run, the gravest first."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    found = sorted(report.placed_findings(), key=lambda f: (order[f.severity], f.file, f.line or 0))
    return [_annotation(finding) for finding in found if finding.file != "."]


def _annotation(finding: Finding) -> dict[str, Any]:
    start = finding.line or 1
    end = max(finding.end_line or start, start)
    text = f"{finding.message}\n{finding.hint}".strip()
    found: dict[str, Any] = {
        "path": finding.file,
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
