"""The git side of the fake: bare repositories on disk, changed with plumbing."""

import os
import subprocess
from pathlib import Path

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
        made = cls(path)
        path.mkdir(parents=True)
        made.run("init", "--quiet", "--bare", "--initial-branch=main")
        made.run("config", "http.receivepack", "true")
        made.run("config", "uploadpack.allowAnySHA1InWant", "true")
        return made

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
        return self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", ok=(0, 1, 128))

    def has(self, sha: str) -> bool:
        return bool(
            self.run("rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}", ok=(0, 1, 128))
        )

    def branches(self) -> dict[str, str]:
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
        return dict(line.split(" ") for line in lines.splitlines())

    def commit(
        self,
        files: dict[str, bytes | None],
        *parents: str,
        message: str = "change",
        start: str = "",
    ) -> str:
        """A commit with `files` changed (None deletes) from the tree of `start` or its parent."""
        index = self.path / f"index-{os.getpid()}-{os.urandom(4).hex()}"
        env = {"GIT_INDEX_FILE": str(index)}
        source = start or (parents[0] if parents else "")
        if source:
            self.run("read-tree", source, **env)
        for path, content in files.items():
            if content is None:
                gone = f"0 {'0' * 40}\t{path}\n".encode()
                self.run("update-index", "--index-info", stdin=gone, **env)
                continue
            blob = self.run("hash-object", "-w", "--stdin", stdin=content)
            self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **env)
        tree = self.run("write-tree", **env)
        index.unlink(missing_ok=True)
        return self.commit_tree(tree, *parents, message=message)

    def commit_tree(self, tree: str, *parents: str, message: str) -> str:
        args = [word for parent in parents for word in ("-p", parent)]
        text = f"{message.rstrip()}\n"  # as `git commit` does
        return self.run("commit-tree", tree, *args, stdin=text.encode())

    def move(self, ref: str, new: str | None) -> None:
        if new is None:
            self.run("update-ref", "-d", ref)
        else:
            self.run("update-ref", ref, new)

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
