"""Landing on GitHub: the merge through the API (or a push), made sure of afterwards, then tags."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from components.errors import Moved, TransientError, UserError
from components.forge.github_answers import NOT_FOUND, UNPROCESSABLE, Refused, taken
from components.forge.github_client import Client
from components.forge.github_mirror import Mirror, Move
from components.forge.github_values import Pull, number_of, pull
from components.ports import Landing, Tag

_NOT_ALLOWED, _CONFLICT = 405, 409
WAIT_FOR_CHECKS_S = 15.0


class Untested(UserError):
    """GitHub merged something else than what was tested.

    Attributes:
        commit: what is on the base now.
    """

    def __init__(self, message: str, *, commit: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.commit = commit


@dataclass(frozen=True)
class Lander:
    """Publishes landings of one repository.

    Attributes:
        remote: clone address and authorisation header, asked at each use.
        read_base: fetches the base and returns its tip.
    """

    client: Client
    mirror: Mirror
    repository: str
    base: str
    deploy_by: Literal["merge", "push"]
    remote: Callable[[], tuple[str, str]]
    read_base: Callable[[], str]

    def land(self, landing: Landing) -> str:
        """See `ports.Forge.land`; safe to call again after a crash at any point."""
        done = self._landed_already(landing)
        if not done:
            self._refuse_taken(landing.tags)
        if done:
            commit = done
        elif landing.proposal is not None and self.deploy_by == "merge":
            commit = self._merge(landing, self._pull(landing.proposal.id))
        elif landing.proposal is None and (landing.branch or self.deploy_by == "merge"):
            commit = self._through_a_pull_request(landing)
        else:
            commit = self._push(landing)
        self._make_sure(landing, commit)
        self._tag(landing.tags, commit)
        return commit

    def _landed_already(self, landing: Landing) -> str:
        """The commit on the base that an earlier attempt made, or ""."""
        tip = self.read_base()
        number = number_of(landing.proposal.id) if landing.proposal else self._own_pull(landing)
        by_pull = number is not None and (self.deploy_by == "merge" or bool(landing.branch))
        if by_pull and (found := self._pull(f"pr/{number}")).merged:
            if landing.proposal and found.proposal.head != landing.expected_head:
                head = found.proposal.head[:12]
                raise Moved(f"#{number} was merged at {head}, which nobody tested")
            return found.merge_commit
        return landing.commit if self.mirror.is_ancestor(landing.commit, tip) else ""

    def _merge(self, landing: Landing, found: Pull) -> str:
        head = landing.expected_head or landing.commit
        if not found.is_open:
            raise UserError(f"#{found.number} is closed", hint="reopen it first")
        if found.proposal.head != head:
            raise Moved(f"#{found.number} is at {found.proposal.head[:12]}, expected {head[:12]}")
        tip = self.read_base()
        if tip != landing.expected_base:
            raise Moved(f"{self.base} is at {tip[:12]}, expected {landing.expected_base[:12]}")
        return self._ask_to_merge(landing, found.number, head)

    def _ask_to_merge(self, landing: Landing, number: int, head: str) -> str:
        title, _, rest = landing.message.partition("\n")
        body = {
            "sha": head,
            "merge_method": "merge",
            "commit_title": title,
            "commit_message": rest.strip(),
        }
        try:
            done = self.client.put(f"/repos/{self.repository}/pulls/{number}/merge", body)
        except Refused as refused:
            raise _why_not_merged(refused, number) from refused
        return str(taken(done, "sha"))

    def _through_a_pull_request(self, landing: Landing) -> str:
        title, _, rest = landing.message.partition("\n")
        branch = _branch_of(landing)
        number = self.propose(branch, landing.commit, title, rest.strip())
        try:
            merged = self._merge(landing, self._pull(f"pr/{number}"))
        except Moved:  # it would revert something else now: the next attempt makes a new one
            path = f"/repos/{self.repository}/pulls/{number}"
            self.client.patch(path, {"state": "closed"})
            self._delete_branch(branch)
            raise
        self._delete_branch(branch)
        return merged

    def propose(self, branch: str, commit: str, title: str, body: str) -> int:
        """The number of the pull request for `commit` on `branch`: the open one, or a new one.

        Raises:
            UserError: the branch holds something else already.
        """
        number = self._pull_of(branch, commit)
        if number is not None:
            return number
        url, header = self.remote()
        try:
            self.mirror.push(url, [Move(f"refs/heads/{branch}", None, commit)], header)
        except Moved as error:
            hint = "delete or land it first"
            raise UserError(f"the branch {branch} holds something else", hint=hint) from error
        asked = {"title": title, "head": branch, "base": self.base, "body": body}
        made = self.client.post(f"/repos/{self.repository}/pulls", asked)
        return int(taken(made, "number"))

    def _own_pull(self, landing: Landing) -> int | None:
        """The pull request that an earlier attempt opened for this very commit."""
        if self.deploy_by == "push" and not landing.branch:
            return None
        return self._pull_of(_branch_of(landing), landing.commit)

    def _pull_of(self, branch: str, commit: str) -> int | None:
        owner = self.repository.partition("/")[0]
        path = f"/repos/{self.repository}/pulls"
        listed = self.client.get(path, head=f"{owner}:{branch}", state="all")
        same = [p for p in map(pull, listed) if p.proposal.head == commit]
        alive = [p.number for p in same if p.is_open or p.merged]
        return alive[0] if alive else None

    def _delete_branch(self, branch: str) -> None:
        self.client.delete(f"/repos/{self.repository}/git/refs/heads/{branch}")

    def _push(self, landing: Landing) -> str:
        url, header = self.remote()
        moves = [Move(f"refs/heads/{self.base}", landing.expected_base, landing.commit)]
        for tag in landing.tags:
            made = self.mirror.make_tag(tag.name, landing.commit, tag.message)
            moves.append(Move(f"refs/tags/{tag.name}", None, made))
        self.mirror.push(url, moves, header)
        return landing.commit

    def _make_sure(self, landing: Landing, commit: str) -> None:
        """What was tested is what is deployed: compare trees, whatever GitHub did."""
        tip = self.read_base()
        if not self.mirror.is_ancestor(commit, tip):
            raise TransientError(f"{commit[:12]} is not on {self.base} yet", retry_after_s=2.0)
        tested, merged = self.mirror.tree_of(landing.commit), self.mirror.tree_of(commit)
        if tested != merged:
            raise Untested(
                f"{self.base} moved during the merge: {commit[:12]} holds tree {merged[:12]}, "
                f"tested was {tested[:12]}",
                commit=commit,
                hint="the base is checked again now; roll back if it fails, "
                "and set deploy_by: push, which cannot race",
            )

    def _refuse_taken(self, tags: tuple[Tag, ...]) -> None:
        """Before anything lands: a tag that is there already is another release's."""
        for tag in tags:
            self._tag_is_there(tag, "")

    def _tag(self, tags: tuple[Tag, ...], commit: str) -> None:
        for tag in tags:
            if self._tag_is_there(tag, commit):
                continue
            try:
                self._make_tag(tag, commit)
            except Refused:  # an API without tag objects: git can do it as well
                self._push_tag(tag, commit)

    def _make_tag(self, tag: Tag, commit: str) -> None:
        path = f"/repos/{self.repository}/git/tags"
        asked = {"tag": tag.name, "message": tag.message, "object": commit, "type": "commit"}
        made = self.client.post(path, asked, repeatable=True)
        self._make_ref(f"refs/tags/{tag.name}", str(taken(made, "sha")))

    def _push_tag(self, tag: Tag, commit: str) -> None:
        url, header = self.remote()
        made = self.mirror.make_tag(tag.name, commit, tag.message)
        try:
            self.mirror.push(url, [Move(f"refs/tags/{tag.name}", None, made)], header)
        except UserError as refused:
            raise UserError(
                f"{commit[:12]} is on {self.base}, but the tag {tag.name} was refused: {refused}",
                hint="allow the bot to make tags; the base is checked and recorded as it is",
            ) from refused

    def _make_ref(self, ref: str, sha: str) -> None:
        try:
            self.client.post(f"/repos/{self.repository}/git/refs", {"ref": ref, "sha": sha})
        except Refused as refused:
            if refused.status == UNPROCESSABLE and "already exists" in str(refused).lower():
                raise Moved(f"{ref} was made by somebody else in the meantime") from refused
            raise

    def _tag_is_there(self, tag: Tag, commit: str) -> bool:
        try:
            found = self.client.get(f"/repos/{self.repository}/git/ref/tags/{tag.name}")
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return False
            raise
        target = self._peeled(taken(found, "object"))
        if target != commit:
            raise UserError(
                f"the tag {tag.name} is on {target[:12]} already",
                hint="a released version never changes: raise the version in strategy.yaml",
            )
        return True

    def _peeled(self, target: dict[str, Any]) -> str:
        if target["type"] != "tag":
            return str(target["sha"])
        found = self.client.get(f"/repos/{self.repository}/git/tags/{target['sha']}")
        return str(taken(found, "object", "sha"))

    def _pull(self, proposal_id: str) -> Pull:
        number = number_of(proposal_id)
        if number is None:
            raise UserError(f"{proposal_id} is not a pull request", hint="open one for the branch")
        return pull(self.client.get(f"/repos/{self.repository}/pulls/{number}"))


def _branch_of(landing: Landing) -> str:
    return landing.branch or f"algoops/{landing.commit[:12]}"


def _why_not_merged(refused: Refused, number: int) -> Exception:
    said = str(refused).lower()
    if refused.status == _CONFLICT or "head branch was modified" in said:
        return Moved(f"#{number} moved while it was being merged")
    if refused.status == _NOT_ALLOWED and ("status check" in said or "in progress" in said):
        return TransientError(
            f"#{number} waits for its required checks", retry_after_s=WAIT_FOR_CHECKS_S
        )
    if refused.status == _NOT_ALLOWED:
        return UserError(
            f"GitHub refuses to merge #{number}: {refused}",
            hint="look at the branch protection of the base, and allow merge commits",
        )
    return refused
