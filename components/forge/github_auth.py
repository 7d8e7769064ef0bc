"""How to reach one repository on GitHub: a token or an App, for the API and for git."""

import base64
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from github.Auth import AppAuth, AppInstallationAuth, Auth, Token
from github.GithubException import GithubException

from components.errors import ConfigError, TransientError
from components.forge.github_answers import Budget
from components.forge.github_client import Client


@dataclass(frozen=True)
class GitHubAccess:
    """Settings of one repository on GitHub. `repr` shows no secrets.

    Attributes:
        repository: `owner/name`.
        token: personal or fine-grained token; not needed for an App.
        token_file: where the token stands, so that a changed one is taken; None: it stays.
        clone_url: where git fetches from; "" asks GitHub.
        deploy_by: `merge` through the API, or `push` the very commit that was tested.
        dashboard: one issue says what stands in the repository.
    """

    repository: str
    base: str = "main"
    base_url: str = "https://api.github.com"
    token: str = ""
    app_id: str = ""
    installation_id: int | None = None
    private_key_file: Path | None = None
    token_file: Path | None = None
    clone_url: str = ""
    deploy_by: Literal["merge", "push"] = "merge"
    dashboard: bool = False

    def __repr__(self) -> str:
        kind = f"app {self.app_id}" if self.app_id else "token" if self.token else "anonymous"
        return f"Access({self.repository!r}, {self.base_url!r}, {kind})"

    @property
    def counted_as(self) -> tuple[str, ...]:
        """Whom GitHub counts our calls for: equal for repositories that share a credential."""
        who = (self.app_id, str(self.installation_id)) if self.is_app else (self.token,)
        return (self.base_url.rstrip("/"), *who)

    @property
    def is_app(self) -> bool:
        """Whether a GitHub App acts (check runs), or a token (statuses)."""
        return bool(self.app_id)


@dataclass(frozen=True)
class Connection:
    """The way in.

    Attributes:
        client: acts on the repository.
        app: acts as the App itself (its hook, its permissions); None with a token.
    """

    access: GitHubAccess
    client: Client
    auth: Auth | None
    app: Client | None = None

    def git_header(self) -> str:
        """`Authorization: ...` for git over HTTP, "" where none is needed; renewed when stale."""
        if self.auth is None:
            return ""
        try:
            secret = base64.b64encode(f"x-access-token:{self.auth.token}".encode()).decode()
        except (GithubException, OSError) as error:
            raise TransientError(
                f"no installation token: {type(error).__name__}",
                hint="check installation_id and that the App is still installed",
            ) from error
        return f"Authorization: Basic {secret}"


Budgets = dict[tuple[str, ...], Budget]
"""The call budgets of one process, by `GitHubAccess.counted_as`."""


def connect(access: GitHubAccess, budgets: Budgets) -> Connection:
    """Build the clients; nothing is asked of GitHub yet.

    Args:
        access: where it is and as whom we come.
        budgets: those of the repositories connected before; ours is found there, or added.

    Raises:
        ConfigError: incomplete App settings, unreadable key, or an odd address.
    """
    if not access.base_url.startswith(("https://", "http://")):
        raise ConfigError(f"base_url must start with https://, found {access.base_url!r}")
    budget = budgets.setdefault(access.counted_as, Budget())
    if not access.is_app:
        auth = _token(access) if access.token else None
        return Connection(access, Client(access.base_url, auth, budget), auth)
    as_app = AppAuth(access.app_id, private_key(access))
    if access.installation_id is None:
        raise ConfigError(
            "a GitHub App needs installation_id",
            hint="it is the last number of the address of the App's installation settings",
        )
    installation = AppInstallationAuth(as_app, access.installation_id)
    client = Client(access.base_url, installation, budget)
    return Connection(access, client, installation, Client(access.base_url, as_app))


def _token(access: GitHubAccess) -> Token:
    return Token(access.token) if access.token_file is None else FileToken(access)


class FileToken(Token):
    """A token that stands in a file, read again when the file changes.

    One that cannot be read, or is empty, changes nothing: it may be written just now.
    """

    def __init__(self, access: GitHubAccess) -> None:
        super().__init__(access.token)
        self._file = access.token_file
        self._seen: object = None

    @property
    def token(self) -> str:
        """The token of today."""
        if self._file is not None:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                found = self._file.stat()
                seen = (found.st_mtime_ns, found.st_ino, found.st_size)
                if seen != self._seen:
                    self._token = self._file.read_text(encoding="utf-8").strip() or self._token
                    self._seen = seen
        return self._token


def private_key(access: GitHubAccess) -> str:
    """The key of an App. Raises ConfigError where it can't be read."""
    if access.private_key_file is None:
        raise ConfigError("a GitHub App needs private_key_file")
    try:
        return access.private_key_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the App's key {access.private_key_file}") from error
