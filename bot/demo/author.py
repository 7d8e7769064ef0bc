"""An author: a clone, files, commits, and plain `git push`. Knows nothing of the bot."""

import os
import shutil
import subprocess
from pathlib import Path

from components.errors import UserError

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.invalid",
    "GIT_COMMITTER_NAME": "Ada Author",
    "GIT_COMMITTER_EMAIL": "ada@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def clean_environment() -> dict[str, str]:
    """This process's environment without git's own variables, with the author's identity."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**plain, **IDENTITY}


def git(folder: Path, *args: str) -> str:
    """Run git in a folder; its output without the last newline.

    Raises:
        UserError: git said no; carries its words.
    """
    done = subprocess.run(
        ["git", *args],  # noqa: S607  # git as the author has it
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UserError(f"git {args[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


class Author:
    """A working clone of a repository.

    Args:
        folder: where the clone goes, or is already.
        remote: the bare repository to clone.
    """

    def __init__(self, folder: Path, remote: Path) -> None:
        self.folder = folder
        if not folder.exists():
            git(remote.parent, "clone", "--quiet", str(remote), str(folder))

    def start(self, branch: str) -> None:
        """A new branch from today's main."""
        git(self.folder, "fetch", "--quiet", "origin")
        git(self.folder, "switch", "--quiet", "--no-track", "-C", branch, "origin/main")

    def put(self, source: Path, target: str) -> None:
        """Copy a file or folder into the clone at `target`."""
        place = self.folder / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True, ignore=_no_caches)
        else:
            shutil.copy(source, place)

    def take(self, ref: str, path: str) -> None:
        """Take a path as it was at a ref of the remote."""
        git(self.folder, "fetch", "--quiet", "--tags", "--force", "origin")
        git(self.folder, "checkout", "--quiet", ref, "--", path)

    def push(self, branch: str, message: str) -> str:
        """Commit everything and push the branch; the commit's id."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", message)
        git(self.folder, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return git(self.folder, "rev-parse", "HEAD")


def _no_caches(_folder: str, names: list[str]) -> set[str]:
    return {n for n in names if n == "__pycache__"}
