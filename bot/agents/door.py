"""What the tools need of the place where they run: a working folder, or the daemon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from threading import Event as Flag
from typing import Protocol

from bot.checks.policies import Policies
from bot.checks.strategy import OnCheck
from bot.checks.subject import Subject
from bot.core.authors import AGENT_BRANCHES, AGENT_MAIL
from bot.landing.context import Watched
from components.errors import UserError
from components.git_patch.values import Identity
from components.safe_tools.names import ref_problem, shown
from components.schema.results.report import Report
from components.state import Store

TOOLS_PATH = "/mcp"
"""Where a daemon has the tools."""


@dataclass(frozen=True)
class WatchedBot:
    """The bot that an author works with: its database, and the repository that it watches."""

    store: Store
    watched: Watched


class Door(Protocol):
    """One author's way in."""

    author: str
    """The name that the author's branches and commits bear."""

    last: Report | None
    """What the author's last `check` came to."""

    def bot(self) -> WatchedBot:
        """The bot. Raises UserError where there is none to be reached from here."""

    def policies(self) -> Policies:
        """The policies that hold now."""

    def subject(self, folder: str, files: Mapping[str, str]) -> Subject:
        """The content of a strategy's folder, read by Safe Tools.

        Args:
            folder: a path, not trusted; its last part is the strategy's name.
            files: the content, where the bot can't read the author's disk.

        Raises:
            UserError: the path is refused, or there is no such folder.
        """

    def check(self, subject: Subject, tell: OnCheck, cancelled: Flag) -> Report:
        """Run all checks of a folder. Raises Superseded, TransientError."""

    async def pause(self, seconds: float) -> bool:
        """Let time pass before the next look; False: the bot is stopping."""


def identity_of(author: str) -> Identity:
    """Who commits what an author submits; the address also says whose turn its checks take."""
    return Identity(author, f"{author}{AGENT_MAIL}")


def own_branches(author: str) -> str:
    """What the names of an author's branches begin with."""
    return f"{AGENT_BRANCHES}{author}/"


def own_branch(author: str, branch: str) -> str:
    """The full name of an author's branch.

    Raises:
        UserError: the branch is another author's, or git takes no such name.
    """
    own = own_branches(author)
    name = branch.removeprefix("refs/heads/")
    if "/" in name and not name.startswith(own):
        raise UserError(
            f"the branch {shown(name)} is not yours", hint=f"your branches begin with {own}"
        )
    full = name if name.startswith(own) else own + name
    if not name or (problem := ref_problem(f"refs/heads/{full}")):
        why = problem if name else "it is empty"
        raise UserError(f"{shown(name)} is no name for a branch: {why}", hint="such as faster")
    return full


def relative(folder: str, root: Path | None = None) -> str:
    """A folder as people name it (`./x`, `x/`, absolute below `root`) as `x`; not yet checked."""
    path = PurePath(folder)
    inside = root is not None and path.is_relative_to(root)
    return str(path.relative_to(root) if inside and root is not None else path)


def broken(subject: Subject) -> Sequence[str]:
    """What Safe Tools refused of a folder, one sentence each."""
    return [f"{f.file}: {f.message} ({f.hint})" for f in subject.findings]
