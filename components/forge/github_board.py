"""The dashboard issue: one for a repository, found again by how its text begins."""

from dataclasses import dataclass

from components.forge.github_answers import GONE, NOT_FOUND, Refused, taken
from components.forge.github_client import Client
from components.forge.github_comments import Conversation


@dataclass(frozen=True)
class DashboardIssue:
    """The issue of one repository. A person may close it: it is kept up to date all the same."""

    client: Client
    repository: str
    talk: Conversation

    def show(self, title: str, body: str, known: str) -> str:
        """Have the issue say this; its number.

        Args:
            title: of a new one.
            body: its first line is the mark.
            known: its number; "" where it is not known: an earlier life may have made it.
        """
        if known and self._edit(known, body):
            return known
        found = self._own(body.partition("\n")[0])
        if found and self._edit(found, body):
            return found
        made = self.client.post(self._root, {"title": title, "body": body})
        return str(taken(made, "number"))

    @property
    def _root(self) -> str:
        return f"/repos/{self.repository}/issues"

    def _edit(self, number: str, body: str) -> bool:
        """False where it was deleted."""
        try:
            self.client.patch(f"{self._root}/{int(number)}", {"body": body})
        except Refused as refused:
            if refused.status not in {NOT_FOUND, GONE}:
                raise
            return False
        return True

    def _own(self, mark: str) -> str:
        """The newest first: what a power cut kept from being written down is on the first page."""
        whose = self.talk.creator()
        only = {"creator": whose} if whose else {}
        for page in self.client.each_page(self._root, state="all", **only):
            for data in page:
                if str(data.get("body") or "").startswith(mark) and self.talk.is_ours(data):
                    return str(data["number"])
        return ""
