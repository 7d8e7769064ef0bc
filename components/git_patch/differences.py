"""What differs between two trees or commits: strategies, files, renamed folders."""

from collections import Counter
from collections.abc import Collection

from components.git_patch.reading import Reader, text_of
from components.git_patch.values import ChangedPath, ChangedStrategy
from components.safe_tools.hardened import HardenedGit
from components.safe_tools.names import escaped, object_id, twin_key
from components.safe_tools.objects import MODE_OF_NOTHING, Entry
from components.safe_tools.tree import Audit, Refusals, judge_name, no_audit, plain_mode
from components.schema.results.values import Finding

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
KEPT_DIFFERENCES, SMALL_DIFFERENCE = 1_000, 4_096


class Differences(Reader):
    """The comparing part of a repository."""

    def __init__(self, git: HardenedGit, audit: Audit = no_audit) -> None:
        super().__init__(git, audit)
        self._differences: dict[tuple[str, ...], bytes] = {}

    def changed_strategies(
        self, base_tree: str, merge_tree: str, root: str = "strategies"
    ) -> tuple[ChangedStrategy, ...]:
        """The strategies that differ between two trees or commits, sorted by name.

        git compares the two `root` trees entry by entry and opens none of them, so the cost does
        not grow with the strategies' content. Odd characters of a name are escaped, so that it can
        be shown and stored, and is no valid name.
        """
        changes = self._root_changes(base_tree, merge_tree, root)
        found = (ChangedStrategy(escaped(text_of(n.name)), _tree(o), _tree(n)) for o, n in changes)
        return tuple(c for c in found if c.old_tree or c.new_tree)

    def judge_root(
        self, base_tree: str, merge_tree: str, root: str = "strategies"
    ) -> tuple[Finding, ...]:
        """What must not be in `root` itself, among what differs between two trees or commits.

        Odd names and twins of strategies, links and submodules in the place of a folder (which
        `changed_strategies` does not list), or a `root` that is no folder any more. Rules and
        audit as in `read_folder`.
        """
        refusals = Refusals(root, self.audit)
        there = self._at(merge_tree, root)
        if there is not None and there.kind != "tree":
            refusals.add("tree-mode", "", "it must be a folder", "put the folder back")
        pairs = self._root_changes(base_tree, merge_tree, root)
        added = {new.name for old, new in pairs if old.mode == MODE_OF_NOTHING}
        twins = self._names_but(there.id, added) if there is not None and added else {}
        for entry in (new for _, new in pairs if new.mode != MODE_OF_NOTHING):
            name = text_of(entry.name)
            plain = plain_mode(name, entry, refusals)
            if plain and entry.name in added:
                judge_name(name, name, twins, refusals)
        return tuple(refusals.findings)

    def _names_but(self, tree: str, added: set[bytes]) -> dict[str, str]:
        names = (text_of(e.name) for e in self.objects.entries(tree) if e.name not in added)
        return {twin_key(name): name for name in names}

    def _root_changes(
        self, base_tree: str, merge_tree: str, root: str
    ) -> list[tuple[Entry, Entry]]:
        """The entries of `root` before and after, where they differ; git opens none of them."""
        old = self.tree_at(base_tree, root) or EMPTY_TREE
        new = self.tree_at(merge_tree, root) or EMPTY_TREE
        if old == new:
            return []
        return self._raw_changes(old, new)

    def _raw_changes(self, old: str, new: str, *options: str) -> list[tuple[Entry, Entry]]:
        """What differs; each stage of a check asks it, and of the same ids it is the same."""
        args = ("diff-tree", *options, "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
        told = self._differences.get(args)
        if told is None:
            told = self.git.run(*args).stdout
            if len(self._differences) >= KEPT_DIFFERENCES:
                self._differences = {}
            if len(told) <= SMALL_DIFFERENCE:
                self._differences[args] = told
        fields = told.split(b"\0")
        pairs = zip(fields[0::2], fields[1::2], strict=False)
        return [_pair(meta.decode("ascii"), name) for meta, name in pairs]

    def changed_files(self, base_tree: str, merge_tree: str) -> tuple[ChangedPath, ...]:
        """All files that differ between two trees or commits, with modes and ids, by path.

        Links and submodules count as files. A renamed file is one that goes and one that comes.
        """
        sides = (object_id(base_tree), object_id(merge_tree))
        return tuple(_changed(old, new) for old, new in self._raw_changes(*sides, "-r"))

    def renamed_folders(
        self, base_tree: str, merge_tree: str, root: str, gone: Collection[str]
    ) -> dict[str, str]:
        """The folders in `root` whose files mostly come from one that is gone: new -> old name.

        Args:
            base_tree: the old side.
            merge_tree: the new side.
            root: folder of the strategies.
            gone: names (not escaped) that only the old side has; one that is renamed is named once.
        """
        old, new = self.tree_at(base_tree, root), self.tree_at(merge_tree, root)
        if not gone or old is None or new is None:
            return {}
        args = (
            "diff-tree",
            "-r",
            "-z",
            "--name-status",
            "-M50%",
            "-l100",
            "--diff-filter=R",
            old,
            new,
        )
        fields = self.git.run(*args).stdout.split(b"\0")
        moved = Counter(
            (text_of(source).partition("/")[0], text_of(target).partition("/")[0])
            for source, target in zip(fields[1::3], fields[2::3], strict=False)
        )
        found: dict[str, str] = {}
        for (source, target), _ in moved.most_common():
            if source in gone and source not in found.values():
                found.setdefault(target, source)
        return found

    def changed_paths(self, base_tree: str, merge_tree: str, only: str = "") -> tuple[str, ...]:
        """Paths of all files that differ between two trees or commits.

        Args:
            base_tree: the old side.
            merge_tree: the new side.
            only: git's letters for the kinds of change (A added, D deleted, M modified); "": all.
        """
        args = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", f"--diff-filter={only}")
        output = self.git.run(*args, object_id(base_tree), object_id(merge_tree))
        return tuple(text_of(p) for p in output.stdout.split(b"\0") if p)


def _pair(meta: str, name: bytes) -> tuple[Entry, Entry]:
    old_mode, new_mode, old, new, _ = meta.removeprefix(":").split(" ")
    return Entry(old_mode.lstrip("0"), name, old), Entry(new_mode.lstrip("0"), name, new)


def _changed(old: Entry, new: Entry) -> ChangedPath:
    before, after = (e.id if e.mode != MODE_OF_NOTHING else "" for e in (old, new))
    return ChangedPath(text_of(new.name), old.mode, new.mode, before, after)


def _tree(entry: Entry) -> str | None:
    return entry.id if entry.is_tree else None
