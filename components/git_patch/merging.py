"""Merges, batches of merges and their reverts, as objects. Nothing here moves a ref."""

from components.errors import Conflict, UserError
from components.git_patch.values import (
    Identity,
    Left,
    MergeCandidate,
    Merged,
    MergedMany,
    MergeStep,
)
from components.git_patch.writing import BOT, Writer
from components.safe_tools.hardened import GitFailed
from components.safe_tools.names import OBJECT_ID, escaped, object_id

WHOLE = (".",)
_REFUSED = 128


class Merger(Writer):
    """The merging part of a repository."""

    def merge(self, base: str, head: str) -> Merged:
        """The merge of two commits as a tree; conflicts are data, not an error.

        Only paths that `head` itself changed may differ from `base`. git follows renames, and would
        carry a change of one strategy into another one's folder that looks like it; that is a
        conflict here.

        Raises:
            RepositoryDamaged: an object, or one of the commits, is missing or corrupt.
            UserError: the clone is too shallow to hold what both come from.
        """
        if self.is_just_above(head, base):
            return Merged(self.tree_of(head))  # the base has nothing of its own
        args = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages")
        output = self.git.run(*args, object_id(base), object_id(head), ok=(0, 1, _REFUSED))
        if output.code != 0:
            self.git.refuse_damage(output.stderr)  # never told as a conflict
        if output.code == _REFUSED:
            return self._unmergeable(base, head, output.stderr)
        tree, *paths = output.stdout.decode(errors="surrogateescape").rstrip("\0").split("\0")
        if not OBJECT_ID.fullmatch(tree):  # a missing commit ends with 1, like a conflict
            for commit in (base, head):
                self.require_sound(commit)
            raise GitFailed(f"git cannot merge {head[:12]} into {base[:12]}: {output.stderr}")
        if output.code == 0:
            return self._without_renames(base, head, tree)
        conflicts = tuple(dict.fromkeys(map(escaped, paths)))
        return Merged("", conflicts, "both sides changed: " + ", ".join(conflicts[:20]))

    def _without_renames(self, base: str, head: str, tree: str) -> Merged:
        """Git 2.39 cannot switch rename detection off for a merge, so its effect is looked for."""
        ancestors = self._merge_bases(base, head)
        for commit in (base, head, *ancestors):  # git 2.39 takes a missing root for an empty one
            self.tree_of(commit)
        if not any(self.changed_paths(a, base, only="D") for a in ancestors):
            return Merged(tree)  # the base renamed nothing that could be followed
        brought = set(self.changed_paths(base, tree))
        for ancestor in ancestors:
            brought.difference_update(self.changed_paths(ancestor, head))
        if not brought:
            return Merged(tree)
        paths = tuple(sorted(map(escaped, brought)))
        return Merged("", paths, "changed by following a rename: " + ", ".join(paths[:20]))

    def _unmergeable(self, base: str, head: str, words: str) -> Merged:
        if self.merge_base(base, head) is not None:
            return Merged("", WHOLE, f"git cannot merge it: {words}")
        if self.git.run("rev-parse", "--is-shallow-repository").text.strip() == "true":
            raise UserError(
                f"this clone is shallow: where {head[:12]} and {base[:12]} parted is not in it",
                hint="git fetch --unshallow; in Actions check out with fetch-depth: 0",
            )
        return Merged("", WHOLE, "the proposal shares no history with the base")

    def merge_many(
        self, base: str, candidates: tuple[MergeCandidate, ...], *, when: int | None = None
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
            tip = self.commit(
                merged.tree, (tip, candidate.head), candidate.message, candidate.author, when=when
            )
            steps.append(MergeStep(candidate, tip, merged.tree))
        return MergedMany(tip, tuple(steps), tuple(left))

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
        ancestor = self.commit(self.tree_of(commit), (), "ancestor", when=0, sign=False)
        ours = self.commit(self.tree_of(base), (ancestor,), "ours", when=0, sign=False)
        theirs = self.commit(self.tree_of(parents[0]), (ancestor,), "theirs", when=0, sign=False)
        merged = self.merge(ours, theirs)
        if not merged.tree:
            raise Conflict(
                f"{commit[:12]} cannot be reverted: later changes touch the same lines",
                paths=merged.conflicts,
                hint="roll back the strategies one by one",
            )
        if merged.tree == self.tree_of(base):
            raise UserError(f"reverting {commit[:12]} changes nothing: it is reverted already")
        return self.commit(merged.tree, (base,), message, author, when=when)
