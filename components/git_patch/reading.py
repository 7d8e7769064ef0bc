"""Reading a repository by ids: refs, commits, trees, strategies and their files."""

import os
from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from components.errors import ConfigError
from components.safe_tools.hardened import HardenedGit
from components.safe_tools.names import (
    OBJECT_ID,
    REVISION_SUFFIX,
    SHORT_ID,
    escaped,
    object_id,
    ref_name,
    ref_problem,
    safe_relative_path,
)
from components.safe_tools.objects import (
    Entry,
    Header,
    MissingObject,
    ObjectReader,
)
from components.safe_tools.tree import (
    DEFAULT_CAPS,
    Audit,
    Caps,
    Folder,
    no_audit,
    read_folder,
)

SUBMODULE_MODE = "160000"
COMMIT_BYTES = 64 * 1024
NEAR = 32
"""So many commits are read, which costs no process, to see whether one builds on another."""


def find_git_dir(path: Path) -> Path:
    """The repository's own folder: `path` itself where it is bare, else its `.git`.

    Looks at nothing but the path: GIT_DIR and the like must not redirect us.

    Raises:
        ConfigError: there is no git repository; says how to make one.
    """
    inner = path / ".git"
    if inner.is_file():  # a linked worktree or submodule
        pointer = inner.read_text(encoding="utf-8", errors="surrogateescape")
        inner = path / pointer.removeprefix("gitdir:").strip()
    for folder in (inner, path):
        has_objects = (folder / "objects").is_dir() or (folder / "commondir").is_file()
        if has_objects and (folder / "HEAD").is_file():
            return folder.resolve()
    raise ConfigError(f"there is no git repository at {path}", hint="name another folder")


