"""Fixes of a report as suggested changes on the lines of a pull request: one review a commit."""

import re
from dataclasses import dataclass
from typing import Any

import structlog

from components.errors import TransientError, UserError
from components.forge.github_client import Client
from components.schema.results.fixes import LineChange, change_of
from components.schema.results.report import Report
from components.schema.results.values import Finding
from components.texts import fence_for, printable

log = structlog.get_logger(__name__)

MOST = 20
"""Suggestions of one review: more nobody reads."""

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d{1,7})(?:,\d+)? @@")
_SAID = (
    "Each suggestion makes a finding of the report go. Whether it is what you mean is yours to say."
)


@dataclass(frozen=True)
class Suggestions:
    """Suggested changes of one repository."""

    client: Client
    repository: str

    def suggest(self, number: int, report: Report) -> None:
        """Suggest a report's fixes where the pull request shows the lines; once for its commit.

        What cannot be suggested is left out: the report has it as a diff.
        """
        findings = [finding for finding in report.placed_findings() if finding.fix]
        root = f"/repos/{self.repository}/pulls/{number}"
        marker = f"<!-- algoops:fixes {report.head_commit} -->"
        try:
            if not findings or self._is_there(root, marker):
                return
            comments = self._comments(root, findings)
            if comments:
                body = {"commit_id": report.head_commit, "event": "COMMENT", "comments": comments}
                self.client.post(f"{root}/reviews", {**body, "body": f"{marker}\n{_SAID}"})
        except (UserError, TransientError) as error:
            log.warning("no suggestions", pull=number, why=str(error))

    def _is_there(self, root: str, marker: str) -> bool:
        # Whoever copies the marker keeps away suggestions whose diffs are in the report anyway.
        pages = self.client.each_page(f"{root}/reviews")
        return any(str(r.get("body") or "").startswith(marker) for page in pages for r in page)

    def _comments(self, root: str, findings: list[Finding]) -> list[dict[str, Any]]:
        shown = {
            str(entry.get("filename") or ""): lines_shown(str(entry.get("patch") or ""))
            for page in self.client.each_page(f"{root}/files")
            for entry in page
        }
        made: dict[tuple[str, LineChange], dict[str, Any]] = {}
        for finding in findings:
            change = change_of(finding.fix)
            place = change and _placed(change, shown.get(finding.file, {}))
            if change is not None and place and (finding.file, change) not in made:
                start, lines, text = place
                comment = {"path": finding.file, "line": start + lines - 1, "side": "RIGHT"}
                if lines > 1:
                    comment |= {"start_line": start, "start_side": "RIGHT"}
                made[finding.file, change] = {**comment, "body": _body(finding, text)}
        return list(made.values())[:MOST]


def lines_shown(patch: str) -> dict[int, str]:
    """The lines of a file's new content that a patch of GitHub's shows, by number."""
    found: dict[int, str] = {}
    number = 0
    for row in patch.split("\n"):
        if head := _HUNK.match(row):
            number = int(head[1])
        elif row[:1] in {" ", "+"}:
            found[number] = row[1:]
            number += 1
    return found


def _placed(change: LineChange, shown: dict[int, str]) -> tuple[int, int, str] | None:
    """The first line and how many that a suggestion replaces, and by what; None: it can't be."""
    start = change.start
    if not change.old:  # a suggestion replaces lines, so what is put in takes its neighbour along
        neighbour = f"{shown.get(start, '')}\n"
        change = LineChange(start, (neighbour,), (*change.new, neighbour))
    old = [line.removesuffix("\n") for line in change.old]
    text = "".join(change.new)
    if "\r" in text or any(shown.get(start + i) != line for i, line in enumerate(old)):
        return None
    return start, len(old), text


def _body(finding: Finding, text: str) -> str:
    fence = fence_for(text)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{printable(finding.rule)}\n\n{fence}suggestion\n{text}{end}{fence}"
