"""A folder of untrusted content, read from git by its tree id: bytes in, findings out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from components.safe_tools.names import escaped, name_problem, shown, twin_key
from components.safe_tools.objects import FILE_MODE, Entry, ObjectReader, TooLarge, WrongKind
from components.schema.documents.lfs import HINT, POINTER, is_lfs_pointer
from components.schema.results.values import CheckName, Finding

Audit = Callable[[str, dict[str, object]], None]

_FILE_MODES = (FILE_MODE, "100755")
_ODD_MODES = {
    "120000": ("tree-symlink", "a symbolic link", "commit the file itself"),
    "160000": ("tree-submodule", "a submodule", "commit the files themselves"),
}
_MAX_FINDINGS = 50


@dataclass(frozen=True)
class Caps:
    """Bounds of one strategy's folder. Sizes in bytes; `depth` counts folders inside it."""

    files: int = 200
    file_bytes: int = 1024 * 1024
    total_bytes: int = 8 * 1024 * 1024
    depth: int = 4
    tree_bytes: int = 256 * 1024


DEFAULT_CAPS = Caps()


@dataclass(frozen=True)
class Folder:
    """Files by relative path, and a finding for everything that was refused."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def no_audit(event: str, details: dict[str, object]) -> None:
    """For callers that keep no audit log."""


class Refusals:
    """Collects what was refused, up to a bound, and reports each to the audit log."""

    def __init__(self, prefix: str, audit: Audit) -> None:
        self._prefix = prefix
        self._audit = audit
        self.findings: list[Finding] = []

    def add(self, rule: str, path: str, message: str, hint: str) -> None:
        """Refuse one path; beyond a bound, one last entry stands for all others."""
        if len(self.findings) > _MAX_FINDINGS:
            return
        if len(self.findings) == _MAX_FINDINGS:
            rule, path, message, hint = "tree-more", "", "further paths are refused, too", ""
        where = "/".join(p for p in (self._prefix, path) if p)
        self._audit("path_refused", {"rule": rule, "path": shown(where), "message": message})
        self.findings.append(
            Finding(
                check=CheckName.SCHEMA,
                rule=rule,
                file=escaped(where),
                message=message,
                hint=hint,
            )
        )


def read_folder(
    objects: ObjectReader, tree_id: str, caps: Caps, prefix: str = "", audit: Audit = no_audit
) -> Folder:
    """Read a folder's files; refuse what is not a plain file with a plain name.

    The cost is bounded by `caps`, whatever the tree holds: sizes are asked before anything is
    read, and the walk ends at the first cap that is broken.

    Args:
        objects: reader of the repository.
        tree_id: the folder's tree.
        caps: bounds.
        prefix: the folder's path in the repository, for the findings.
        audit: told of each refusal.

    Returns:
        The accepted files, and the findings (rules `tree-...`, check `schema`).

    Raises:
        MissingObject: an object is not there: the repository is at fault, not the author.
    """
    refusals = Refusals(prefix, audit)
    files: dict[str, bytes] = {}
    total = 0
    for path, entry in _walk(objects, tree_id, caps, refusals):
        if len(files) >= caps.files:
            refuse_many(refusals, caps)
            break
        data = _read_file(objects, path, entry, caps, refusals)
        if data is None:
            continue
        total += len(data)
        if total > caps.total_bytes:
            refuse_weight(refusals, caps)
            break
        files[path] = data
    return Folder(files, tuple(refusals.findings))


def given_folder(given: Mapping[str, bytes], prefix: str = "", caps: Caps = DEFAULT_CAPS) -> Folder:
    """Files that came with a request, by the same rules as `read_folder` reads a tree.

    Args:
        given: relative path -> bytes, not trusted.
        prefix: the folder's path, for the findings.
        caps: bounds.
    """
    refusals = Refusals(prefix, no_audit)
    files: dict[str, bytes] = {}
    if len(given) > caps.files:
        refuse_many(refusals, caps)
        return Folder({}, tuple(refusals.findings))
    if sum(map(len, given.values())) > caps.total_bytes:
        refuse_weight(refusals, caps)
        return Folder({}, tuple(refusals.findings))
    names = _Names(refusals)
    folders = {above for path in given for above in _above(path)[: caps.depth]}
    for path, data in sorted(given.items()):
        if path.count("/") > caps.depth:
            refuse_depth(refusals, path, caps)
        elif path in folders:
            _wrong_kind(refusals, path)
        elif len(data) > caps.file_bytes:
            _too_large(refusals, path, caps)
        elif is_lfs_pointer(data):
            refusals.add("tree-lfs", path, POINTER, HINT)
        elif names.accepted(path):
            files[path] = data
    return Folder(files, tuple(refusals.findings))


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


class _Names:
    """Which paths may be used, each folder on the way judged once."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._judged: dict[str, bool] = {}
        self._twins: dict[str, dict[str, str]] = {}

    def accepted(self, path: str) -> bool:
        if path not in self._judged:
            above, inside, name = path.rpartition("/")
            twins = self._twins.setdefault(above, {})
            self._judged[path] = (not inside or self.accepted(above)) and judge_name(
                path, name, twins, self._refusals
            )
        return self._judged[path]