class Reader:
    """The reading half of a repository. Safe to use from several threads."""

    def __init__(self, git: HardenedGit, audit: Audit = no_audit) -> None:
        self.git = git
        self.objects = ObjectReader(git)
        self.audit = audit

    def require_sound(self, damaged: str) -> None:
        """Read one object whole.

        Raises:
            RepositoryDamaged: it is missing or corrupt.
        """
        header = self.objects.header(object_id(damaged))
        if header is None:
            raise self.objects.missing(damaged)
        self.objects.read(damaged, header.size, header.kind)

    # --- names to ids ---

    def resolve(self, ref: str) -> str | None:
        """Commit id of a ref, or None when there is no such commit.

        Args:
            ref: a full id, a full ref, HEAD, a branch, tag or remote branch by its short name, or
                a short id; each with an optional `~1`- or `^1`-like suffix. Nothing else of git's
                revision syntax.

        Raises:
            UnsafeName: the text can be none of these.
            MissingObject: there is such a full ref, and what it names is missing or corrupt.
        """
        found = REVISION_SUFFIX.search(ref)
        suffix = found.group(1) if found else ""
        for name in _spellings(ref.removesuffix(suffix)):
            header = self.objects.header(f"{name}{suffix}^{{commit}}")
            if header is not None:
                return header.id
        if ref.startswith("refs/"):
            self._require_nothing(ref)
        return None

    def _require_nothing(self, ref: str) -> None:
        """Raise MissingObject where a ref names an object that is missing or corrupt."""
        named = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref, ok=(0, 1))
        if named.code == 0 and self.objects.header(named.text) is None:
            raise self.objects.missing(named.text)

    def refs(self, prefix: str) -> dict[str, str]:
        """All refs under a folder such as `refs/heads/`, with their own (unpeeled) object ids."""
        lines = self.for_each_ref("%(refname)%00%(objectname)", prefix)
        return {line[0]: line[1] for line in lines}

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two commits, or None for unrelated histories."""
        return next(iter(self._merge_bases(a, b)), None)

    def _merge_bases(self, a: str, b: str) -> list[str]:
        output = self.git.run("merge-base", "--all", object_id(a), object_id(b), ok=(0, 1))
        return output.text.split()

    def is_ancestor(self, a: str, b: str) -> bool:
        """Whether commit `a` is `b` or under it."""
        args = ("merge-base", "--is-ancestor", object_id(a), object_id(b))
        return self.git.run(*args, ok=(0, 1)).code == 0

    def is_just_above(self, head: str, base: str) -> bool:
        """Whether `head` builds on `base`, a few commits away; False where that takes a search."""
        seen, waiting = {head}, [head]
        while waiting and len(seen) <= NEAR:
            parents = self._named_parents(waiting.pop(0))
            if base in parents:
                return True
            waiting += [parent for parent in parents if parent not in seen]
            seen.update(parents)
        return False

    def _named_parents(self, commit: str) -> list[str]:
        """The parents that a commit names; none where it can't be read."""
        header = self.objects.header(object_id(commit))
        if header is None or header.kind != "commit" or header.size > COMMIT_BYTES:
            return []
        _tree, *lines = self.objects.read(header.id, COMMIT_BYTES, "commit").split(b"\n")
        named = takewhile(lambda line: line.startswith(b"parent "), lines)  # further ones are words
        return [line.removeprefix(b"parent ").decode("ascii", "replace") for line in named]

    def parents(self, commit: str) -> tuple[str, ...]:
        """Parents of a commit, first parent first."""
        output = self.git.run("rev-list", "--parents", "--max-count=1", object_id(commit))
        return tuple(output.text.split()[1:])

    # --- trees ---

    def tree_of(self, commit: str) -> str:
        """Tree id of a commit (or of a tree: itself)."""
        tree = self.tree_at(commit, "")
        if tree is None:
            raise self._no_tree(commit)
        return tree

    def tree_at(self, tree_or_commit: str, path: str) -> str | None:
        """Id of the folder `path` ("" is the root) in a tree or commit; None: no such folder.

        Raises:
            MissingObject: the folder is there, and its object is missing or corrupt.
        """
        if path:
            header = self._at(tree_or_commit, path)
        else:
            header = self.objects.header(f"{object_id(tree_or_commit)}^{{tree}}")
        return header.id if header is not None and header.kind == "tree" else None

    def _no_tree(self, commit: str) -> MissingObject:
        """The error that a commit is missing, or its tree."""
        header = self.objects.header(object_id(commit))
        if header is None or header.kind != "commit":
            return self.objects.missing(commit)
        first = self.objects.read(commit, header.size, "commit").partition(b"\n")[0]
        return self.objects.missing(first.decode("ascii", "replace").removeprefix("tree "))

    def _at(self, tree_or_commit: str, path: str) -> Header | None:
        """What is at a path in a tree or commit; None: nothing.

        git gives one answer where nothing is there and where an object on the way is missing.
        The second must not be taken for the first: it would read as "somebody removed it".

        Raises:
            MissingObject: an object on the way, or the one at the path, is missing or corrupt.
        """
        path = safe_relative_path(path)
        header = self.objects.header(f"{object_id(tree_or_commit)}:{path}")
        if header is not None:
            return header
        tree = self.tree_at(tree_or_commit, "")
        if tree is None:
            raise self._no_tree(tree_or_commit)
        for name in path.split("/"):
            entries = self.objects.entries(tree)
            found = next((e for e in entries if e.name == os.fsencode(name)), None)
            if found is None or not found.is_tree:
                break
            tree = found.id
        is_here = found is not None and found.mode != SUBMODULE_MODE  # a submodule's commit is not
        if found is not None and is_here and self.objects.header(found.id) is None:
            raise self.objects.missing(found.id)
        return None

    def strategy_trees(self, tree_or_commit: str, root: str = "strategies") -> dict[str, str]:
        """Tree id of every folder in `root`, by name; one object is read, whatever their number."""
        tree = self.tree_at(tree_or_commit, root)
        if tree is None:
            return {}
        return {escaped(text_of(e.name)): e.id for e in self.objects.entries(tree) if e.is_tree}

    def folders_with(self, names: Collection[str], commit: str) -> Iterator[str]:
        """Top folders (name) that have a folder with a file of such a name in them.

        A top folder with such a file itself gives "".
        """
        for top in self.objects.entries(self.tree_of(commit)):
            if not top.is_tree:
                continue
            entries = self.objects.entries(top.id)
            if self._any_of(names, entries):
                yield ""
            inner = (self.objects.entries(entry.id) for entry in entries if entry.is_tree)
            if any(self._any_of(names, found) for found in inner):
                yield escaped(text_of(top.name))

    @staticmethod
    def _any_of(names: Collection[str], entries: Iterable[Entry]) -> bool:
        return any(text_of(entry.name) in names and not entry.is_tree for entry in entries)

    def read_folder(self, tree_id: str, caps: Caps = DEFAULT_CAPS, prefix: str = "") -> Folder:
        """Files of one strategy's tree, judged on the way; see `safe_tools.tree.read_folder`."""
        return read_folder(self.objects, object_id(tree_id), caps, prefix, self.audit)

    def read_blob(self, tree_or_commit: str, path: str, cap: int) -> bytes | None:
        """One file's bytes, None where there is none. Raises ValueError above `cap` bytes."""
        header = self._at(tree_or_commit, path)
        if header is None or header.kind != "blob":
            return None
        return self.objects.read(header.id, cap)

    # --- for all of these ---

    def close(self) -> None:
        """End the long-lived git processes. Idempotent."""
        self.objects.close()

    def for_each_ref(self, form: str, prefix: str, *extra: str) -> Iterator[list[str]]:
        """The refs under a folder as lists of fields; `form` separates them by %00."""
        problem = ref_problem(prefix.rstrip("/") + "/x")
        if problem:
            raise ValueError(f"{prefix!r} cannot start a ref: {problem}")
        output = self.git.run("for-each-ref", f"--format={form}", *extra, prefix)
        for line in output.stdout.split(b"\n"):
            if line:
                yield line.decode(errors="surrogateescape").split("\0")


def _spellings(ref: str) -> Iterator[str]:
    if ref == "HEAD" or OBJECT_ID.fullmatch(ref):
        yield ref
        return
    if ref.startswith("refs/"):
        yield ref_name(ref)
        return
    for folder in ("refs/heads/", "refs/tags/", "refs/remotes/"):
        yield ref_name(folder + ref)
    if SHORT_ID.fullmatch(ref):
        yield ref


def text_of(name: bytes) -> str:
    """A name of a tree, which need not be UTF-8, as the file system has it."""
    return name.decode(errors="surrogateescape")
