"""GitHub repositories of the configuration -> forges: the mirror made of the Git Patch Manager."""

import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.settings import RepositorySettings
from components.errors import ConfigError
from components.forge.github import GitHubForge
from components.forge.github_auth import Budgets, GitHubAccess, private_key
from components.forge.github_mirror import Move
from components.git_patch.repository import Repository
from components.git_patch.values import Signing, Update
from components.safe_tools.tree import Audit, no_audit


class GitMirror:
    """Implements `components.forge.github_mirror.Mirror` on a bare repository of ours.

    Args:
        path: the mirror's folder; made when it is not there.
        base: name of the base branch.
        binary: the git executable.
        signing: how merge commits and tags are signed.
        audit: told of everything refused.
    """

    def __init__(
        self,
        path: Path,
        base: str,
        *,
        binary: str = "git",
        signing: Signing | None = None,
        audit: Audit = no_audit,
    ) -> None:
        Repository.create(path, base, binary=binary).close()
        self.repository = Repository(path, binary=binary, signing=signing, audit=audit)
        self._path = path
        self._binary = binary
        self._remote: Repository | None = None
        self._known = ("", "")
        self._lock = threading.RLock()

    def fetch(self, url: str, refspecs: Sequence[str], header: str) -> None:
        """See `Mirror.fetch`; one at a time, for two would wait on each other's ref locks."""
        with self._lock:
            self._at(url, header).fetch(url, refspecs)

    def push(self, url: str, moves: Sequence[Move], header: str) -> None:
        """See `Mirror.push`."""
        with self._lock:
            self._at(url, header).push(url, [Update(m.ref, m.old, m.new) for m in moves])

    def resolve(self, ref: str) -> str | None:
        """See `Mirror.resolve`."""
        return self.repository.resolve(ref)

    def tree_of(self, commit: str) -> str:
        """See `Mirror.tree_of`."""
        return self.repository.tree_of(commit)

    def tree_at(self, commit: str, path: str) -> str | None:
        """See `Mirror.tree_at`."""
        return self.repository.tree_at(commit, path)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """See `Mirror.is_ancestor`."""
        return self.repository.is_ancestor(older, newer)

    def make_tag(self, name: str, commit: str, message: str) -> str:
        """See `Mirror.make_tag`."""
        return self.repository.make_tag(name, commit, message)

    def close(self) -> None:
        """End the git processes. Idempotent."""
        with self._lock:
            self.repository.close()
            if self._remote is not None:
                self._remote.close()
                self._remote = None

    def _at(self, url: str, header: str) -> Repository:
        """The repository with the address's one transport allowed and today's authorisation."""
        if self._remote is None or self._known != (url, header):
            if self._remote is not None:
                self._remote.close()
            parts = urlsplit(url)
            # Bound to the address, so that no redirect carries the secret elsewhere.
            key = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
            self._remote = Repository(
                self._path,
                binary=self._binary,
                protocols=(parts.scheme or "file",),
                config=((key, header), ("http.followRedirects", "initial")) if header else (),
            )
            self._known = (url, header)
        return self._remote


def open_github(
    settings: RepositorySettings,
    mirrors: Path,
    *,
    git_binary: str = "git",
    signing: Signing | None = None,
    audit: Audit = no_audit,
    budgets: Budgets | None = None,
) -> tuple[GitHubForge, GitMirror]:
    """The forge of one configured repository, and its mirror at `mirrors/<name>.git`.

    Raises:
        ConfigError: no `github:` block, or an incomplete one.
    """
    github = settings.github
    if github is None:
        raise ConfigError(f"repository {settings.name} has no `github:` block")
    access = GitHubAccess(
        repository=github.repository,
        base=settings.base,
        base_url=github.base_url,
        token=github.token.get_secret_value(),
        token_file=github.token_file,
        app_id=github.app_id,
        installation_id=github.installation_id,
        private_key_file=github.private_key_file,
        clone_url=github.clone_url,
        deploy_by=github.deploy_by,
        dashboard=github.dashboard,
    )
    if access.app_id:
        private_key(access)  # before anything is made
    mirror = GitMirror(
        mirrors / f"{settings.name}.git",
        settings.base,
        binary=git_binary,
        signing=signing,
        audit=audit,
    )
    return GitHubForge(settings.name, access, mirror, {} if budgets is None else budgets), mirror
