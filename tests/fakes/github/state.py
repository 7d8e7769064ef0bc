"""What the fake GitHub knows, and what each change makes it send. Webhooks come from here only."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.github.git import Git

NO_COMMIT = "0" * 40


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@dataclass
class Pull:
    number: int
    title: str
    author: str
    head_repo: str
    head_ref: str
    head_sha: str
    base_ref: str
    body: str = ""
    state: str = "open"
    draft: bool = False
    labels: list[str] = field(default_factory=list)
    created_at: str = ""
    merged_at: str = ""
    merge_commit: str = ""
    approved_by: set[str] = field(default_factory=set)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    conflicts: bool = False


@dataclass
class Said:
    id: int
    number: int
    author: str
    body: str
    created_at: str
    updated_at: str
    app_id: int | None = None
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Issue:
    number: int
    title: str
    body: str
    author: str
    app_id: int | None = None
    state: str = "open"


@dataclass
class Mark:
    sha: str
    context: str
    state: str
    description: str
    url: str
    by: str


@dataclass
class Hook:
    id: int
    url: str
    secret: str
    deliveries: list["Delivery"] = field(default_factory=list)


@dataclass
class Delivery:
    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    delivered_at: str
    status: int = 0
    redelivery: bool = False


@dataclass
class Repo:
    """One repository. `sent` is called with (event, payload) at every change."""

    full_name: str
    git: Git
    id: int = 0
    rules: list[str] = field(default_factory=list)
    base: str = "main"
    collaborators: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    has_issues: bool = True
    comments: dict[int, Said] = field(default_factory=dict)
    line_comments: dict[int, Said] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    check_runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    reviews: int = 0
    methods: tuple[str, ...] = ("merge", "squash", "rebase")
    linear: bool = False
    queue: list[int] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    queue_method: str = "merge"
    known_branches: dict[str, str] = field(default_factory=dict)
    before_merge: Callable[[], None] = lambda: None

    def status_of(self, sha: str) -> dict[str, str]:
        """The latest state by context."""
        latest = {m.context: m.state for m in self.marks if m.sha == sha}
        for run in self.check_runs.values():
            if run["head_sha"] == sha:
                latest[run["name"]] = run.get("conclusion") or "pending"
        return latest


class State:
    """All repositories; every public method is one transaction."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self.root = root
        self.clock = clock
        self.lock = threading.RLock()
        self.repos: dict[str, Repo] = {}
        self.moved: dict[str, Repo] = {}
        self.ids = itertools.count(1001)
        self.notify: Callable[[Repo, str, dict[str, Any], str], None] = lambda *_: None

    def now(self) -> str:
        return iso(self.clock())

    def add_repo(self, full_name: str) -> Repo:
        repo = Repo(full_name, Git.create(self.root / f"{full_name}.git"), next(self.ids))
        self.repos[full_name] = repo
        return repo

    def rename(self, repo: Repo, full_name: str) -> None:
        """Rename or transfer: the old name is redirected until somebody else takes it."""
        with self.lock:
            self.moved[repo.full_name] = repo
            del self.repos[repo.full_name]
            for pull in repo.pulls.values():
                if pull.head_repo == repo.full_name:
                    pull.head_repo = full_name
            repo.full_name = full_name
            self.repos[full_name] = repo

    def push(self, repo: Repo, ref: str, sha: str | None, by: str) -> None:
        """Move a branch as a push would, with all that follows."""
        repo.git.move(ref, sha)
        self.sync(repo, by)

    def sync(self, repo: Repo, by: str) -> None:
        """Take notice of moved branches: heads of pull requests, merges, closings, webhooks."""
        with self.lock:
            before, now = repo.known_branches, repo.git.branches()
            repo.known_branches = now
            for ref in sorted(before.keys() | now.keys()):
                old, new = before.get(ref, NO_COMMIT), now.get(ref, NO_COMMIT)
                if old != new:
                    self._branch_moved(repo, ref, old, new, by)

    def _branch_moved(self, repo: Repo, ref: str, old: str, new: str, by: str) -> None:
        self.notify(
            repo, "push", {"ref": ref, "before": old, "after": new, "deleted": new == NO_COMMIT}, by
        )
        for owner in self.repos.values():
            for pull in list(owner.pulls.values()):
                if pull.state != "open":
                    continue
                if pull.head_repo == repo.full_name and f"refs/heads/{pull.head_ref}" == ref:
                    self._head_moved(owner, repo, pull, new, by)
                elif owner is repo and f"refs/heads/{pull.base_ref}" == ref:
                    self._merged_by_push(repo, pull, new, by)

    def _head_moved(self, owner: Repo, source: Repo, pull: Pull, new: str, by: str) -> None:
        if new == NO_COMMIT:
            self.close(owner, pull, by)
            return
        self._take_head(owner, source, pull)
        self.notify_pull(owner, pull, "synchronize", by)

    def _take_head(self, owner: Repo, source: Repo, pull: Pull) -> None:
        ref, branch = f"refs/pull/{pull.number}/head", f"refs/heads/{pull.head_ref}"
        pull.head_sha = source.git.tip(branch)
        if source is owner:
            owner.git.move(ref, pull.head_sha)
        else:
            owner.git.copy_objects(source.git, branch, ref)

    def _merged_by_push(self, repo: Repo, pull: Pull, tip: str, by: str) -> None:
        if tip != NO_COMMIT and repo.git.is_ancestor(pull.head_sha, tip):
            self.closed_as_merged(repo, pull, tip, by)

    def closed_as_merged(self, repo: Repo, pull: Pull, commit: str, by: str) -> None:
        pull.state, pull.merged_at, pull.merge_commit = "closed", self.now(), commit
        self.notify_pull(repo, pull, "closed", by)

    def open_pull(  # noqa: PLR0913  # each is a field of the form
        self,
        repo: Repo,
        head_ref: str,
        by: str,
        *,
        title: str = "Change",
        body: str = "",
        head_repo: Repo | None = None,
        draft: bool = False,
        base: str = "main",
    ) -> Pull:
        with self.lock:
            source = head_repo or repo
            number = self._next_number(repo)
            pull = Pull(number, title, by, source.full_name, head_ref, "", base, body, draft=draft)
            pull.created_at = self.now()
            self._take_head(repo, source, pull)
            repo.pulls[number] = pull
            self.notify_pull(repo, pull, "opened", by)
            return pull

    def _next_number(self, repo: Repo) -> int:
        """Issues and pull requests are numbered together."""
        return 1 + max({*repo.pulls, *repo.issues}, default=0)

    def open_issue(
        self, repo: Repo, title: str, body: str, by: str, app_id: int | None = None
    ) -> Issue:
        with self.lock:
            made = Issue(self._next_number(repo), title, body, by, app_id)
            repo.issues[made.number] = made
            return made

    def close(self, repo: Repo, pull: Pull, by: str) -> None:
        with self.lock:
            pull.state = "closed"
            self.notify_pull(repo, pull, "closed", by)

    def merge(
        self, repo: Repo, pull: Pull, sha: str, message: str, by: str, method: str = "merge"
    ) -> tuple[int, str]:
        """(status, merge commit or message), as GitHub's merge does."""
        repo.before_merge()
        with self.lock:
            refusal = self._refusal(repo, pull, sha, method)
            if refusal:
                return refusal
            ref = f"refs/heads/{pull.base_ref}"
            tip = repo.git.tip(ref)
            tree = repo.git.merge_tree(tip, pull.head_sha)
            if not tree:
                return 405, "Pull Request is not mergeable"
            parents = (tip, pull.head_sha) if method == "merge" else (tip,)
            commit = repo.git.commit_tree(tree, *parents, message=message)
            repo.git.move(ref, commit)
            self.closed_as_merged(repo, pull, commit, by)
            self.sync(repo, by)
            return 200, commit

    def _refusal(  # GitHub's rules, one after the other
        self, repo: Repo, pull: Pull, sha: str, method: str
    ) -> tuple[int, str] | None:
        """GitHub's answer where it does not merge; None: it does."""
        if pull.state != "open" or pull.conflicts:
            return 405, "Pull Request is not mergeable"
        if sha and sha != pull.head_sha:
            return 409, "Head branch was modified. Review and try the merge again."
        if "merge_queue" in repo.rules:
            return (
                405,
                "Repository rule violations found\n\nChanges must be made through the merge queue",
            )
        if method not in repo.methods:
            kind = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
            return 405, f"{kind[method]} are not allowed on this repository."
        if repo.linear and method == "merge":
            return 405, "This branch must not contain merge commits."
        why = self.not_ready(repo, pull)
        return (405, why) if why else None

    def not_ready(self, repo: Repo, pull: Pull) -> str:
        """What the rules of the base ask for and is not there, "" for nothing."""
        if len(pull.approved_by) < repo.reviews:
            some = "review is" if repo.reviews == 1 else "reviews are"
            return (
                f"At least {repo.reviews} approving {some} required by reviewers with write access."
            )
        green = repo.status_of(pull.head_sha)
        for context in repo.required:
            if green.get(context) in {"failure", "error"}:
                return f'Required status check "{context}" is failing.'
            if green.get(context) not in {"success", "neutral"}:
                return f'Required status check "{context}" is expected.'
        return ""

    def approve(self, repo: Repo, pull: Pull, by: str) -> None:
        """A person approves; their own pull request cannot be approved by its author."""
        with self.lock:
            if by == pull.author:
                raise ValueError("Can not approve your own pull request")
            pull.approved_by.add(by)
            self.review(pull, by, "APPROVED")
            self.notify_review(repo, pull, by, "", "approved")

    def review(self, pull: Pull, by: str, state: str, body: str = "") -> dict[str, Any]:
        """Record a review of the pull request's head."""
        with self.lock:
            known = {"id": next(self.ids), "user": by, "body": body, "state": state}
            pull.reviews.append({**known, "commit_id": pull.head_sha, "comments": []})
            return pull.reviews[-1]

    def notify_review(self, repo: Repo, pull: Pull, by: str, body: str, state: str) -> None:
        review = {
            "id": next(self.ids),
            "user": by,
            "body": body,
            "state": state,
            "submitted_at": self.now(),
        }
        self.notify(
            repo, "pull_request_review", {"action": "submitted", "pull": pull, "review": review}, by
        )

    def comment(
        self, repo: Repo, number: int, body: str, by: str, app_id: int | None = None
    ) -> Said:
        with self.lock:
            said = Said(next(self.ids), number, by, body, self.now(), self.now(), app_id)
            repo.comments[said.id] = said
            self.notify_comment(repo, said, "created", by)
            return said

    def comment_on_a_line(self, repo: Repo, number: int, body: str, by: str) -> Said:
        with self.lock:
            said = Said(next(self.ids), number, by, body, self.now(), self.now())
            repo.line_comments[said.id] = said
            facts = {"action": "created", "line_comment": said, "pull": repo.pulls[number]}
            self.notify(repo, "pull_request_review_comment", facts, by)
            return said

    def edit_comment(self, repo: Repo, said: Said, body: str, by: str) -> None:
        with self.lock:
            said.body, said.updated_at = body, self.now()
            self.notify_comment(repo, said, "edited", by)

    def label(self, repo: Repo, pull: Pull, label: str, by: str) -> None:
        with self.lock:
            pull.labels.append(label)
            self.notify_pull(repo, pull, "labeled", by)

    def ready(self, repo: Repo, pull: Pull, by: str) -> None:
        with self.lock:
            pull.draft = False
            self.notify_pull(repo, pull, "ready_for_review", by)

    def notify_pull(self, repo: Repo, pull: Pull, action: str, by: str) -> None:
        self.notify(
            repo, "pull_request", {"action": action, "number": pull.number, "pull": pull}, by
        )

    def notify_comment(self, repo: Repo, said: Said, action: str, by: str) -> None:
        self.notify(repo, "issue_comment", {"action": action, "comment": said}, by)
