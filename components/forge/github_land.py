"""Landing on GitHub: the merge through the API (or a push), made sure of afterwards, then tags."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from components.errors import BranchTaken, Moved, NeedsProposal, TransientError, UserError, Waiting
from components.forge.github_answers import NOT_FOUND, UNPROCESSABLE, Refused, taken
from components.forge.github_client import Client
from components.forge.github_merge import Again, PullRequestMerger, QueueOnly
from components.forge.github_mirror import Mirror, Move
from components.forge.github_queue import MergeQueue
from components.forge.github_values import Pull, number_of, pull
from components.ports import Landing, Proposal, Tag

AGAIN_S = 1.0
MOST_TRIES = 5


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
        owner: whose the repository is now; it may have been transferred.
    """

    client: Client
    mirror: Mirror
    repository: str
    base: str
    deploy_by: Literal["merge", "push"]
    remote: Callable[[], tuple[str, str]]
    read_base: Callable[[], str]

    owner: Callable[[], str]
    merger: PullRequestMerger = field(init=False)
    queue: MergeQueue = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "merger", PullRequestMerger(self.client, self.repository))
        object.__setattr__(self, "queue", MergeQueue(self.client, self.repository))

    def onto(self, branch: str) -> "Lander":
        """The same for the branch of a stage; "": for the base."""
        if not branch:
            return self
        return replace(self, base=branch, read_base=lambda: self.tip(branch))

    def land(self, landing: Landing) -> str:
        """See `ports.Forge.land`; safe to call again after a crash at any point."""
        commit = self._landed_already(landing) or self._from_queue(landing)
        if not commit and landing.offered:
            if landing.proposal is None:
                raise Waiting("it was not landed before")
            number = self._is_as_expected(landing, landing.expected_head)
            raise Waiting(f"#{number} waits for a person to merge it")
        if not commit:
            self._refuse_taken(landing.tags)
            by_pull = landing.proposal is not None and self._by_pull(landing)
            commit = self._merge(landing) if by_pull else self._push(landing)
        self._make_sure(landing, commit)
        if landing.own and landing.proposal is not None:
            self._delete_branch(landing.proposal.ref)
        self._tag(landing.tags, commit)
        return commit

    def _by_pull(self, landing: Landing) -> bool:
        """A rollback always has a pull request of its own: what protects the base holds for it."""
        return self.deploy_by == "merge" or landing.own

    def _landed_already(self, landing: Landing) -> str:
        """The commit on the base that an earlier attempt made, or a person's merge, or ""."""
        tip = self.read_base()
        if landing.proposal is not None and self._by_pull(landing):
            found = self._pull(landing.proposal.id)
            if not found.merged:
                return ""
            if not landing.own and found.proposal.head != landing.expected_head:
                head = found.proposal.head[:12]
                raise Moved(f"#{found.number} was merged at {head}, which nobody tested")
            return found.merge_commit
        there = bool(tip) and self.mirror.is_ancestor(landing.commit, tip)
        return landing.commit if there else ""

    def _from_queue(self, landing: Landing) -> str:
        """What the merge queue made of it; "" where it was never put there.

        Raises:
            Enqueued: it is still there.
            UserError: it was taken out.
        """
        if not landing.queued:
            return ""
        number = self._is_as_expected(landing, landing.expected_head or landing.commit)
        for _ in range(MOST_TRIES):
            place = self.queue.place(number)
            if place is not None:
                raise place
            landed = self._landed_already(landing)
            if landed:
                return landed
            self.client.sleep(AGAIN_S)  # GitHub empties the place a moment before it tells more
        raise UserError(
            f"#{number} was taken out of the merge queue of {self.base}",
            hint="GitHub says why in the pull request; ask again when that is mended",
        )

    def _merge(self, landing: Landing) -> str:
        """Merge its pull request, or put it into the merge queue where nothing lands without.

        Raises:
            Enqueued: it is in the queue.
        """
        try:
            return self._merge_now(landing)
        except QueueOnly as refused:
            if not landing.may_queue:
                raise UserError(
                    str(refused.args[0]),
                    hint="an owner has to merge what changes policies, past the queue",
                ) from refused
            number = self._is_as_expected(landing, landing.expected_head or landing.commit)
            head = landing.expected_head or landing.commit
            raise self.queue.enter(number, head, first=landing.own) from refused

    def _merge_now(self, landing: Landing) -> str:
        """Merge its pull request; where GitHub is not ready, again a moment later."""
        head = landing.expected_head or landing.commit
        number = self._is_as_expected(landing, head)
        for _ in range(MOST_TRIES):
            try:
                return self.merger.merge(number, head, landing.message)
            except Again:
                self.client.sleep(AGAIN_S)
                self._is_as_expected(landing, head)
        return self.merger.merge(number, head, landing.message)

    def _is_as_expected(self, landing: Landing, head: str) -> int:
        """The number of the pull request; base and head are still what was decided upon."""
        found = self._pull(landing.proposal.id if landing.proposal else "")
        if not found.is_open and not found.merged:
            raise UserError(f"#{found.number} is closed", hint="reopen it first")
        if found.proposal.head != head:
            raise Moved(f"#{found.number} is at {found.proposal.head[:12]}, expected {head[:12]}")
        tip = self.read_base()
        alone = not landing.own and not landing.queued
        if alone and tip != landing.expected_base:
            raise Moved(f"{self.base} is at {tip[:12]}, expected {landing.expected_base[:12]}")
        for folder in () if alone else landing.folders:
            now = self.mirror.tree_at(tip, folder)
            if now != self.mirror.tree_at(landing.expected_base, folder):
                raise Moved(f"{folder} changed on {self.base} meanwhile")
        return found.number

    def propose(self, branch: str, commit: str, title: str, body: str, replaces: str = "") -> int:
        """The number of the pull request for `commit` on `branch`: the open one, or a new one.

        The branch is moved from `replaces` where that is given, and the pull request goes with it.

        Raises:
            BranchTaken: the branch holds something else already.
        """
        number = self._pull_of(branch, commit)
        if number is not None:
            return number
        if self.branch_tip(branch) != commit:
            url, header = self.remote()
            try:
                move = Move(f"refs/heads/{branch}", replaces or None, commit)
                self.mirror.push(url, [move], header)
            except Moved as error:
                hint = "delete or land it first"
                raise BranchTaken(f"the branch {branch} holds something else", hint=hint) from error
        moved = self._pull_of(branch, commit) if replaces else None
        if moved is not None:
            return moved
        asked = {"title": title, "head": branch, "base": self.base, "body": body}
        made = self.client.post(f"/repos/{self.repository}/pulls", asked)
        return int(taken(made, "number"))

    def branch_tip(self, branch: str) -> str:
        """The commit at a branch as it is on GitHub, "" where there is none."""
        try:
            found = self.client.get(f"/repos/{self.repository}/git/ref/heads/{branch}")
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            return ""
        # A plainer API lists what starts like this where there is no such ref.
        return str(taken(found, "object", "sha")) if isinstance(found, dict) else ""

    def tip(self, branch: str) -> str:
        """See `ports.Forge.tip`."""
        tip = self.branch_tip(branch)
        if tip:
            url, header = self.remote()
            ref = f"refs/heads/{branch}"
            self.mirror.fetch(url, [f"+{ref}:{ref}"], header)
        return tip

    def withdraw(self, proposal: Proposal) -> None:
        """See `ports.ProposesRollbacks.withdraw`."""
        found = self._pull(proposal.id)
        if found.is_open:
            path = f"/repos/{self.repository}/pulls/{found.number}"
            self.client.patch(path, {"state": "closed"})
        if found.proposal.head == proposal.head:  # what somebody added is not thrown away
            self._delete_branch(proposal.ref)

    def _pull_of(self, branch: str, commit: str) -> int | None:
        path = f"/repos/{self.repository}/pulls"
        listed = self.client.get(path, head=f"{self.owner()}:{branch}", state="all")
        same = [p for p in map(pull, listed) if p.proposal.head == commit]
        alive = [p.number for p in same if p.is_open or p.merged]
        return alive[0] if alive else None

    def _delete_branch(self, branch: str) -> None:
        self.client.delete(f"/repos/{self.repository}/git/refs/heads/{branch}")

    def _push(self, landing: Landing) -> str:
        url, header = self.remote()
        moves = [Move(f"refs/heads/{self.base}", landing.expected_base or None, landing.commit)]
        for tag in landing.tags:
            made = self.mirror.make_tag(tag.name, landing.commit, tag.message)
            moves.append(Move(f"refs/tags/{tag.name}", None, made))
        try:
            self.mirror.push(url, moves, header)
        except UserError as refused:
            if landing.branch and landing.expected_base:
                raise NeedsProposal(str(refused)) from refused
            raise
        return landing.commit

    def _make_sure(self, landing: Landing, commit: str) -> None:
        """What was tested is what is deployed: compare trees, whatever GitHub did."""
        tip = self.read_base()
        if not self.mirror.is_ancestor(commit, tip):
            raise TransientError(f"{commit[:12]} is not on {self.base} yet", retry_after_s=2.0)
        places = landing.folders if landing.own or landing.queued else ("",)
        if any(
            self.mirror.tree_at(landing.commit, at) != self.mirror.tree_at(commit, at)
            for at in places
        ):
            raise _untested(landing, commit, self.base)

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
                f"the tag {tag.name} is there already, on {target[:12]}, not on this landing",
                hint="an earlier release: raise `version` in strategy.yaml; made by hand: delete it"
                f" (git push --delete origin {tag.name})",
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


def _untested(landing: Landing, commit: str, base: str) -> Untested:
    if landing.own:
        return Untested(
            f"{commit[:12]} on {base} does not restore {', '.join(landing.folders)}",
            commit=commit,
            hint="somebody changed the rollback's branch or the base; roll back again",
        )
    what = "the tree"
    if landing.queued and landing.folders:
        what = f"in {', '.join(landing.folders)} what"
    return Untested(
        f"{base} moved during the merge: {commit[:12]} does not hold {what} that was tested",
        commit=commit,
        hint="the base is checked again now; roll back if it fails, "
        "and set deploy_by: push, which cannot race",
    )
