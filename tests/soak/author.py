"""Authors who push, with plain git; everything that the repository took is written down."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.author import Author, git
from components.errors import UserError
from tests.soak import actions as act
from tests.soak.content import Content, Kind, files

ROOT = "strategies"


@dataclass
class Told:
    """What the world was told, for the checker.

    Attributes:
        pushes: (branch, commit) of every accepted push, in order.
        kinds: tree id of a strategy's folder -> what is wrong with it.
        outside: commits pushed straight to the base.
        orders: (words, exit code, answer) of every command that was given.
        surprises: what must not have happened and did.
    """

    pushes: list[tuple[str, str]] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    orders: list[tuple[str, int, str]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)


class Authors:
    """One clone from which everybody pushes. What the remote does not take is simply not told."""

    def __init__(self, author: Author, remote: Path, told: Told) -> None:
        self._author, self._remote, self._told = author, remote, told
        self._commits: dict[str, list[str]] = {}

    def perform(self, action: act.Action) -> str:
        """Do what an author does; a word on what came of it."""
        doers = {
            act.Push: self._push,
            act.PushWords: self._push_words,
            act.PushBack: self._push_back,
            act.Restore: self._restore,
            act.Remove: self._remove,
            act.RenameStrategy: self._rename_strategy,
            act.DeleteBranch: self._delete,
            act.RenameBranch: self._rename,
            act.Outside: self._outside,
        }
        return doers[type(action)](action)

    def _push(self, push: act.Push) -> str:
        self._begin(push.branch, fresh=push.fresh)
        for content in push.contents:
            self._put(content)
        return self._send(push.branch)

    def _push_words(self, push: act.PushWords) -> str:
        self._author.start(push.branch)
        self._write("NOTES.md", push.text)
        return self._send(push.branch)

    def _push_back(self, back: act.PushBack) -> str:
        commits = self._commits.get(back.branch, [])
        if len(commits) < 2 or not self._tip(back.branch):
            return "was nowhere before"
        git(self._author.folder, "switch", "--quiet", "--detach", "--discard-changes", commits[-2])
        return self._move(back.branch)

    def _restore(self, restore: act.Restore) -> str:
        self._author.start(restore.branch)
        path = f"{ROOT}/{restore.name}"
        try:
            shutil.rmtree(self._author.folder / path, ignore_errors=True)
            self._author.take(f"{restore.name}/v{restore.version}", path)
        except UserError:
            git(self._author.folder, "checkout", "--quiet", "--", ".")
            return "was never released"
        return self._send(restore.branch)

    def _remove(self, remove: act.Remove) -> str:
        self._author.start(remove.branch)
        folder = self._author.folder / ROOT / remove.name
        if not folder.is_dir():
            return "is not there"
        shutil.rmtree(folder)
        return self._send(remove.branch)

    def _rename_strategy(self, rename: act.RenameStrategy) -> str:
        self._author.start(rename.branch)
        folder = self._author.folder / ROOT / rename.name
        if folder.is_dir() and rename.name != rename.content.name:
            shutil.rmtree(folder)
        self._put(rename.content)
        return self._send(rename.branch)

    def _delete(self, delete: act.DeleteBranch) -> str:
        if not self._tip(delete.branch):
            return "is gone already"
        git(self._author.folder, "push", "--quiet", "origin", f":refs/heads/{delete.branch}")
        return "deleted"

    def _rename(self, rename: act.RenameBranch) -> str:
        tip = self._tip(rename.branch)
        if not tip:
            return "is gone already"
        moves = (f"{tip}:refs/heads/{rename.to}", f":refs/heads/{rename.branch}")
        git(self._author.folder, "push", "--quiet", "--force", "origin", *moves)
        self._note(rename.to, tip)
        return f"{rename.to} {tip[:10]}"

    def _outside(self, outside: act.Outside) -> str:
        """A push without force, as anybody's: a deploy that came first refuses it."""
        self._author.start("by-hand")
        self._put(outside.content)
        self._commit()
        tip = self._head()
        try:
            git(self._author.folder, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        except UserError:
            return "came too late"
        self._told.outside.append(tip)
        return tip[:10]

    # --- files and commits ---

    def _begin(self, branch: str, *, fresh: bool) -> None:
        if fresh or not self._tip(branch):
            self._author.start(branch)
            return
        git(self._author.folder, "fetch", "--quiet", "origin")
        git(
            self._author.folder, "switch", "--quiet", "--no-track", "-C", branch, f"origin/{branch}"
        )

    def _put(self, content: Content) -> None:
        folder = f"{ROOT}/{content.name}"
        shutil.rmtree(self._author.folder / folder, ignore_errors=True)
        for name, text in files(content).items():
            self._write(f"{folder}/{name}", text)
        git(self._author.folder, "add", "--all")
        tree = git(self._author.folder, "write-tree", f"--prefix={folder}/")
        self._told.kinds[tree] = content.kind

    def _write(self, path: str, text: str) -> None:
        file = self._author.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _commit(self) -> None:
        git(self._author.folder, "add", "--all")
        words = f"Change {len(self._told.pushes)}"
        git(self._author.folder, "commit", "--quiet", "--allow-empty", "--message", words)

    def _send(self, branch: str) -> str:
        self._commit()
        return self._move(branch)

    def _move(self, branch: str) -> str:
        git(
            self._author.folder, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}"
        )
        self._note(branch, self._head())
        return self._head()[:10]

    def _note(self, branch: str, commit: str) -> None:
        self._commits.setdefault(branch, []).append(commit)
        self._told.pushes.append((branch, commit))

    def _head(self) -> str:
        return git(self._author.folder, "rev-parse", "HEAD")

    def _tip(self, branch: str) -> str:
        return git(self._remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
