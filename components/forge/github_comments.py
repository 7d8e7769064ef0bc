"""The conversation of a pull request: the one report comment, answers, reactions, what was said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from components.forge.github_answers import NOT_FOUND, UNPROCESSABLE, Refused, taken
from components.forge.github_client import Client
from components.forge.github_values import REVIEW, REVIEW_COMMENT, Comment, Reaction, comment

MARKER = "<!-- algoops:report -->"
"""How a report comment of ours starts; the same words as `bot.report.markdown.MARKER`."""


UNKNOWN = "(unknown)"
"""Our account, where the token may not ask for it."""

JUDGING = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
"""States of reviews that end what the same person's earlier one said; a comment does not."""


@dataclass
class Conversation:
    """Comments of one repository. `app_id` is "" with a token."""

    client: Client
    repository: str
    app_id: str = ""
    _login: str = field(default="", repr=False)

    def post(self, number: int, body: str) -> str:
        """A new comment; its id."""
        made = self.client.post(f"{self._root()}/{number}/comments", {"body": body})
        posted = str(taken(made, "id"))
        self._login = str((made.get("user") or {}).get("login") or self._login)
        return posted

    def edit(self, comment_id: str, body: str) -> bool:
        """Change a comment of ours; False when it is gone."""
        try:
            self.client.patch(f"{self._root()}/comments/{int(comment_id)}", {"body": body})
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            return False
        return True

    def own(self, number: int, start: str) -> str:
        """The id of our comment that starts like this, perhaps of an earlier life, or ""."""
        for page in self.client.each_page(f"{self._root()}/{number}/comments"):
            for data in page:
                if str(data.get("body") or "").startswith(start) and self.is_ours(data):
                    return str(data["id"])
        return ""

    def approvals(self, number: int, head: str) -> tuple[str, ...]:
        """Accounts of people whose last review that judges is an approval of this commit."""
        last: dict[str, bool] = {}
        for page in self.client.each_page(f"/repos/{self.repository}/pulls/{number}/reviews"):
            for review in page:
                by, state = review.get("user") or {}, str(review.get("state") or "").upper()
                if by.get("login") and by.get("type") != "Bot" and state in JUDGING:
                    same = review.get("commit_id") == head
                    last[str(by["login"])] = state == "APPROVED" and same
        return tuple(name for name, approves in last.items() if approves)

    def react(self, comment_id: str, reaction: Reaction) -> None:
        """React to a comment; one that is gone needs no reaction, and a review has none."""
        kind, _, number = comment_id.rpartition("-")
        if f"{kind}-" == REVIEW:
            return
        root = f"/repos/{self.repository}/pulls" if kind else self._root()
        path = f"{root}/comments/{int(number)}/reactions"
        try:
            self.client.post(path, {"content": reaction.value}, repeatable=True)
        except Refused as refused:
            if refused.status not in {NOT_FOUND, UNPROCESSABLE}:
                raise

    def since(self, time: str, numbers: Iterable[int]) -> tuple[Comment, ...]:
        """Comments made at or after an ISO time with Z and never edited, the oldest first.

        Those on lines too. Reviews are not among them: GitHub does not say whether one was edited.
        Where the repository has no list of all comments, those of `numbers` are read one by one.
        """
        issues = self._root()
        try:
            listed = self._listed(issues, time)
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            paths = [f"{issues}/{number}/comments" for number in sorted(numbers)]
            listed = [data for path in paths for data in self.client.pages(path, since=time)]
        else:
            listed = [*listed, *self._on_lines(time)]
        found = sorted((comment(data) for data in listed), key=lambda c: (c.created_at, c.id))
        return tuple(c for c in found if c.created_at >= time and not c.edited)

    def _on_lines(self, time: str) -> list[Any]:
        """Comments on lines; none where the repository has no list of them."""
        try:
            listed = self._listed(f"/repos/{self.repository}/pulls", time)
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            return []
        return [{**data, "id": f"{REVIEW_COMMENT}{data['id']}"} for data in listed]

    def _listed(self, root: str, time: str) -> list[Any]:
        path = f"{root}/comments"
        return self.client.pages(path, since=time, sort="updated", direction="asc")

    def creator(self) -> str:
        """Our account as lists take it; "" where only each item says whose it is."""
        return "" if self.app_id or self._own_login() == UNKNOWN else self._own_login()

    def is_ours(self, data: dict[str, Any]) -> bool:
        """Whether we made a comment or an issue."""
        if self.app_id:
            app = data.get("performed_via_github_app") or {}
            return str(app.get("id", "")) == self.app_id
        return bool((data.get("user") or {}).get("login") == self._own_login())

    def _own_login(self) -> str:
        """Our account; a token that may not ask for it owns no comment it could be sure of."""
        if not self._login:
            try:
                self._login = str(taken(self.client.get("/user"), "login"))
            except Refused:
                self._login = UNKNOWN
        return self._login

    def _root(self) -> str:
        return f"/repos/{self.repository}/issues"
