"""Making merges, reverts and tags as objects. Nothing here moves a ref."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from components.errors import Conflict, UserError
from components.git_patch.reading import Reader
from components.git_patch.values import (
    Candidate,
    Identity,
    Left,
    Merged,
    MergedMany,
    Signing,
    Step,
)
from components.safe_tools.hardened import GitFailed, HardenedGit
from components.safe_tools.names import OBJECT_ID, object_id, ref_name, safe_relative_path
from components.safe_tools.objects import TREE_MODE, Entry
from components.safe_tools.tree import Audit, no_audit

BOT = Identity()
WHOLE = (".",)
NO_REFS: Mapping[str, str] = MappingProxyType({})
MESSAGE_BYTES = 4 * 1024 * 1024
_REFUSED = 128


class Writer(Reader):
    """The object-making half of a repository."""

    def __init__(
        self, git: HardenedGit, audit: Audit = no_audit, signing: Signing | None = None
    ) -> None:
        super().__init__(git, audit)
        self._signing = signing

    # --- merges ---

    def merge(self, base: str, head: str) -> Merged:
        """The merge of two commits as a tree; conflicts are data, not an error.

        Only paths that `head` itself changed may differ from `base`. git follows renames, and would
        carry a change of one strategy into another one's folder that looks like it; that is a
        conflict here.

        Raises:
            GitFailed: one of the commits is not there.
        """
        args = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages")
        output = self.git.run(*args, object_id(base), object_id(head), ok=(0, 1, _REFUSED))
        if output.code == _REFUSED:
            return self._unmergeable(base, head, output.stderr)
        tree, *paths = output.stdout.decode(errors="surrogateescape").rstrip("\0").split("\0")
        if not OBJECT_ID.fullmatch(tree):  # a missing commit ends with 1, like a conflict
            raise GitFailed(f"git cannot merge {head[:12]} into {base[:12]}: {output.stderr}")
        if output.code == 0:
            return self._without_renames(base, head, tree)
        conflicts = tuple(dict.fromkeys(paths))
        return Merged("", conflicts, "both sides changed: " + ", ".join(conflicts[:20]))

    def _without_renames(self, base: str, head: str, tree: str) -> Merged:
        """Git 2.39 cannot switch rename detection off for a merge, so its effect is looked for."""
        brought = set(self.changed_paths(base, tree))
        for ancestor in self._merge_bases(base, head):
            brought.difference_update(self.changed_paths(ancestor, head))
        if not brought:
            return Merged(tree)
        paths = tuple(sorted(brought))
        return Merged("", paths, "changed by following a rename: " + ", ".join(paths[:20]))

    def _unmergeable(self, base: str, head: str, words: str) -> Merged:
        if self.merge_base(base, head) is None:
            return Merged("", WHOLE, "the proposal shares no history with the base")
        return Merged("", WHOLE, f"git cannot merge it: {words}")

    def merge_many(
        self, base: str, candidates: tuple[Candidate, ...], *, when: int | None = None
    ) -> MergedMany:
        """Merge several heads one after the other, each with its own merge commit.

        A head that conflicts with the base or with those before it is left out and named; a head
        that is already in the chain is left out with that reason.

        Args:
            base: commit to build on.
            candidates: in the order in which they shall land.
            when: commit time in Unix seconds (default: now).
        """
        tip, steps, left = base, [], []
        for candidate in candidates:
            if self.is_ancestor(candidate.head, tip):
                left.append(Left(candidate, Merged("", WHOLE, "it is already merged")))
                continue
            merged = self.merge(tip, candidate.head)
            if not merged.tree:
                left.append(Left(candidate, merged))
                continue
            tip = self.commit_merge(
                tip, candidate.head, merged.tree, candidate.message, candidate.author, when=when
            )
            steps.append(Step(candidate, tip, merged.tree))
        return MergedMany(tip, tuple(steps), tuple(left))

    # --- commits ---

    def commit_merge(
        self,
        base: str,
        head: str,
        tree: str,
        message: str,
        author: Identity = BOT,
        committer: Identity = BOT,
        *,
        when: int | None = None,
    ) -> str:
        """A merge commit of `base` and `head` with that tree; the same arguments give the same id.

        Args:
            base: first parent.
            head: second parent.
            tree: the merge result.
            message: any text.
            author: who asked for it.
            committer: who made it.
            when: Unix seconds (default: now); give it to be able to make the same commit again.
        """
        return self._commit(tree, (base, head), message, author, committer, when)

    def _commit(
        self,
        tree: str,
        parents: tuple[str, ...],
        message: str,
        author: Identity,
        committer: Identity,
        when: int | None,
    ) -> str:
        args = ["commit-tree", *(["-S"] if self._signing else [])]
        for parent in parents:
            args += ["-p", object_id(parent)]
        env = _identities(author, committer, when)
        output = self.git.run(*args, object_id(tree), stdin=_message(message), env=env)
        return output.text

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

        Raises:
            UserError: the folder is like that already, or there is no folder `to_tree`.
        """
        if to_tree is not None and self.tree_at(to_tree, "") != to_tree:
            raise UserError(f"there is no folder {to_tree[:12]} in this repository")
        if self.tree_at(base, path) == to_tree:
            raise UserError(f"{path} is already as wanted; there is nothing to change")
        parts = tuple(safe_relative_path(path).split("/"))
        tree = self._with_folder(self.tree_of(base), parts, to_tree)
        return self._commit(tree, (base,), message, author, BOT, when)

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

    def _is_empty(self, tree: str) -> bool:
        header = self.objects.header(tree)
        return header is not None and header.size == 0

    def _make_tree(self, entries: list[Entry]) -> str:
        lines = (f"{e.mode:>06} {_kind(e)} {e.id}\t".encode() + e.name + b"\0" for e in entries)
        return self.git.run("mktree", "-z", "--missing", stdin=b"".join(lines)).text

    def revert_commit(
        self,
        base: str,
        commit: str,
        message: str,
        author: Identity = BOT,
        *,
        when: int | None = None,
    ) -> str:
        """A commit on `base` that takes back what a landing brought (against its first parent).

        Raises:
            Conflict: later changes touch the same lines; carries the paths.
            UserError: it brought nothing, is a first commit, or is not in `base`.
        """
        parents = self.parents(commit)
        if not parents or not self.is_ancestor(commit, base):
            raise UserError(f"{commit[:12]} cannot be reverted: it is no landing on this base")
        # git 2.39's merge-tree finds its own merge base: commits are made that have the wanted one.
        ancestor = self._commit(self.tree_of(commit), (), "ancestor", BOT, BOT, 0)
        ours = self._commit(self.tree_of(base), (ancestor,), "ours", BOT, BOT, 0)
        theirs = self._commit(self.tree_of(parents[0]), (ancestor,), "theirs", BOT, BOT, 0)
        merged = self.merge(ours, theirs)
        if not merged.tree:
            raise Conflict(
                f"{commit[:12]} cannot be reverted: later changes touch the same lines",
                paths=merged.conflicts,
                hint="roll back the strategies one by one",
            )
        if merged.tree == self.tree_of(base):
            raise UserError(f"reverting {commit[:12]} changes nothing: it is reverted already")
        return self._commit(merged.tree, (base,), message, author, BOT, when)

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
        seconds = int(time.time()) if when is None else when
        who = f"{_clean(tagger.name) or 'unknown'} <{_clean(tagger.email)}>"
        header = (
            f"object {object_id(commit)}\ntype commit\ntag {name}\ntagger {who} {seconds} +0000"
        )
        return self.git.run("mktag", stdin=header.encode() + b"\n\n" + _message(message)).text

    def _make_signed_tag(
        self, name: str, commit: str, message: str, tagger: Identity, when: int | None
    ) -> str:
        """Git signs only tags that it also names: it does so in a scratch folder."""
        args = ("tag", "--sign", "--cleanup=verbatim", "-F", "-", "--end-of-options")
        with self.scratch() as env:
            signed = env | _identities(tagger, tagger, when)
            self.git.run(*args, name, object_id(commit), stdin=_message(message), env=signed)
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
        with tempfile.TemporaryDirectory(prefix="algoops-git-") as folder:
            root = Path(folder)
            for part in ("objects", "refs"):
                (root / part).mkdir()
            (root / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
            for ref, target in refs.items():
                file = root / ref_name(ref)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{object_id(target)}\n", encoding="ascii")
            yield {
                **_identities(BOT, BOT, None),
                "GIT_DIR": folder,
                "GIT_OBJECT_DIRECTORY": str(self._objects_folder()),
            }

    def _objects_folder(self) -> Path:
        return Path(self.git.run("rev-parse", "--git-path", "objects").text).absolute()


def _identities(author: Identity, committer: Identity, when: int | None) -> dict[str, str]:
    date = f"{int(time.time()) if when is None else when} +0000"
    return {
        "GIT_AUTHOR_NAME": _clean(author.name) or "unknown",
        "GIT_AUTHOR_EMAIL": _clean(author.email),
        "GIT_AUTHOR_DATE": f"@{date}",
        "GIT_COMMITTER_NAME": _clean(committer.name) or "unknown",
        "GIT_COMMITTER_EMAIL": _clean(committer.email),
        "GIT_COMMITTER_DATE": f"@{date}",
    }


def _clean(text: str) -> str:
    kept = "".join(c for c in text if c.isprintable() and c not in "<>")
    return kept.strip(" .,:;\"'")[:200]


def _message(text: str) -> bytes:
    return text.replace("\0", "").strip("\n").encode(errors="replace") + b"\n"


def _kind(entry: Entry) -> str:
    if entry.is_tree:
        return "tree"
    return "commit" if entry.mode == "160000" else "blob"
