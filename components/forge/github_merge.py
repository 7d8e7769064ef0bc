"""Asking GitHub to merge a pull request, and telling its refusals apart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from components.errors import Moved, UserError, Waiting
from components.forge.github_answers import UNPROCESSABLE, Refused, taken
from components.forge.github_client import Client

WAIT_FOR_CHECKS_S = 15.0
_NOT_ALLOWED = frozenset({405, UNPROCESSABLE})
"""GitHub documents 405; what imitates it may say 422."""

_CONFLICT = 409
METHODS = ("merge", "squash", "rebase")
"""In the order in which they are tried: a repository may allow any of them."""


class Again(Waiting):
    """GitHub was not ready: the same request may work a moment later."""


class QueueOnly(UserError):
    """Nothing lands on the base but by its merge queue."""


class WrongMethod(UserError):
    """The repository does not merge like this."""


@dataclass
class PullRequestMerger:
    """Merges pull requests of one repository by the first method that it allows."""

    client: Client
    repository: str
    _methods: list[str] = field(default_factory=lambda: list(METHODS))

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge a pull request at `head`; the commit that is now on its base.

        Raises:
            Moved: its head is another one by now.
            Again: GitHub was not ready.
            Waiting: checks or people are missing.
            UserError: it cannot be merged as it is; says what to do.
        """
        while True:
            try:
                return self._ask(number, head, message, self._methods[0])
            except WrongMethod:
                if len(self._methods) == 1:
                    self._methods = list(METHODS)  # its owner may allow one by the next time
                    raise
                self._methods.pop(0)

    def _ask(self, number: int, head: str, message: str, method: str) -> str:
        title, _, rest = message.partition("\n")
        body = {
            "sha": head,
            "merge_method": method,
            "commit_title": title,
            "commit_message": rest.strip(),
        }
        try:
            done = self.client.put(f"/repos/{self.repository}/pulls/{number}/merge", body)
        except Refused as refused:
            raise self._why(refused, number) from refused
        return str(taken(done, "sha"))

    def _why(self, refused: Refused, number: int) -> Exception:
        said = refused.said.lower()
        if refused.status in _NOT_ALLOWED and "not mergeable" in said:
            found = self.client.get(f"/repos/{self.repository}/pulls/{number}")
            return _not_mergeable(found, number)
        return why_not_merged(refused, number)


def why_not_merged(refused: Refused, number: int) -> Exception:
    """What GitHub's refusal to merge means, told by its status and its words."""
    said = refused.said.lower()
    if refused.status == _CONFLICT or "head branch was modified" in said or "head sha" in said:
        return Moved(f"#{number} moved while it was being merged")
    if refused.status not in _NOT_ALLOWED:
        return refused
    for words, answer in _ANSWERS:
        if any(word in said for word in words):
            return answer(number, refused)
    return _refused("look at the rules of the base branch")(number, refused)


def _not_mergeable(found: Any, number: int) -> Exception:
    """GitHub says so of a conflict, and of a pull request that it has not looked at yet."""
    state = str(found.get("mergeable_state") or "")
    if found.get("mergeable") is False or state == "dirty":
        return UserError(
            f"#{number} conflicts with its base", hint="merge or rebase the base into its branch"
        )
    if state == "blocked":
        return Waiting(f"#{number} waits for what the rules of its base ask for")
    return Again(f"GitHub has not worked out yet whether #{number} can be merged")


def _refused(hint: str) -> Callable[[int, Refused], Exception]:
    return lambda number, refused: UserError(
        f"GitHub refuses to merge #{number}: {refused.said}", hint=hint
    )


def _waits(what: str, retry_after_s: float | None = None) -> Callable[[int, Refused], Exception]:
    return lambda number, refused: Waiting(
        f"#{number} waits for {what}: {refused.said}", retry_after_s=retry_after_s
    )


def _again(number: int, refused: Refused) -> Exception:
    return Again(f"#{number} was not merged yet: {refused.said}")


def _queue_only(number: int, refused: Refused) -> Exception:
    return QueueOnly(
        f"GitHub refuses to merge #{number}: {refused.said}",
        hint="add it to the merge queue on GitHub: AlgoOps checks the queue's groups",
    )


def _wrong_method(number: int, refused: Refused) -> Exception:
    return WrongMethod(
        f"GitHub refuses to merge #{number}: {refused.said}",
        hint="allow merge commits, squash merges or rebase merges for the base branch",
    )


# GitHub documents the status alone; these are the words that it answers with. The first match
# counts: several rules may be named at once, and whoever acts last is named first.
_ANSWERS: tuple[tuple[tuple[str, ...], Callable[[int, Refused], Exception]], ...] = (
    (("base branch was modified",), _again),
    (("merge queue",), _queue_only),
    (
        ("not allowed on this repository", "linear history", "must not contain merge commits"),
        _wrong_method,
    ),
    (("draft",), _refused("mark the pull request as ready for review")),
    (
        ("is failing", "failed", "has errors"),
        _waits("a required check that is red; somebody has to repair it"),
    ),
    (
        ("status check", "in progress", "checks are expected", "is expected"),
        _waits("its required checks", WAIT_FOR_CHECKS_S),
    ),
    (("review", "approv", "changes requested"), _waits("a review that its base requires")),
    (("conversation", "comments must be resolved"), _waits("its conversations to be resolved")),
    (("deploy",), _waits("a deployment that its base requires", WAIT_FOR_CHECKS_S)),
    (
        ("signature", "signed"),
        _refused("the base requires signed commits: sign those of the branch"),
    ),
    (("up to date", "up-to-date", "out of date", "behind"), _refused("update its branch")),
    (
        ("not authorized", "protected branch", "restrict"),
        _refused("allow the bot to merge into the base branch"),
    ),
)
