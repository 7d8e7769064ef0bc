"""What a repository remembers: tags and versions, branches, landings, differences."""

import re
from collections.abc import Iterator

from components.git_patch.differences import EMPTY_TREE, Differences
from components.git_patch.values import Branch, LogEntry, TaggedVersion, TagRef
from components.ports import UNCOUNTED
from components.safe_tools.damage import RepositoryDamaged
from components.safe_tools.names import escaped, object_id, ref_name, safe_relative_path

DIFF_BYTES = 200_000
_VERSION_TAG = re.compile(r"([A-Za-z][A-Za-z0-9_]*)/v(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)")
MOST_COMMITS = 10_000
_WRITERS_FORMAT = "%x01%an <%ae>%n%cn <%ce>%n%(trailers:key=Co-authored-by,valueonly,unfold)"
_PERSON = re.compile(r"(.*?)\s*<([^<>]*)>\s*")
_GITHUB_MAIL = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com", re.IGNORECASE)
_LOG_FORMAT = "%H%n%P%n%an%n%ct%n%s"
_BRANCH_FORMAT = (
    "%(refname)%00%(objectname)%00%(authorname)%00%(committeremail:trim)"
    "%00%(committerdate:unix)%00%(contents:subject)"
)
_TAG_FORMAT = "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)"


