"""The git side of the fake: bare repositories on disk, changed with plumbing."""

import os
import subprocess
import time
from pathlib import Path

CONFIG = """[core]
	repositoryformatversion = 0
	bare = true
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
"""

WHO = {
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": "author@example.test",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_COMMITTER_EMAIL": "author@example.test",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


class Git:
    """One bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> "Git":
        """A new one, written as `git init` writes it: dozens of tests make theirs."""
        (path / "objects").mkdir(parents=True)
        for kind in ("heads", "tags"):
            (path / "refs" / kind).mkdir(parents=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text(CONFIG)
        return cls(path)

    def run(self, *args: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,), **env: str) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *args],
            input=stdin,
            capture_output=True,
            check=False,
            env={**clean, **WHO, **env},
        )
        if done.returncode not in ok:
            raise RuntimeError(f"git {args}: {done.stderr.decode()}")
        return done.stdout.decode().strip()

    def hide_pulls(self) -> None:
        """Serve no refs/pull/N/head, as a plain git server would not."""
        self.run("config", "transfer.hideRefs", "refs/pull")

    def tip(self, ref: str) -> str:
        """The commit at a ref, "" where there is none."""
        if ref.startswith(("refs/heads/", "refs/pull/")) and not self._packed.exists():
            try:
                return (self.path / ref).read_text().strip()
            except OSError:
                return ""
        return self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", ok=(0, 1, 128))

    @property
    def _packed(self) -> Path:
        """Where it is, a ref may have no file of its own; nothing here makes it."""
        return self.path / "packed-refs"

    def has(self, sha: str) -> bool:
        return bool(
            self.run("rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}", ok=(0, 1, 128))
        )

    def branches(self) -> dict[str, str]:
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
        return dict(line.split(" ") for line in lines.splitlines())

    def commit(self, files: dict[str, bytes | None], *parents: str, message: str = "change") -> str:
        """A commit with `files` changed (None deletes) from the tree of its first parent."""
        who = f"Author <author@example.test> {int(time.time())} +0000"
        text = f"{message.rstrip()}\n".encode()  # as `git commit` does
        lines = [b"commit refs/made\nmark :1\n", f"author {who}\ncommitter {who}\n".encode()]
        lines += [_data(text)]
        lines += [f"from {parent}\n".encode() for parent in parents[:1]]
        lines += [f"merge {parent}\n".encode() for parent in parents[1:]]
        for path, content in files.items():
            changed = f"D {path}\n" if content is None else f"M 100644 inline {path}\n"
            lines += [changed.encode(), b"" if content is None else _data(content)]
        lines += [f"reset refs/made\nfrom {'0' * 40}\n\nget-mark :1\n".encode()]
        return self.run("fast-import", "--quiet", stdin=b"".join(lines))

    def commit_tree(self, tree: str, *parents: str, message: str) -> str:
        args = [word for parent in parents for word in ("-p", parent)]
        text = f"{message.rstrip()}\n"
        return self.run("commit-tree", tree, *args, stdin=text.encode())

    def move(self, ref: str, new: str | None) -> None:
        if new is None:
            self.run("update-ref", "-d", ref)
            return
        file = self.path / ref
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_name(f"{file.name}.lock")  # git's own: a push may be under way
        try:
            with lock.open("x") as made:
                made.write(f"{new}\n")
        except FileExistsError:
            self.run("update-ref", ref, new)
        else:
            lock.replace(file)

    def merge_tree(self, base: str, head: str) -> str:
        """The merged tree, "" on a conflict."""
        out = self.run("merge-tree", "--write-tree", base, head, ok=(0, 1))
        conflicted = "CONFLICT" in out
        return "" if conflicted else out.splitlines()[0]

    def is_ancestor(self, older: str, newer: str) -> bool:
        found = subprocess.run(
            ["git", "--git-dir", str(self.path), "merge-base", "--is-ancestor", older, newer],
            check=False,
            capture_output=True,
        )
        return found.returncode == 0

    def copy_objects(self, source: "Git", ref: str, target: str) -> None:
        self.run("fetch", "--quiet", "--no-tags", str(source.path), f"+{ref}:{target}")


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
