"""What may happen: a closed union of frozen values. An event is a hint; the state is re-read."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """`/algoops check`: run all checks again, also where a verdict is known."""


@dataclass(frozen=True)
class Deploy:
    """`/algoops deploy [sha]`: land the proposal; `sha` is what its author saw, or "".

    The other fields are for the API and the command line: the strategy that is meant, the merge
    commit's message, and whether and with which version to tag; `admin`: whoever gives it has the
    admin role (by a token, or said so on the command line) and accepts changed policies.
    `when_ready` (`deploy when ready`): as soon as it is green, approved and not frozen.
    """

    sha: str = ""
    name: str = ""
    message: str = ""
    create_tag: bool = True
    tag_version: str = ""
    admin: bool = False
    when_ready: bool = False


@dataclass(frozen=True)
class Rollback:
    """`/algoops rollback NAME [version] reason...`: version "" means the one before.

    `commit` names the target by the commit that it was deployed as, for the API; `whole` takes
    back everything that landed together with the live version; `stage`: where, "" is the base.
    """

    name: str
    version: str = ""
    reason: str = ""
    commit: str = ""
    whole: bool = False
    stage: str = ""


@dataclass(frozen=True)
class Adopt:
    """`/algoops adopt NAME`: take in what came onto the base without the bot, if it passes."""

    name: str


@dataclass(frozen=True)
class Restore:
    """`/algoops restore NAME [reason]`: put back what was tested before somebody changed it."""

    name: str
    reason: str = ""


@dataclass(frozen=True)
class Promote:
    """`/algoops promote NAME [version] [--to STAGE]`: put on a stage what the one before it has.

    `version` is what has to be there, "" for whatever is; `to` "" is the next stage.
    """

    name: str
    version: str = ""
    to: str = ""


@dataclass(frozen=True)
class Hold:
    """`/algoops hold NAME VERSION reason...`: this version must not be deployed."""

    name: str
    version: str
    reason: str = ""


@dataclass(frozen=True)
class Unhold:
    """`/algoops unhold NAME VERSION reason...`: lift a hold."""

    name: str
    version: str
    reason: str = ""


@dataclass(frozen=True)
class Freeze:
    """`/algoops freeze [SPAN] reason...`: deploy nothing for so long ("": until it is lifted)."""

    lasts: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Unfreeze:
    """`/algoops unfreeze reason...`: lift the freeze that somebody ordered."""

    reason: str = ""


@dataclass(frozen=True)
class Approve:
    """`algoops approve REF`: a person approves what was reported; never in a comment."""

    sha: str = ""


@dataclass(frozen=True)
class Delegate:
    """`/algoops delegate @USER`: this person may deploy the proposal, without write access."""

    user: str


@dataclass(frozen=True)
class Cancel:
    """`/algoops cancel`: stop the proposal's running checks."""


@dataclass(frozen=True)
class Status:
    """`/algoops status`: say where the proposal stands."""


@dataclass(frozen=True)
class Help:
    """`/algoops help`: list the commands; `problem` says what was not understood."""

    problem: str = ""


Command = (
    Check
    | Deploy
    | Approve
    | Delegate
    | Rollback
    | Adopt
    | Restore
    | Promote
    | Hold
    | Unhold
    | Freeze
    | Unfreeze
    | Cancel
    | Status
    | Help
)


@dataclass(frozen=True)
class ProposalChanged:
    """A proposal was opened, pushed to, or asks to be looked at again.

    `actor` is who its turn in the queue belongs to (`Proposal.actor`); it makes no other event.
    """

    repository: str
    proposal: str
    head: str
    actor: str = field(default="", compare=False)


@dataclass(frozen=True)
class ProposalClosed:
    """A proposal is gone: merged, closed, or its branch deleted."""

    repository: str
    proposal: str


@dataclass(frozen=True)
class BaseMoved:
    """The base branch points at another commit."""

    repository: str
    commit: str


@dataclass(frozen=True)
class GroupFormed:
    """A merge queue asks whether its group, the commit at branch `ref`, may become the base."""

    repository: str
    ref: str
    commit: str


@dataclass(frozen=True)
class CommandIssued:
    """Somebody asked for something; `head` is the commit that their words refer to, or "".

    `proposal` is "" where all proposals at `head` are meant.
    """

    repository: str
    proposal: str
    actor: str
    command: Command
    head: str = ""
    source: str = "comment"
    comment: str = ""
    """The forge's id of the comment that held the command: to react to it, and so that two
    sources which saw the same comment make one command of it; else ""."""
    said_at: str = ""
    """When it was said, of the forge's clock (ISO, Z); "" where it came in no comment."""


@dataclass(frozen=True)
class Tick:
    """The clock: reconcile everything from scratch."""


Event = ProposalChanged | ProposalClosed | BaseMoved | GroupFormed | CommandIssued | Tick
