"""Proposals on GitHub: pull requests of one repository, through REST and a bare mirror."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import structlog

from components.errors import ConfigError, TransientError, UserError
from components.forge.github_answers import ISO, NOT_FOUND, Refused, iso_date, taken
from components.forge.github_auth import Budgets, Connection, GitHubAccess, connect
from components.forge.github_board import DashboardIssue
from components.forge.github_checks import CheckRuns, Marks, Statuses
from components.forge.github_comments import MARKER, Conversation
from components.forge.github_doctor import missing_permissions, unsuited_rules
from components.forge.github_hooks import Sweep, find_hook, sweep
from components.forge.github_land import Lander
from components.forge.github_mirror import Mirror
from components.forge.github_suggestions import Suggestions
from components.forge.github_values import (
    Comment,
    Pull,
    Reaction,
    annotations,
    number_of,
    permission,
    pull,
)
from components.ports import Landing, Permission, Proposal, StatusState
from components.schema.results.report import Report

log = structlog.get_logger(__name__)

TAGS = "+refs/tags/*:refs/tags/*"
__all__ = ["MARKER", "Comment", "GitHubForge"]


@dataclass
class GitHubForge:
    """Implements `ports.Forge` for one repository; also `Reacting` and the poll's `Conversation`.

    Args:
        name: key of the repository in the configuration and the database.
        access: where it is and as whom we come.
        mirror: a bare repository that is ours alone.
        budgets: shared by the forges of one process, so that each knows what GitHub counts.

    Raises:
        ConfigError: the access is incomplete.
    """

    name: str
    access: GitHubAccess
    mirror: Mirror
    budgets: Budgets = field(default_factory=dict, repr=False)
    lands_batches: bool = field(default=False, init=False)
    marks_each_check: bool = field(default=False, init=False)  # each would cost a call
    connection: Connection = field(init=False)
    _open: dict[int, Pull] = field(default_factory=dict)
    _posted: dict[int, str] = field(default_factory=dict)
    """Report comments made by this process; "": perhaps made, the answer was lost."""

    _newest_at_start: int | None = None
    """Number of the newest pull request in the first list; None until then."""

    _clone_url: str = ""
    _full_name: str = ""
    _said_moved: bool = False
    number: int | None = field(default=None, init=False)
    """GitHub's id of the repository, which outlives its name; None: not asked yet."""

    def __post_init__(self) -> None:
        self.connection = connect(self.access, self.budgets)
        self._client = self.connection.client
        self._root = f"/repos/{self.access.repository}"
        self._clone_url = self.access.clone_url
        self._marks: Marks = (
            CheckRuns(self._client, self.access.repository, self.access.app_id)
            if self.access.is_app
            else Statuses(self._client, self.access.repository)
        )
        self._talk = Conversation(self._client, self.access.repository, self.access.app_id)
        self._lander = Lander(
            self._client,
            self.mirror,
            self.access.repository,
            self.access.base,
            self.access.deploy_by,
            self._remote,
            self.base,
            lambda: (self._full_name or self.access.repository).partition("/")[0],
        )

    @property
    def calls(self) -> int:
        """REST calls made so far."""
        return self._client.calls

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How those calls ended: ok, refused, failed."""
        return dict(self._client.outcomes)

    @property
    def calls_left(self) -> int | None:
        """REST calls that GitHub grants until its next hour, None while it has not said."""
        return self._client.budget.remaining

    def fetch(self) -> None:
        """Bring the base, the tags, and the heads of the known open pull requests that are missing.

        Tags are for early warnings alone: broken ones keep nothing else away.
        """
        missing = [p for p in list(self._open.values()) if not self._is_here(p)]
        url, header = self._remote()
        try:
            heads = (f"+{_head_ref(p)}:{_head_ref(p)}" for p in missing)
            self.mirror.fetch(url, [self._base_spec(), TAGS, *heads], header)
        except TransientError as error:
            log.warning("fetching one by one, without tags", why=str(error))
            self.mirror.fetch(url, [self._base_spec()], header)
            self._fetch_one_by_one(missing)

    def base(self) -> str:
        """Commit id of the base branch's tip: git is asked, which costs no REST quota."""
        url, header = self._remote()
        self.mirror.fetch(url, [self._base_spec()], header)
        tip = self.mirror.resolve(f"refs/heads/{self.access.base}")
        if tip is None:
            raise TransientError(f"there is no branch {self.access.base} on GitHub")
        return tip

    def tip(self, branch: str) -> str:
        """See `ports.Forge.tip`."""
        return self._lander.tip(branch)

    def proposals(self) -> tuple[Proposal, ...]:
        """All open pull requests to the base; unchanged answers cost no quota."""
        listed = self._client.pages(f"{self._root}/pulls", state="open", base=self.access.base)
        found = [pull(data) for data in listed]
        self._open = {p.number: p for p in found if p.is_open and p.base == self.access.base}
        if self._newest_at_start is None:
            self._newest_at_start = max((p.number for p in found), default=0)
        return tuple(p.proposal for p in self._open.values())

    def proposal(self, proposal_id: str) -> Proposal | None:
        """One open pull request to the base as it is now, its head fetched; None: it is gone."""
        number = number_of(proposal_id)
        if number is None:
            return None
        try:
            found = pull(self._client.get(f"{self._root}/pulls/{number}"))
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            found = None
        if found is None or not found.is_open or found.base != self.access.base:
            self._open.pop(number, None)
            return None
        self._open[number] = found
        if not self._is_here(found):
            self._fetch_one_by_one([found])
        if not self._is_here(found):
            raise TransientError(f"the head of #{number} cannot be fetched, or it moved")
        return found.proposal

    def is_proposal(self, proposal_id: str) -> bool:
        """Whether this is or was a pull request; an issue is none."""
        try:
            self._client.get(f"{self._root}/pulls/{number_of(proposal_id)}")
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            return False
        return True

    def set_status(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Mark a commit: a status with a token, a check run as an App."""
        self._marks.set(commit, context, state, description, url)

    def publish(self, proposal: Proposal, report: Report, body: str, comment_id: str) -> str:
        """Post or edit the one report comment; returns its id."""
        number = _number(proposal)
        self._marks.annotate(report.head_commit, body, annotations(report))
        known = comment_id or self._own_report(number)
        if known and self._talk.edit(known, body):
            return known
        self._posted[number] = ""
        self._posted[number] = self._talk.post(number, body)
        return self._posted[number]

    def approvals(self, proposal: Proposal) -> tuple[str, ...]:
        """See `ports.Approves.approvals`."""
        return self._talk.approvals(_number(proposal), proposal.head)

    def suggest(self, proposal: Proposal, report: Report) -> None:
        """See `ports.Suggests.suggest`."""
        Suggestions(self._client, self.access.repository).suggest(_number(proposal), report)

    @property
    def shows_board(self) -> bool:
        """See `ports.ShowsBoard`."""
        return self.access.dashboard

    def show_board(self, title: str, body: str, known: str) -> str:
        """Have the dashboard issue say this; see `ports.ShowsBoard`."""
        issue = DashboardIssue(self._client, self.access.repository, self._talk)
        return issue.show(title, body, known)

    def reply(self, proposal: Proposal, body: str, *, again: bool = False) -> None:
        """Answer with a comment; see `ports.Forge.reply`."""
        number = _number(proposal)
        if not (again and self._talk.own(number, body.partition("\n")[0])):
            self._talk.post(number, body)

    def react(self, comment_id: str, reaction: Reaction) -> None:
        """React to a comment; one that is gone needs no reaction."""
        self._talk.react(comment_id, reaction)

    def permission(self, actor: str) -> Permission:
        """What an actor may do, asked now; who is no collaborator has none."""
        path = f"{self._root}/collaborators/{quote(actor, safe='')}/permission"
        try:
            return permission(self._client.get(path))
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            return Permission.NONE

    def propose(  # see the port
        self,
        branch: str,
        commit: str,
        title: str,
        body: str,
        *,
        replaces: str = "",
        onto: str = "",
    ) -> str:
        """Open a pull request for a prepared commit; see `ports.Forge.propose`."""
        lander = self._lander.onto(onto)
        return f"pr/{lander.propose(branch, commit, title, body, replaces)}"

    def land(self, landing: Landing) -> str:
        """See `ports.Forge.land`.

        Raises:
            Untested: GitHub merged onto a base that moved at that very moment (a `UserError`).
        """
        return self._lander.onto(landing.branch).land(landing)

    def withdraw(self, proposal: Proposal) -> None:
        """See `ports.ProposesRollbacks.withdraw`."""
        self._lander.withdraw(proposal)

    def leave_queue(self, proposal: Proposal) -> None:
        """See `ports.Queues.leave_queue`."""
        self._lander.queue.leave(_number(proposal))

    def ping(self) -> str:
        """Ask whether GitHub answers and the credentials do."""
        try:
            data = self._client.get(self._root)
        except UserError as refused:
            raise _unreachable(self.access, refused) from refused
        self._learn(data)
        left = self._client.budget.remaining
        quota = "" if left is None else f", {left} calls left"
        return f"{taken(data, 'full_name')} at {self.access.base_url}{quota}"

    def missing_permissions(self) -> tuple[str, ...]:
        """What the token or the App lacks, one sentence each, for `algoops doctor`."""
        return missing_permissions(self.connection)

    def unsuited_rules(self) -> tuple[str, ...]:
        """Rules of the base that deploys can't keep, one sentence each, for `algoops doctor`."""
        return unsuited_rules(self._client, self.access)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()
        if self.connection.app is not None:
            self.connection.app.close()

    def comments_since(self, since: str) -> tuple[Comment, ...]:
        """Comments made (not merely edited) at or after `since` (ISO, Z), the oldest first."""
        return self._talk.since(since, list(self._open))

    def server_time(self, ago_s: float = 0.0) -> str:
        """GitHub's clock, `ago_s` seconds ago, as ISO time with Z."""
        said = iso_date(self._client.headers(self._root).get("date", ""))
        now = datetime.fromisoformat(said) if said else datetime.now(UTC)
        return (now - timedelta(seconds=ago_s)).strftime(ISO)

    def redeliver(self, hook_url: str, since: str, done: Iterable[str] = ()) -> Sweep:
        """Ask for the webhook deliveries that failed since `since`; see `github_hooks.sweep`.

        Raises:
            Refused: no permission to administrate hooks: polling alone has to do.
        """
        if self.connection.app is not None:
            return sweep(self.connection.app, "/app/hook/deliveries", since, frozenset(done))
        hook = find_hook(self._client, self.access.repository, hook_url)
        if hook is None:
            return Sweep(0, 0)
        path = f"{self._root}/hooks/{hook}/deliveries"
        return sweep(self._client, path, since, frozenset(done))

    def _base_spec(self) -> str:
        ref = f"refs/heads/{self.access.base}"
        return f"+{ref}:{ref}"

    def _remote(self) -> tuple[str, str]:
        if not self._full_name:
            self._learn(self._client.get(self._root))
        is_http = self._clone_url.startswith(("https://", "http://"))
        return self._clone_url, self.connection.git_header() if is_http else ""

    def _learn(self, said: dict[str, Any]) -> None:
        """Take notice of where the repository is now; a new name is said once."""
        self._clone_url = self._clone_url or str(said.get("clone_url") or "")
        if not self._clone_url:
            hint = "set github.clone_url in the configuration"
            raise ConfigError(f"{self.access.base_url} does not say where to clone from", hint=hint)
        self.number = int(said.get("id") or 0) or None
        self._full_name = str(said.get("full_name") or self.access.repository)
        if self._full_name.lower() != self.access.repository.lower() and not self._said_moved:
            self._said_moved = True
            log.warning(
                "the repository has another name now: change github.repository",
                configured=self.access.repository,
                now=self._full_name,
            )

    def _is_here(self, found: Pull) -> bool:
        return self.mirror.resolve(_head_ref(found)) == found.proposal.head

    def _fetch_one_by_one(self, missing: list[Pull]) -> None:
        """One pull request whose ref is gone must not keep the others away."""
        url, header = self._remote()
        for found in missing:
            target, branch = _head_ref(found), _branch_ref(found)
            places = [(url, target), (_home(found, url), branch)]
            if not any(u and self._fetched(u, header, f"+{s}:{target}") for u, s in places):
                self._open.pop(found.number, None)

    def _fetched(self, url: str, header: str, spec: str) -> bool:
        try:
            self.mirror.fetch(url, [spec], header)
        except TransientError:
            return False
        return True

    def _own_report(self, number: int) -> str:
        """The report comment that was made before it was written down, or ""."""
        if number in self._posted:
            return self._posted[number] or self._talk.own(number, MARKER)
        known = self._open.get(number)
        silent = known is not None and known.comments == 0
        newer = self._newest_at_start is not None and number > self._newest_at_start
        if silent or newer:
            return ""  # no earlier life of this bot can have reported on it: saves the call
        return self._talk.own(number, MARKER)


def _unreachable(access: GitHubAccess, refused: UserError) -> TransientError:
    if isinstance(refused, Refused) and refused.status == NOT_FOUND:
        return TransientError(
            f"GitHub has no repository {access.repository} that this account may see",
            hint="check github.repository, and that the token or the App has access to it",
        )
    return TransientError(f"{access.repository}: {refused}")


def _number(proposal: Proposal) -> int:
    number = number_of(proposal.id)
    if number is None:
        raise UserError(f"{proposal.id} has no conversation on GitHub: it is no pull request")
    return number


def _head_ref(found: Pull) -> str:
    return f"refs/pull/{found.number}/head"


def _home(found: Pull, ours: str) -> str:
    """Where the proposal's own branch is; a fork only beside us, for our token goes along."""
    if not found.proposal.fork:
        return ours
    here, there = urlsplit(ours), urlsplit(found.clone_url)
    return found.clone_url if (here.scheme, here.netloc) == (there.scheme, there.netloc) else ""


def _branch_ref(found: Pull) -> str:
    return f"refs/heads/{found.proposal.ref}"
