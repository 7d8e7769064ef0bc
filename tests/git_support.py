"""Real git in temporary folders: a watched bare repository and an author who pushes to it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WHEN = "@1700000000 +0000"
ENV = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": WHEN,
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": WHEN,
}
DEFINITION = "name: {name}\ndescription: a test\nversion: {version}\n"


def git(where: Path, *args: str, stdin: bytes = b"", check: bool = True) -> str:
    """The plain git command, as an author's machine runs it."""
    done = subprocess.run(
        ["git", *args], cwd=where, env=ENV, input=stdin, capture_output=True, check=False
    )
    if check and done.returncode:
        raise AssertionError(f"git {args}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="surrogateescape").strip()


def strategy(name: str, version: str = "1.0.0", code: str = "x = 1\n") -> dict[str, str]:
    """The files of a strategy's folder, by path in the repository."""
    return {
        f"strategies/{name}/strategy.yaml": DEFINITION.format(name=name, version=version),
        f"strategies/{name}/strategy.py": code,
    }


def copied(made: Path, folder: Path) -> None:
    """A copy of a folder with a bare repository and the clone `author`, which pushes to the copy."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    config = folder / "author" / ".git" / "config"
    config.write_text(config.read_text().replace(f"{made}/", f"{folder}/"))


class Author:
    """Somebody with a clone, made where it is not there yet, who pushes branches."""

    def __init__(self, folder: Path, bare: Path) -> None:
        self.clone = folder
        self.bare = bare
        if folder.exists():
            return
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "remote", "add", "origin", str(bare))

    def commit(self, files: Mapping[str, str | None], message: str = "Change") -> str:
        """Write (None: delete) files and commit; returns the commit id."""
        for path, text in files.items():
            file = self.clone / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "-m", message)
        return git(self.clone, "rev-parse", "HEAD")

    def branch(self, name: str, at: str = "main") -> None:
        """Start a branch (again) at a commit and stand on it."""
        git(self.clone, "checkout", "--quiet", "-B", name, at)

    def push(self, *refs: str) -> None:
        """Push the present branch, or the given refspecs."""
        git(self.clone, "push", "--quiet", "origin", *(refs or ("HEAD",)))

    def pull_main(self) -> None:
        """Take over the base as it is in the watched repository."""
        git(self.clone, "fetch", "--quiet", "origin")
        git(self.clone, "checkout", "--quiet", "-B", "main", "origin/main")

    def propose(self, name: str, files: Mapping[str, str | None], message: str = "Change") -> str:
        """Push a branch from the present main with these changes; returns its head."""
        self.branch(name, "main")
        head = self.commit(files, message)
        self.push()
        git(self.clone, "checkout", "--quiet", "main")
        return head


def raw_tree(bare: Path, entries: list[tuple[str, bytes, str]]) -> str:
    """A tree object exactly as given, also what git itself would never write."""
    data = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
    )
    return git(bare, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)


def blob(bare: Path, data: bytes = b"x = 1\n") -> str:
    """A blob object."""
    return git(bare, "hash-object", "-w", "--stdin", stdin=data)


def fsck(bare: Path) -> str:
    """What git fsck complains about; empty when the repository is sound."""
    done = subprocess.run(
        ["git", "fsck", "--full", "--strict", "--no-dangling"],
        cwd=bare,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


@contextmanager
def damaged(bare: Path, object_id: str, left: bytes | None = None) -> Iterator[None]:
    """Within the block a loose object is gone, or its file holds only `left`; then it is back."""
    file = bare / "objects" / object_id[:2] / object_id[2:]
    whole = file.read_bytes()
    file.unlink()
    if left is not None:
        file.write_bytes(left or whole[: len(whole) // 2])
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        file.write_bytes(whole)


CUT = b""
"""For `damaged`: the first half of the file."""
