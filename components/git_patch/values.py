"""Values of the Git Patch Manager. Ids are 40 hexadecimal digits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """Who a commit or tag is by. Outside text is fine: it is cleaned where it is used."""

    name: str = "AlgoOps"
    email: str = "algoops@localhost"


@dataclass(frozen=True)
class Merged:
    """A merge result as an object, or why there is none.

    Attributes:
        tree: tree id; empty where the two cannot be merged.
        conflicts: the paths at fault; never empty where `tree` is. `.` is the repository as a
            whole (no common history).
        reason: the same in words.
    """

    tree: str
    conflicts: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class MergeCandidate:
    """One head to be merged in a batch, with the message and author of its merge commit."""

    head: str
    message: str
    author: Identity = Identity()


@dataclass(frozen=True)
class MergeStep:
    """One candidate that merged: its merge commit (first parent: the step before) and tree."""

    candidate: MergeCandidate
    commit: str
    tree: str


@dataclass(frozen=True)
class Left:
    """One candidate that could not join the batch, and why."""

    candidate: MergeCandidate
    merged: Merged


@dataclass(frozen=True)
class MergedMany:
    """A chain of merges on top of a base. `tip` is the base where nothing merged."""

    tip: str
    steps: tuple[MergeStep, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class ChangedStrategy:
    """A strategy's folder in two trees; None: it is not there."""

    name: str
    old_tree: str | None
    new_tree: str | None


@dataclass(frozen=True)
class ChangedPath:
    """One file that differs between two trees; its name as git has it, not escaped.

    Attributes:
        old_mode, new_mode: git's modes ("100644", "120000"...); "" where it is not there.
        old, new: ids of the contents, "" where it is not there.
    """

    path: str
    old_mode: str
    new_mode: str
    old: str
    new: str


@dataclass(frozen=True)
class Update:
    """Move one ref from `old` to `new`; None: it must not be there / it is deleted.

    Equal `old` and `new` move nothing but must still hold at the moment of the others' move.
    """

    ref: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class TagRef:
    """A tag: its name without `refs/tags/`, its own object, and the commit it leads to."""

    name: str
    id: str
    commit: str


@dataclass(frozen=True)
class TaggedVersion:
    """One deployed version of a strategy, as its tag says."""

    strategy: str
    version: str
    tag: str
    commit: str


@dataclass(frozen=True)
class LogEntry:
    """One commit of a history: author's name, committer time (Unix seconds), first line."""

    commit: str
    parents: tuple[str, ...]
    author: str
    time: int
    subject: str


@dataclass(frozen=True)
class Branch:
    """A branch with its tip: full ref, commit, author's name and first line of the tip.

    `committer` is the address that the tip names for whoever committed it.
    """

    ref: str
    commit: str
    author: str
    subject: str
    time: int
    committer: str = ""


@dataclass(frozen=True)
class Signing:
    """How commits and tags are signed: `format` openpgp or ssh, `key` an id or a key file."""

    key: str
    format: str = "openpgp"
    program: str = ""


@dataclass(frozen=True)
class ObjectSizes:
    """The objects of a repository on disk: numbers, and bytes."""

    loose: int
    loose_bytes: int
    packs: int
    pack_bytes: int