def _read_file(
    objects: ObjectReader, path: str, entry: Entry, caps: Caps, refusals: Refusals
) -> bytes | None:
    try:
        data = objects.read(entry.id, caps.file_bytes)
        if not is_lfs_pointer(data):
            return data
        refusals.add("tree-lfs", path, POINTER, HINT)
    except TooLarge:
        _too_large(refusals, path, caps)
    except WrongKind:
        _wrong_kind(refusals, path)
    return None


def _too_large(refusals: Refusals, path: str, caps: Caps) -> None:
    refusals.add(
        "tree-file-size",
        path,
        f"the file has more than {caps.file_bytes} bytes",
        "make it smaller; market data comes from the bot",
    )


def _walk(
    objects: ObjectReader, tree_id: str, caps: Caps, refusals: Refusals
) -> Iterator[tuple[str, Entry]]:
    folders = [("", tree_id, 0)]
    seen = 0
    while folders:
        parent, tree, depth = folders.pop()
        try:
            entries = objects.entries(tree, caps.tree_bytes)
        except WrongKind:
            _wrong_kind(refusals, parent)
            continue
        except TooLarge:
            refuse_many(refusals, caps, parent)
            return
        seen += len(entries)
        if seen > 4 * caps.files:
            refuse_many(refusals, caps, parent)
            return
        for path, entry in _accepted(parent, entries, refusals):
            if not entry.is_tree:
                yield path, entry
            elif depth < caps.depth:
                folders.append((path, entry.id, depth + 1))
            else:
                refuse_depth(refusals, path, caps)


def _accepted(parent: str, entries: list[Entry], refusals: Refusals) -> Iterator[tuple[str, Entry]]:
    twins: dict[str, str] = {}
    for entry in entries:
        name = entry.name.decode(errors="surrogateescape")
        path = f"{parent}/{name}" if parent else name
        if (judge_name(path, name, twins, refusals)) and plain_mode(path, entry, refusals):
            yield path, entry


def judge_name(path: str, name: str, twins: dict[str, str], refusals: Refusals) -> bool:
    """Whether a name may be used in its folder; `twins` remembers the folder's other names."""
    problem = name_problem(name)
    if problem:
        refusals.add("tree-name", path, f"the name is refused: {problem}", "rename it")
        return False
    twin = twins.get(twin_key(name))
    if twin is not None:
        refusals.add(
            "tree-twin",
            path,
            f"{shown(name)} and {shown(twin)} are the same name on some file systems",
            "rename one of them",
        )
        return False
    twins[twin_key(name)] = name
    return True


def plain_mode(path: str, entry: Entry, refusals: Refusals) -> bool:
    """Whether an entry is a folder or a plain file; anything else is refused."""
    if entry.is_tree or entry.mode in _FILE_MODES:
        return True
    rule, what, hint = _ODD_MODES.get(
        entry.mode, ("tree-mode", f"an entry of mode {entry.mode}", "commit a plain file")
    )
    refusals.add(rule, path, f"{what} is not allowed: only plain files are", hint)
    return False


def refuse_depth(refusals: Refusals, path: str, caps: Caps) -> None:
    """A folder below the deepest level."""
    refusals.add(
        "tree-depth",
        path,
        f"folders may be nested {caps.depth} deep at most",
        "use fewer levels of folders",
    )


def refuse_many(refusals: Refusals, caps: Caps, path: str = "") -> None:
    """More files than may be."""
    refusals.add(
        "tree-files",
        path,
        f"the folder holds more than {caps.files} files",
        "keep only what the strategy needs",
    )


def _wrong_kind(refusals: Refusals, path: str) -> None:
    refusals.add("tree-mode", path, "one path is a file and a folder", "commit it again")


def refuse_weight(refusals: Refusals, caps: Caps) -> None:
    """More bytes than may be."""
    refusals.add(
        "tree-size",
        "",
        f"the files have more than {caps.total_bytes} bytes together",
        "keep only what the strategy needs",
    )