class History(Differences):
    """The remembering part of a repository."""

    # --- tags ---

    def commit_of_tag(self, tag: str) -> str | None:
        """The commit a tag leads to, however often it is wrapped; None when there is no tag."""
        header = self.objects.header(f"{ref_name(f'refs/tags/{tag}')}^{{commit}}")
        return header.id if header else None

    def list_tags(self, prefix: str = "") -> tuple[TagRef, ...]:
        """Tags of commits in a tag folder (`RSI/`), or all of them."""
        lines = self.for_each_ref(_TAG_FORMAT, f"refs/tags/{prefix}")
        return tuple(t for t in (self._tag(line) for line in lines) if t is not None)

    def _tag(self, line: list[str]) -> TagRef | None:
        name = line[0].removeprefix("refs/tags/")
        own, kind, target, target_kind = line[1:5]
        if kind == "commit":
            return TagRef(name, own, own)
        if target_kind == "commit":
            return TagRef(name, own, target)
        commit = self.commit_of_tag(name)
        return TagRef(name, own, commit) if commit else None

    def versions(self, strategy: str) -> tuple[TaggedVersion, ...]:
        """The deployed versions of a strategy by their tags `<name>/v<version>`, oldest first."""
        tags = self.list_tags(f"{safe_relative_path(strategy)}/")
        found = (v for v in map(_version, tags) if v is not None and v.strategy == strategy)
        return tuple(sorted(found, key=lambda v: _precedence(v.version)))

    # --- history ---

    def branches(
        self, not_merged_in: str | None = None, prefix: str = "refs/heads/"
    ) -> tuple[Branch, ...]:
        """Branches with their tips, sorted; only those with something beyond a commit, if given.

        A branch whose commits are missing or corrupt is one of them, with its id alone: it must
        not look deleted, nor keep the others from being read.

        Raises:
            RepositoryDamaged: what is under `not_merged_in` is missing or corrupt.
        """
        beyond = (f"--no-merged={object_id(not_merged_in)}",) if not_merged_in else ()
        try:
            found = self._branches(prefix, *beyond)
        except RepositoryDamaged:
            return self._each_branch(prefix, not_merged_in, beyond)
        return tuple(sorted((*found, *self._left_out(prefix, found)), key=lambda b: b.ref))

    def branch(self, ref: str, not_merged_in: str) -> Branch | None:
        """One branch as `branches` has it, by its full ref; None where it is not among them."""
        try:
            found = self._branches(ref, f"--no-merged={object_id(not_merged_in)}")
        except RepositoryDamaged:
            found = ()
        found = found or self.branches(not_merged_in, ref)  # git leaves out what it can't read
        return next((branch for branch in found if branch.ref == ref), None)

    def _branches(self, prefix: str, *beyond: str) -> tuple[Branch, ...]:
        lines = self.for_each_ref(_BRANCH_FORMAT, prefix, *beyond)
        return tuple(
            Branch(
                ref, commit, escaped(author), escaped(subject), int(time or 0), escaped(committer)
            )
            for ref, commit, author, committer, time, subject in lines
        )

    def _left_out(self, prefix: str, found: tuple[Branch, ...]) -> Iterator[Branch]:
        """Git leaves out a branch whose tip is missing, without a word."""
        known = {branch.ref for branch in found}
        for ref, commit in self.refs(prefix).items():
            if ref not in known and self.objects.header(commit) is None:
                yield _unreadable(ref, commit)

    def _each_branch(
        self, prefix: str, base: str | None, beyond: tuple[str, ...]
    ) -> tuple[Branch, ...]:
        """One by one, where git ends at the first that it cannot read."""
        if base:
            self.git.run("rev-list", "--count", base)  # damage of the base is no branch's own
        branches: list[Branch] = []
        for ref, commit in self.refs(prefix).items():
            try:
                self.require_sound(commit)
                branches += (b for b in self._branches(ref, *beyond) if b.ref == ref)
            except RepositoryDamaged:
                branches.append(_unreadable(ref, commit))
        return tuple(branches)

    def log(
        self, tip: str, path: str = "", *, limit: int = 50, since: str | None = None
    ) -> tuple[LogEntry, ...]:
        """Landings (first parents) that touched a path, newest first.

        Args:
            tip: commit to start at.
            path: folder or file in the repository; "" is everything.
            limit: at most this many.
            since: a commit under `tip`; it and what is under it are left out.
        """
        args = ["log", "-z", "--first-parent", f"--max-count={limit}", f"--format={_LOG_FORMAT}"]
        args += [object_id(tip)] + ([f"^{object_id(since)}"] if since else [])
        args += ["--", *([safe_relative_path(path)] if path else [])]
        records = self.git.run(*args).stdout.split(b"\0")
        return tuple(_log_entry(r.decode(errors="replace")) for r in records if r)

    def writers(self, base: str, head: str) -> frozenset[str]:
        """Who wrote what a commit has beyond another: authors, committers and co-authors.

        Names and addresses, as the commits say; of GitHub's own addresses the account too. One of
        more than `MOST_COMMITS` commits is by `UNCOUNTED` as well: not all were looked at.
        """
        args = ["log", f"--max-count={MOST_COMMITS + 1}", f"--format={_WRITERS_FORMAT}"]
        told = self.git.run(*args, object_id(head), f"^{object_id(base)}", "--").text
        commits = told.split("\x01")[1:]
        people = [line for commit in commits for line in commit.splitlines() if line]
        found = {part for line in people for part in _parts(line)}
        return frozenset(found | ({UNCOUNTED} if len(commits) > MOST_COMMITS else set()))

    def diff(self, a: str | None, b: str | None, path: str = "", cap: int = DIFF_BYTES) -> str:
        """The difference of two trees or commits as text for people, cut at `cap` bytes.

        Args:
            a: old tree, None for nothing.
            b: new tree, None for nothing.
            path: only this folder or file.
            cap: bytes; a longer text ends with a line that says so.
        """
        sides = [object_id(x) if x else EMPTY_TREE for x in (a, b)]
        args = ["diff-tree", "-p", "-r", "--no-ext-diff", "--no-textconv", "--no-color"]
        args += ["--no-renames", *sides, "--", *([safe_relative_path(path)] if path else [])]
        data, more = self.git.run_capped(*args, cap=cap)
        text = data.decode(errors="replace")
        return text + (f"\n[cut: longer than {cap} bytes]\n" if more else "")

    def fsck(self) -> tuple[str, ...]:
        """What `git fsck` finds wrong; empty when the repository is sound."""
        output = self.git.run(
            "fsck", "--full", "--no-dangling", "--no-progress", ok=tuple(range(9))
        )
        lines = (*output.text.splitlines(), *output.stderr.splitlines())
        return lines if output.code else ()


def _unreadable(ref: str, commit: str) -> Branch:
    return Branch(ref, commit, author="", subject="", time=0)


def _version(tag: TagRef) -> TaggedVersion | None:
    found = _VERSION_TAG.fullmatch(tag.name)
    return TaggedVersion(found.group(1), found.group(2), tag.name, tag.commit) if found else None


def _precedence(version: str) -> tuple[object, ...]:
    """Semantic versioning's order (semver.org, item 11); build data orders nothing."""
    core, _, pre = version.partition("+")[0].partition("-")
    parts = tuple(
        (0, int(p), "") if p.isdigit() else (1, 0, p) for p in (pre.split(".") if pre else ())
    )
    return (*(int(n) for n in core.split(".")), not pre, parts)


def _parts(person: str) -> tuple[str, ...]:
    """Name, address, and the account where the address is GitHub's, of `Name <address>`."""
    found = _PERSON.fullmatch(person)
    if found is None:
        return (person,)
    account = _GITHUB_MAIL.fullmatch(found[2])
    return (*found.groups(), *(account.groups() if account else ()))


def _log_entry(record: str) -> LogEntry:
    commit, parents, author, time, subject = record.split("\n", 4)
    return LogEntry(commit, tuple(parents.split()), author, int(time), subject)
