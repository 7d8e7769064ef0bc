"""The few things that the fake answers over GraphQL, by GitHub's schema: the merge queue."""

from typing import Any

from tests.fakes.github.queue import dequeue, enqueue
from tests.fakes.github.state import Pull, Repo, State


def answered(state: State, login: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The body of an answer; errors come with status 200, as GitHub's do."""
    given = variables.get("input") or {}
    node = variables.get("id") or given.get("pullRequestId") or given.get("id") or ""
    found = _found(state, node)
    if found is None:
        return _error("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    repo, pull = found
    if "enqueuePullRequest(" in query:
        return _entered(state, repo, pull, login, given)
    if "dequeuePullRequest(" in query:
        return _left(state, repo, pull, login)
    if "mergeQueueEntry" in query:
        return {"data": {"node": {"mergeQueueEntry": _entry(repo, pull)}}}
    return _error("INTERNAL", "the fake does not answer this")


def _found(state: State, node: str) -> tuple[Repo, Pull] | None:
    for repo in state.repos.values():
        for pull in repo.pulls.values():
            if node == f"PR_{repo.id}_{pull.number}":
                return repo, pull
    return None


def _entered(
    state: State, repo: Repo, pull: Pull, login: str, given: dict[str, Any]
) -> dict[str, Any]:
    unknown = given.keys() - {"clientMutationId", "expectedHeadOid", "jump", "pullRequestId"}
    if unknown:
        return _error("INVALID", f"unknown field of EnqueuePullRequestInput: {unknown}")
    head, jump = given.get("expectedHeadOid", ""), bool(given.get("jump"))
    why = enqueue(state, repo, pull, head, login, jump=jump)
    if why:
        return _error("UNPROCESSABLE", why)
    return {"data": {"enqueuePullRequest": {"mergeQueueEntry": _entry(repo, pull)}}}


def _left(state: State, repo: Repo, pull: Pull, login: str) -> dict[str, Any]:
    if pull.number not in repo.queue:
        return _error("UNPROCESSABLE", "Pull request is not in the merge queue")
    dequeue(state, repo, pull, login)
    return {"data": {"dequeuePullRequest": {"clientMutationId": None}}}


def _entry(repo: Repo, pull: Pull) -> dict[str, Any] | None:
    if pull.number not in repo.queue:
        return None
    return {"position": 1 + repo.queue.index(pull.number), "state": "AWAITING_CHECKS"}


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"type": kind, "message": message}]}
