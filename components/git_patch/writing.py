"""Making commits, trees, tags and blobs as objects. Nothing here moves a ref."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from components.errors import UserError
from components.git_patch.history import History
from components.git_patch.texts import identities, message_bytes, tag_header
from components.git_patch.values import Identity, Signing
from components.safe_tools.hardened import GitFailed, HardenedGit
from components.safe_tools.names import object_id, ref_name, safe_relative_path
from components.safe_tools.objects import FILE_MODE, TREE_MODE, Entry
from components.safe_tools.tree import Audit, no_audit

BOT = Identity()
NO_REFS: Mapping[str, str] = MappingProxyType({})
MESSAGE_BYTES = 4 * 1024 * 1024
SCRATCH = "algoops-git-"
STALE_SCRATCH_S = 300.0
"""Scratch folders live for milliseconds; an older one was left by a process that was killed."""


class Writer(History):
    """The object-making part of a repository."""

    def __init__(
        self, git: HardenedGit, audit: Audit = no_audit, signing: Signing | None = None
    ) -> None:
        super().__init__(git, audit)
        self._signing = signing

    # --- commits ---

    def commit(
        self,
        tree: str,
        parents: tuple[str, ...],
        message: str,
        author: Identity = BOT,
        *,
        when: int | None = None,
        sign: bool = True,
    ) -> str:
        """A commit made by the bot; the same arguments give the same id.

        Args:
            tree: its content.
            parents: first parent first.
            message: any text.
            author: who asked for it.
            when: Unix seconds (default: now); give it to be able to make the same commit again.
            sign: sign it where a key is configured.
        """
        env = identities(author, BOT, when)
        return self._commit_tree(tree, parents, message, env, sign=sign)

    def _commit_tree(
        self,
        tree: str,
        parents: tuple[str, ...],
        message: str,
        env: Mapping[str, str],
        *,
        sign: bool = False,
    ) -> str:
        args = ["commit-tree", *(["-S"] if self._signing and sign else [])]
        for parent in parents:
            args += ["-p", object_id(parent)]
        return self.git.run(*args, object_id(tree), stdin=message_bytes(message), env=env).text

    def revert_folder(
        self,
        base: str,
        path: str,
        to_tree: str | None,
        message: str,
        author: Identity = BOT,
        *,
        when: int | None = None,
    ) -> str:
        """A commit on `base` whose only change is one folder: now `to_tree`, or gone (None).

        On no base ("") it is the first commit of a branch, and holds nothing else.

        Raises:
            UserError: the folder is like that already, or there is no folder `to_tree`.
        """
        if to_tree is not None and self.tree_at(to_tree, "") != to_tree:
            raise UserError(f"there is no folder {to_tree[:12]} in this repository")
        if base and self.tree_at(base, path) == to_tree:
            raise UserError(f"{path} is already as wanted; there is nothing to change")
        parts = tuple(safe_relative_path(path).split("/"))
        tree = self._with_folder(self.tree_of(base) if base else None, parts, to_tree)
        return self.commit(tree, (base,) if base else (), message, author, when=when)

    def commit_folder(
        self, parent: str, path: str, files: Mapping[str, bytes], message: str, author: Identity
    ) -> str:
        """A commit on `parent` whose only change is one folder, now of these files.

        It is its author's alone: not committed in the bot's name and never signed with its key.

        Args:
            parent: commit id.
            path: the folder.
            files: relative path -> bytes, accepted by Safe Tools.
            message: any text.
            author: who wrote the files.

        Raises:
            UserError: the folder is like that already.
        """
        new = self._make_folder(files)
        if self.tree_at(parent, path) == new:
            raise UserError(f"{path} is already as wanted; there is nothing to change")
        parts = tuple(safe_relative_path(path).split("/"))
        tree = self._with_folder(self.tree_of(parent), parts, new)
        return self._commit_tree(tree, (parent,), message, identities(author, author, None))

    def _with_folder(self, tree: str | None, parts: tuple[str, ...], new: str | None) -> str:
        entries = self.objects.entries(tree) if tree else []
        name = parts[0].encode()
        old = next((e.id for e in entries if e.name == name and e.is_tree), None)
        if len(parts) > 1:
            new = self._with_folder(old, parts[1:], new)
        kept = [e for e in entries if e.name != name]
        if new is not None and not self._is_empty(new):
            kept.append(Entry(TREE_MODE, name, object_id(new)))
        return self._make_tree(kept)

    def _make_folder(self, files: Mapping[str, bytes]) -> str:
        entries: list[Entry] = []
        below: dict[str, dict[str, bytes]] = {}
        for path, data in files.items():
            name, inside, rest = path.partition("/")
            if inside:
                below.setdefault(name, {})[rest] = data
            else:
                entries.append(Entry(FILE_MODE, name.encode(), self.write_blob(data)))
        entries += [Entry(TREE_MODE, n.encode(), self._make_folder(f)) for n, f in below.items()]
        return self._make_tree(entries)

    def _is_empty(self, tree: str) -> bool:
        header = self.objects.header(tree)
        return header is not None and header.size == 0

    def _make_tree(self, entries: list[Entry]) -> str:
        in_order = sorted(entries, key=lambda e: e.name + b"/" if e.is_tree else e.name)
        lines = (b"%s %s\0%s" % (e.mode.encode(), e.name, bytes.fromhex(e.id)) for e in in_order)
        args = ("hash-object", "-t", "tree", "-w", "--stdin")
        return self.git.run(*args, stdin=b"".join(lines)).text

    # --- tags ---

    def make_tag(
        self,
        name: str,
        commit: str,
        message: str,
        tagger: Identity = BOT,
        *,
        when: int | None = None,
    ) -> str:
        """An annotated tag as an object, signed where a key is configured; returns its id."""
        ref_name(f"refs/tags/{name}")
        if self._signing:
            return self._make_signed_tag(name, commit, message, tagger, when)
        header = tag_header(name, object_id(commit), tagger, when)
        return self.git.run("mktag", stdin=header + message_bytes(message)).text

    def _make_signed_tag(
        self, name: str, commit: str, message: str, tagger: Identity, when: int | None
    ) -> str:
        """Git signs only tags that it also names: it does so in a scratch folder."""
        args = ("tag", "--sign", "--cleanup=verbatim", "-F", "-", "--end-of-options")
        with self.scratch() as env:
            signed = env | identities(tagger, tagger, when)
            self.git.run(*args, name, object_id(commit), stdin=message_bytes(message), env=signed)
            tag = self.git.run("rev-parse", "--verify", f"refs/tags/{name}", env=env).text
        if b"\n-----BEGIN " not in self.objects.read(tag, MESSAGE_BYTES, "tag"):
            # git 2.39 reports success here when ssh-keygen could not sign.
            raise GitFailed(f"the tag {name} could not be signed: check the signing key")
        return tag

    # --- for all of these ---

    def write_blob(self, data: bytes) -> str:
        """Store bytes as an object; returns its id."""
        return self.git.run("hash-object", "-w", "--stdin", stdin=data).text

    @contextmanager
    def scratch(self, refs: Mapping[str, str] = NO_REFS) -> Iterator[dict[str, str]]:
        """A throw-away set of refs over this repository's objects, as environment variables.

        For git commands that can make an object only while they move a ref.
        """
        _remove_stale_scratch()
        with tempfile.TemporaryDirectory(prefix=SCRATCH) as folder:
            root = Path(folder)
            for part in ("objects", "refs"):
                (root / part).mkdir()
            (root / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
            for ref, target in refs.items():
                file = root / ref_name(ref)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{object_id(target)}\n", encoding="ascii")
            yield {
                **identities(BOT, BOT, None),
                "GIT_DIR": folder,
                "GIT_OBJECT_DIRECTORY": str(self._objects_folder),
            }

    @cached_property
    def _objects_folder(self) -> Path:
        return Path(self.git.run("rev-parse", "--git-path", "objects").text).absolute()


def _remove_stale_scratch() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        with suppress(FileNotFoundError):  # another process removes it too
            found = folder.lstat()
            if found.st_uid == os.getuid() and time.time() - found.st_mtime > STALE_SCRATCH_S:
                shutil.rmtree(folder, ignore_errors=True)
