"""GitHub's merge queue: pull requests enter and leave it by GraphQL, the only way there is."""

from dataclasses import dataclass
from typing import Any

from components.errors import Enqueued
from components.forge.github_answers import Refused, taken
from components.forge.github_client import Client
from components.forge.github_merge import why_not_merged

_ENTRY = """
query($id: ID!) {
  node(id: $id) { ... on PullRequest { mergeQueueEntry { position state } } }
}"""
_ENTER = """
mutation($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { position state } }
}"""
_LEAVE = """
mutation($input: DequeuePullRequestInput!) {
  dequeuePullRequest(input: $input) { clientMutationId }
}"""


@dataclass(frozen=True)
class MergeQueue:
    """The merge queue of one repository's base."""

    client: Client
    repository: str

    def enter(self, number: int, head: str, *, first: bool) -> Enqueued:
        """Put a pull request at `head` into the queue, where it is not there already.

        Args:
            number: of the pull request.
            head: GitHub refuses where it is another one by now.
            first: ahead of the others, where the account may do that.

        Returns:
            To be raised: the queue lands it, later.

        Raises:
            Moved, Waiting, UserError: GitHub refused; says what is missing.
        """
        node = self._node(number)
        entry = self._entry(node)
        for jump in (True, False) if first else (False,):
            if entry is not None:
                break
            asked = {"pullRequestId": node, "expectedHeadOid": head, "jump": jump}
            try:
                made = self.client.graphql(_ENTER, {"input": asked})
                entry = taken(made, "enqueuePullRequest", "mergeQueueEntry")
            except Refused as refused:
                entry = self._entry(node)  # somebody may have been faster
                if entry is None and not jump:
                    raise why_not_merged(refused, number) from refused
        return _enqueued(number, entry)

    def place(self, number: int) -> Enqueued | None:
        """Where a pull request is in the queue, to be raised; None: it is not there."""
        entry = self._entry(self._node(number))
        return _enqueued(number, entry) if entry is not None else None

    def leave(self, number: int) -> None:
        """Take a pull request out of the queue; one that is not there is fine."""
        node = self._node(number)
        if self._entry(node) is not None:
            self.client.graphql(_LEAVE, {"input": {"id": node}})

    def _node(self, number: int) -> str:
        found = self.client.get(f"/repos/{self.repository}/pulls/{number}")
        return str(taken(found, "node_id"))

    def _entry(self, node: str) -> dict[str, Any] | None:
        found = taken(self.client.graphql(_ENTRY, {"id": node}), "node")
        entry = found.get("mergeQueueEntry")
        return dict(entry) if entry is not None else None


def _enqueued(number: int, entry: dict[str, Any] | None) -> Enqueued:
    place = f" at place {entry['position']}" if entry and entry.get("position") else ""
    return Enqueued(f"#{number} is in the merge queue{place}")
