"""One repository: reading, history, objects and merges, and the one place that moves refs."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from components.errors import ConfigError, Moved, TransientError, UserError
from components.git_patch import remote
from components.git_patch.merging import Merger
from components.git_patch.reading import find_git_dir
from components.git_patch.values import ObjectSizes, Signing, Update
from components.safe_tools.hardened import HardenedGit, Output
from components.safe_tools.names import object_id, ref_name
from components.safe_tools.tree import Audit, no_audit

ZERO = "0" * 40
HIDE = "transfer.hideRefs"
MANY_LOOSE = 6_700
"""Loose objects, as git's own `gc.auto`: a day with 1,000 runs makes some."""

GC_S = 300.0
STALE_LOCK_S = 300.0
NEEDED = (2, 38)  # `git merge-tree --write-tree`


def require_bare(path: Path) -> None:
    """Raise ConfigError where a folder is no repository, or a working copy."""
    if find_git_dir(path) != path.resolve():
        raise ConfigError(
            f"{path} is a working copy, and a bare repository is needed",
            hint=f"git clone --bare {path} {path}.git",
        )


class Repository(Merger):
    """A git repository, bare or not; nothing is ever checked out.

    Args:
        path: its folder.
        binary: the git executable.
        protocols: transports for `fetch` and `push` (`https`, `ssh`, `file`); none by default.
        config: further git settings as (key, value), e.g. an authorisation header.
        signing: sign commits and tags with this key.
        audit: told of everything refused.

    Raises:
        ConfigError: there is no repository at `path` that can be used, or no git that can.
    """

    def __init__(
        self,
        path: Path,
        *,
        binary: str = "git",
        protocols: tuple[str, ...] = (),
        config: tuple[tuple[str, str], ...] = (),
        signing: Signing | None = None,
        audit: Audit = no_audit,
    ) -> None:
        self.path = find_git_dir(path)
        git = HardenedGit(
            self.path, binary=binary, protocols=protocols, config=(*config, *_signing(signing))
        )
        super().__init__(git, audit, signing)
        self._require()

    def _require(self) -> None:
        if self.git.version_info < NEEDED:
            found = ".".join(str(n) for n in self.git.version_info)
            raise ConfigError(f"git {found} is too old", hint="install git 2.38 or newer")
        if self.git.run("rev-parse", "--show-object-format").text != "sha1":
            raise ConfigError(f"the repository at {self.path} uses SHA-256 ids", hint="use SHA-1")

    @classmethod
    def create(cls, path: Path, base: str = "main", *, binary: str = "git") -> Self:
        """A bare repository at `path`: the one that is there, or a new one.

        Raises:
            ConfigError: the folder holds something else, e.g. a working copy.
        """
        path = path.absolute()  # git runs in this folder: a relative path would count from there
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            require_bare(path)
        else:
            ref_name(f"refs/heads/{base}")
            args = ("init", "--quiet", "--bare", "--template=", f"--initial-branch={base}")
            HardenedGit(path, binary=binary).run(*args)
        return cls(path, binary=binary)

    def publish(self, updates: Sequence[Update]) -> None:
        """Move refs in one transaction: all of them, or none.

        Raises:
            Moved: a ref is not where it was expected to be.
            TransientError: a ref is locked by another process; try again later.
        """
        lines = ("start", *(_instruction(u) for u in updates), "prepare", "commit", "")
        stdin = "\n".join(lines).encode()
        self._free_stale_locks("HEAD", "packed-refs", *(u.ref for u in updates))
        output = self.git.run("update-ref", "--stdin", stdin=stdin, ok=(0, 1, 128))
        if output.code != 0:
            self._explain(updates, output)

    def _explain(self, updates: Sequence[Update], output: Output) -> None:
        for update in updates:
            header = self.objects.header(update.ref)
            found = header.id if header else None
            if found != update.old:
                raise Moved(
                    f"{update.ref} is at {found or 'nothing'}, expected {update.old or 'nothing'}"
                )
        for update in updates:
            self._explain_neighbour(update)
        raise TransientError(f"the refs could not be moved: {output.stderr}", hint="try again")

    def _explain_neighbour(self, update: Update) -> None:
        """A ref cannot be a folder of refs: `refs/tags/RSI` keeps `refs/tags/RSI/v1` out."""
        parts = update.ref.split("/")
        above = ("/".join(parts[:n]) for n in range(3, len(parts)))
        below = self.refs(f"{update.ref}/")
        taken = [*(ref for ref in above if self.objects.header(ref)), *below]
        if update.old is None and taken:
            raise UserError(
                f"{update.ref} cannot be made while {taken[0]} is there",
                hint=f"git update-ref -d {taken[0]}",
            )

    def _free_stale_locks(self, *names: str) -> None:
        """Remove locks that a killed git left behind: a live one holds them for milliseconds."""
        for name in names:
            lock = self.path / f"{name}.lock"
            try:
                age = abs(time.time() - lock.stat().st_mtime)  # the clock may have been set back
                if age >= STALE_LOCK_S:
                    lock.unlink()
                    self.audit("stale_lock_removed", {"lock": lock.name, "age_s": round(age)})
            except (FileNotFoundError, NotADirectoryError):
                continue

    def set_default(self, key: str, value: str) -> None:
        """Set one of the repository's own settings, unless it is set already."""
        if not self.git.run("config", "--local", "--get-all", key, ok=(0, 1)).stdout:
            self._configure(key, value)

    def hide(self, folder: str) -> None:
        """Keep a folder of refs from whoever pushes here or fetches from here."""
        shown = self.git.run("config", "--local", "--get-all", HIDE, ok=(0, 1)).text.split()
        if folder not in shown:
            self._configure("--add", HIDE, folder)

    def _configure(self, *words: str) -> None:
        self._free_stale_locks("config")
        self.git.run("config", "--local", *words)

    def sizes(self) -> ObjectSizes:
        """How many objects and packs there are, and the bytes they take on disk."""
        words = self.git.run("count-objects", "-v").text
        numbers = re.findall(r"^([a-z-]+): (\d+)$", words, re.MULTILINE)
        found = {key: int(value) for key, value in numbers}
        return ObjectSizes(
            loose=found["count"],
            loose_bytes=found["size"] * 1024,
            packs=found["packs"],
            pack_bytes=found["size-pack"] * 1024,
        )

    def collect_garbage(self, stop: Callable[[], bool]) -> bool:
        """Pack loose objects where there are many; whether it was done.

        What nothing names any more is kept for two weeks: a landing may be prepared from it. Not
        where the repository's own `gc.auto` is 0: its owner sees to it.

        Args:
            stop: asked all the time; True ends it, and the repository is as before.

        Raises:
            TransientError: git failed, or took longer than `GC_S`; the repository is as before.
        """
        own = self.git.run("config", "--local", "--get", "gc.auto", ok=(0, 1)).text
        if own == "0" or self.sizes().loose < MANY_LOOSE:
            return False
        return self.git.run_until(stop, "gc", "--quiet", "--prune=2.weeks.ago", timeout_s=GC_S)

    def fetch(self, url: str, refspecs: Sequence[str]) -> None:
        """Bring refs and objects from a remote; see `remote.fetch`."""
        remote.fetch(self.git, url, refspecs)

    def push(self, url: str, updates: Sequence[Update]) -> None:
        """Move refs of a remote atomically; see `remote.push`."""
        remote.push(self.git, url, updates)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _instruction(update: Update) -> str:
    ref = ref_name(update.ref)
    old = object_id(update.old) if update.old else ZERO
    new = object_id(update.new) if update.new else ZERO
    if old == new:
        return f"verify {ref} {old}"
    return f"update {ref} {new} {old}"


def _signing(signing: Signing | None) -> tuple[tuple[str, str], ...]:
    if signing is None:
        return ()
    program = "gpg.ssh.program" if signing.format == "ssh" else "gpg.program"
    chosen = ((program, signing.program),) if signing.program else ()
    return (("gpg.format", signing.format), ("user.signingKey", signing.key), *chosen)
