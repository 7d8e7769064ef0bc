"""The local forge: a plain bare repository. Branches are proposals, answers are notes and files.

The watched repository is used as it is, without a mirror: one atomic transaction moves its refs,
there is no second copy that could be behind, and objects arrive checked (receive.fsckObjects).
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from components.errors import BranchTaken, ConfigError, Moved, TransientError, UserError, Waiting
from components.forge.local_files import ReportFiles
from components.git_patch.notes import read_note, write_note, write_notes
from components.git_patch.repository import Repository, require_bare
from components.git_patch.values import Branch, Signing, Update
from components.ports import Landing, Permission, Proposal, StatusState, Tag
from components.safe_tools.names import object_id, ref_problem, shown
from components.safe_tools.tree import Audit, no_audit
from components.schema.results.report import Report

NOTES = "refs/notes/algoops"
REPLIES = "refs/notes/algoops-replies"
ORDERS = "refs/notes/algoops-orders"
BOARD = "refs/notes/algoops-dashboard"
OWN_BRANCHES = "refs/heads/algoops/"
_HEADS = "refs/heads/"


class LocalForge:
    """Implements `ports.Forge` on a local bare repository.

    Args:
        name: key of the repository in the configuration.
        repository: the watched repository itself.
        base: name of the branch that deploys land on.
        stages: branches of further stages; they are no proposals.
        reports: folder for reports and statuses.
        audit: told of branches that are refused.
    """

    lands_batches = True
    marks_each_check = True
    shows_board = True

    def __init__(
        self,
        name: str,
        repository: Repository,
        *,
        base: str,
        reports: Path,
        stages: frozenset[str] = frozenset(),
        audit: Audit = no_audit,
    ) -> None:
        self.name = name
        self.repository = repository
        self._base_ref = f"{_HEADS}{base}"
        self._landed_on = frozenset(f"{_HEADS}{branch}" for branch in {base, *stages})
        self._files = ReportFiles(reports)
        self._audit = audit
        self._replying = threading.Lock()

    @classmethod
    def open(  # noqa: PLR0913  # each is one line of the configuration
        cls,
        name: str,
        path: Path,
        *,
        base: str,
        reports: Path,
        stages: frozenset[str] = frozenset(),
        binary: str = "git",
        signing: Signing | None = None,
        audit: Audit = no_audit,
    ) -> Self:
        """The forge on the repository at `path`.

        Raises:
            ConfigError: there is none, or the folder holds something else.
        """
        if not path.is_dir() or not any(path.iterdir()):
            # Never made here: its disk may be mounted later.
            raise ConfigError(
                f"repository {name}: there is none at {path}",
                hint="`algoops init` makes one; or mount its disk, or correct `path`",
            )
        require_bare(path)
        repository = Repository(path, binary=binary, signing=signing, audit=audit)
        return cls(name, repository, base=base, reports=reports, stages=stages, audit=audit)

    def check_pushes(self) -> None:
        """Have git check what is pushed (`receive.fsckObjects`), unless its owner has decided that.

        Not done by `open`: who only looks at a repository changes nothing in it.
        """
        self.repository.set_default("receive.fsckObjects", "true")

    # --- looking ---

    def fetch(self) -> None:
        """Nothing to bring: the watched repository is the one that is read."""

    def base(self) -> str:
        """Commit id of the base branch's tip. Raises TransientError while there is none."""
        commit = self.repository.resolve(self._base_ref)
        if commit is None:
            raise TransientError(
                f"the repository {self.name} has no branch {self._short(self._base_ref)} yet",
                hint="`algoops init` makes a first commit; or push one, or set `base`",
            )
        return commit

    def tip(self, branch: str) -> str:
        """The commit at a branch, "" where there is none."""
        return self.repository.resolve(f"{_HEADS}{branch}") or ""

    def proposals(self) -> tuple[Proposal, ...]:
        """All branches with something that the base does not have, except the bot's own."""
        branches = self.repository.branches(not_merged_in=self.base())
        return tuple(_proposal(b) for b in branches if self._is_proposal(b))

    def proposal(self, proposal_id: str) -> Proposal | None:
        """One open proposal (`branch/<name>`) as it is now; None when merged or unknown."""
        kind, _, name = proposal_id.partition("/")
        ref = f"{_HEADS}{name}"
        if kind != "branch" or ref_problem(ref):
            return None
        found = self.repository.branch(ref, not_merged_in=self.base())
        return _proposal(found) if found is not None and self._is_proposal(found) else None

    def permission(self, actor: str) -> Permission:  # noqa: ARG002  # access to the files decides
        """Whoever can talk to this machine's bot is its operator: files decide, not names."""
        writable = os.access(self.repository.path / "refs", os.W_OK)
        return Permission.WRITE if writable else Permission.READ

    def ping(self) -> str:
        """Where the base is. Raises TransientError when there is none."""
        return f"bare repository, {self._short(self._base_ref)} at {self.base()[:12]}"

    # --- answering ---

    def set_status(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Write the status into `+statuses/<commit>.json` of the reports folder."""
        self._files.set_status(commit, context, state, description, url)

    def publish(self, proposal: Proposal, report: Report, body: str, comment_id: str) -> str:  # noqa: ARG002  # the branch is the id
        """Keep the report as a note on the head commit and as `<branch>.md` and `.json`."""
        write_note(self.repository, NOTES, report.head_commit, body)
        self._files.write_report(proposal.ref, body, report)
        return f"note/{report.head_commit}"

    def reply(self, proposal: Proposal, body: str, *, again: bool = False) -> None:  # noqa: ARG002  # it always looks
        """Add an answer to the head commit's note (`algoops-replies`) and `<branch>+replies.md`.

        The same answer twice in a row is one answer: a repeated attempt doubles nothing.
        """
        with self._replying:
            before = read_note(self.repository, REPLIES, proposal.head)
            if before.endswith(body):
                return
            text = f"{before.rstrip()}\n\n---\n\n{body}" if before else body
            write_note(self.repository, REPLIES, proposal.head, text)
            self._files.write_replies(proposal.ref, text)

    def note_orders(self, texts: Mapping[str, str]) -> None:
        """Set the notes (`algoops-orders`) with the orders of what landed, by commit."""
        write_notes(self.repository, ORDERS, texts)

    def show_board(self, title: str, body: str, known: str) -> str:  # noqa: ARG002  # a note has no title
        """Set the note (`algoops-dashboard`) on the base's tip; see `ports.ShowsBoard`."""
        base = self.base()
        write_note(self.repository, BOARD, base, body)
        return f"note/{base}"

    def forget_reports(self, before: float) -> int:
        """Remove report files that were written before a time (Unix seconds) and are of no branch.

        Raises:
            TransientError: the repository cannot be read.
        """
        branches = self.repository.branches()
        names = {self._short(b.ref) for b in branches}
        return self._files.forget(names, {b.commit for b in branches}, before)

    # --- acting ---

    def propose(
        self,
        branch: str,
        commit: str,
        title: str,  # noqa: ARG002  # the commit's message says it
        body: str,  # noqa: ARG002  # as above
        *,
        replaces: str = "",
        onto: str = "",  # noqa: ARG002  # a rollback of a stage lands at once
    ) -> str:
        """Put a prepared commit on a branch; see `ports.Forge.propose`."""
        ref = f"{_HEADS}{branch}"
        there = self.repository.resolve(ref)
        if there not in {None, commit, replaces}:
            raise BranchTaken(
                f"the branch {branch} holds something else already", hint="delete or land it first"
            )
        if there != commit:
            self.repository.publish([Update(ref, there, commit)])
        return f"branch/{branch}"

    def land(self, landing: Landing) -> str:
        """Move the base and make the tags in one transaction; see `ports.Forge.land`.

        A landing whose commit is in the base already is completed (tags that a power cut left
        out) and returned.
        """
        if self._is_there(landing):
            self._publish(landing, ())
            return landing.commit
        self._judge(landing)
        if landing.offered:
            raise self._offered(landing)
        try:
            self._publish(landing, self._moves(landing))
        except Moved:
            if not self._is_there(landing):
                raise
            self._publish(landing, ())  # somebody else has just made the same landing
        return landing.commit

    def _offered(self, landing: Landing) -> Exception:
        """A person has not landed it yet; `UserError` or `Moved` where nobody can any more."""
        if landing.proposal is None:
            return Waiting("it was not landed before")
        branch = landing.proposal.ref
        if self.repository.resolve(f"{_HEADS}{branch}") != landing.expected_head:
            return UserError(f"the branch {branch} is gone, or holds something else")
        for folder in landing.folders:
            now = self.repository.tree_at(self.base(), folder)
            if now != self.repository.tree_at(landing.expected_base, folder):
                return Moved(f"{folder} changed meanwhile")
        return Waiting(f"{branch} waits for a person to deploy it")

    def _publish(self, landing: Landing, moves: tuple[Update, ...]) -> None:
        updates = (*moves, *self._missing_tags(landing))
        if updates:
            self.repository.publish(updates)

    def _is_there(self, landing: Landing) -> bool:
        """Whether it has landed already."""
        commit = landing.commit
        if self.repository.objects.header(object_id(commit)) is None:
            raise Moved(f"the prepared commit {commit[:12]} is gone: prepare it again")
        tip = self.tip(landing.branch) if landing.branch else self.base()
        return bool(tip) and self.repository.is_ancestor(commit, tip)

    def _judge(self, landing: Landing) -> None:
        if landing.expected_base and not self.repository.is_ancestor(
            landing.expected_base, landing.commit
        ):
            raise UserError(
                f"{landing.commit[:12]} does not build on {landing.expected_base[:12]}: "
                "landing it would drop commits of the base"
            )

    def _moves(self, landing: Landing) -> tuple[Update, ...]:
        ref = f"{_HEADS}{landing.branch}" if landing.branch else self._base_ref
        moves = [Update(ref, landing.expected_base or None, landing.commit)]
        if landing.proposal and landing.expected_head:
            head = landing.expected_head
            moves.append(Update(f"{_HEADS}{landing.proposal.ref}", head, head))
        moves += [Update(f"{_HEADS}{m.ref}", m.head, m.head) for m in landing.members]
        return tuple(dict.fromkeys(moves))

    def _missing_tags(self, landing: Landing) -> list[Update]:
        found = ((tag, self._tag_update(tag, landing.commit)) for tag in landing.tags)
        return [update for _, update in found if update is not None]

    def _tag_update(self, tag: Tag, landed: str) -> Update | None:
        commit = tag.commit or landed
        there = self.repository.commit_of_tag(tag.name)
        if there == commit:
            return None
        if there is not None:
            raise UserError(
                f"the tag {tag.name} is there already, on {there[:12]}, not on this landing",
                hint="an earlier release: raise `version` in strategy.yaml; made by hand: delete it"
                f" (git push --delete origin {tag.name})",
            )
        made = self.repository.make_tag(tag.name, commit, tag.message)
        return Update(f"refs/tags/{tag.name}", None, made)

    def _is_proposal(self, branch: Branch) -> bool:
        if branch.ref in self._landed_on or branch.ref.startswith(OWN_BRANCHES):
            return False
        problem = ref_problem(branch.ref)
        if problem:
            self._audit("branch_refused", {"ref": shown(branch.ref), "message": problem})
        return not problem

    def _short(self, ref: str) -> str:
        return ref.removeprefix(_HEADS)


def _proposal(branch: Branch) -> Proposal:
    name = branch.ref.removeprefix(_HEADS)
    return Proposal(
        id=f"branch/{name}",
        ref=name,
        head=branch.commit,
        title=branch.subject,
        author=branch.author,
        actor=branch.committer or name,
    )
