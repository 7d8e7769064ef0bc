"""Files of an author become a commit on a branch of the author's own: a proposal, and no more."""

import re
from dataclasses import dataclass

from bot.agents.door import Door, broken, identity_of, own_branch
from bot.checks.subject import Subject
from components.errors import BranchTaken, Moved, UserError
from components.ports import Proposal
from components.safe_tools.names import shown
from components.schema.types import NAME_PATTERN, WORDS
from components.texts import cut, printable

TITLE_CHARS = 100


@dataclass(frozen=True)
class Submitted:
    """What became of a submit: full branch, commit id, and the proposal's id."""

    branch: str
    commit: str
    proposal: str


def submit(door: Door, subject: Subject, branch: str, message: str) -> Submitted:
    """Commit a strategy's folder to a branch of its author, and propose it.

    Only `<strategies>/<name>` differs from what the branch, or else the base, has: no policy and no
    other strategy can be changed in this way.

    Args:
        door: whose.
        subject: the folder's content.
        branch: of the author; "" takes the strategy's name.
        message: of the commit; "" names the strategy.

    Raises:
        UserError: a name or file is refused, the branch is another author's, or nothing differs.
        TransientError: somebody else moved the branch at the same moment, or the forge failed.
    """
    _refuse(subject)
    full = own_branch(door.author, branch or subject.name)
    bot = door.bot()
    watched = bot.watched
    title = cut(printable(message) or f"Change {subject.name}", TITLE_CHARS)
    watched.forge.fetch()
    base, tip = watched.forge.base(), watched.forge.tip(full)
    repository = watched.where.repository
    parent = base if not tip or repository.is_ancestor(tip, base) else tip
    author = identity_of(door.author)
    path = f"{watched.where.root}/{subject.name}"
    words = printable(message, lines=True).strip() or title
    commit = repository.commit_folder(parent, path, subject.files, words, author)
    try:
        proposal = watched.forge.propose(full, commit, title, "", replaces=tip)
    except (BranchTaken, Moved) as error:
        hint = "nothing was lost: look at it with `findings`, then submit again"
        raise UserError(f"another submit to {full} came first", hint=hint) from error
    bot.store.audit.append(
        f"agent:{door.author}",
        "agent.submitted",
        strategy=subject.name,
        new=commit,
        details={"branch": full, "proposal": proposal},
        repository=watched.name,
    )
    return Submitted(full, commit, proposal)


def _refuse(subject: Subject) -> None:
    if not re.fullmatch(NAME_PATTERN, subject.name):
        words = WORDS[NAME_PATTERN]
        raise UserError(f"{shown(subject.name)} is no name for a strategy: {words}")
    if subject.findings:
        raise UserError(f"nothing was submitted: {'; '.join(broken(subject)[:5])}")
    if not subject.files:
        raise UserError("nothing was submitted: the folder has no files")


def proposal_of(door: Door, branch: str) -> Proposal:
    """The open proposal of an author's branch as it is now.

    Raises:
        UserError: it is another author's, or there is none.
    """
    full = own_branch(door.author, branch)
    found = (p for p in door.bot().watched.forge.proposals() if p.ref == full and not p.fork)
    proposal = next(found, None)
    if proposal is None:
        raise UserError(
            f"{full} is not open: nothing was submitted there, or it has landed",
            hint="`submit` begins it; `leaderboard` shows what is deployed",
        )
    return proposal
