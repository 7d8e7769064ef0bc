"""The top-level statements of a file, and which of them only a notebook needs."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from components.validator.analysis.notebook_portion import FilePortion, portions
from components.validator.analysis.scopes import Binding, Kind, Scope
from components.validator.registry.words import NOTEBOOK_ENGINE, NOTEBOOK_MODULES, SAMPLE_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.validator.analysis.index import Index, RawLoad

_TEXT = 80
_LOOKED_AT = 8
"""Bindings of one name that are looked at: an import, and what stands in for it."""

_MOST_USERS = 200
"""Statements that use a definition; one that more use stays, so that no file is expensive."""


class FilePortions:
    """The statements of a file, those that only a notebook needs marked as gone.

    Args:
        found: the file's index.
        entry: whether it is strategy.py: in helpers nobody knows what other files use, so that
            there only imports for plots and downloads are looked at for being used.
        needed: names that other files take from it.
    """

    def __init__(self, found: Index, entry: bool, needed: frozenset[str]) -> None:  # noqa: FBT001  # one of two kinds
        self._index = found
        self._entry = entry
        self._needed = needed
        self.all = list(portions(found.tree))
        self._starts = [(part.line, part.column) for part in self.all]
        self._users: dict[str, set[int]] = defaultdict(set)
        self._makers: dict[str, set[int]] = defaultdict(set)
        self._read()
        for part in self.all:
            part.gone = part.main
        if any(part.has_base for part in self.all):  # else there is no strategy in it
            self._cut_actions()
            self._cut_definitions()

    # --- reading ----------------------------------------------------------------------------------

    def _read(self) -> None:
        for name, loads in self._index.loads.items():
            for load in loads:
                self._load(name, load)
        for name, bindings in self._index.top.bindings.items():
            for binding in bindings:
                self._of(binding.node).binds.add(name)
        for place in self._index.imports:
            self._import(place.node)
        for number, part in enumerate(self.all):
            for name in part.uses:
                self._users[name].add(number)
            for name in part.binds:
                self._makers[name].add(number)

    def _import(self, node: ast.AST) -> None:
        modules = [m for m in _modules(node) if _top(m) in NOTEBOOK_MODULES]
        part = self._of(node)
        if part.is_import:
            part.notebook_imports += [(part.line, module) for module in modules]
        elif modules:
            part.seeded = True

    def _load(self, name: str, load: RawLoad) -> None:
        node, scope, _role, chain, _call = load
        found = _bindings(scope, name)
        part = self._of(node)
        if self._is_top(name, found):
            part.uses.add(name)
        attribute = chain[0].attr if chain else ""
        part.seeded = part.seeded or any(self._is_seed(b, attribute) for b in found[:_LOOKED_AT])
        part.seeded = part.seeded or bool(
            not found and self._index.stars and name in NOTEBOOK_ENGINE
        )

    def _is_top(self, name: str, found: list[Binding]) -> bool:
        """Whether a name that means `found` at some place is the module's, or nobody's."""
        return not found or found is self._index.top.bindings.get(name)

    def _is_seed(self, binding: Binding, attribute: str) -> bool:
        if binding.kind is Kind.MEMBER:
            attribute = binding.member
        elif binding.kind is not Kind.MODULE:
            return False
        path = binding.path
        return (
            _top(path) in NOTEBOOK_MODULES
            or (_top(path) in {"backtesting", "algoops"} and attribute in NOTEBOOK_ENGINE)
            or (path == "pandas" and attribute.startswith("read_"))
            or (path == "sys" and attribute == "path")
        )

    def _of(self, node: ast.AST) -> FilePortion:
        place = (getattr(node, "lineno", 1), getattr(node, "col_offset", 0))
        return self.all[max(0, bisect_right(self._starts, place) - 1)]

    # --- cutting ----------------------------------------------------------------------------------

    def _cut_actions(self) -> None:
        """What acts on the notebook's things goes, and with it whatever acts on what that made."""
        waiting = [number for number, part in enumerate(self.all) if part.main or part.seeded]
        seen, spread = set(waiting), set[str]()
        while waiting:
            part = self.all[waiting.pop()]
            part.gone = part.main or (part.acts and not self._patches(part))
            if part.stays or part.is_import or part.main:
                continue
            for name in part.binds - spread:
                spread.add(name)
                fresh = (self._users[name] | self._makers[name]) - seen
                fresh = {number for number in fresh if not self.all[number].is_import}
                seen |= fresh
                waiting += fresh

    def _patches(self, part: FilePortion) -> bool:
        """Whether it changes something of a library: that is judged, not left out."""
        return any(
            self._makers[root] and all(self.all[number].is_import for number in self._makers[root])
            for root in {_root(node) for node in _stores(part)} - SAMPLE_DATA
        )

    def _cut_definitions(self) -> None:
        """What only blanked statements use goes too, and so do unused imports of a notebook's."""
        names = {name for part in self.all for name in part.binds}
        while names:
            again: set[str] = set()
            for number in {number for name in names for number in self._makers[name]}:
                part = self.all[number]
                if not part.gone and part.only_binds and self._is_idle(number, part):
                    part.gone = True
                    again |= part.uses
            names = again

    def _is_idle(self, number: int, part: FilePortion) -> bool:
        if part.binds & self._needed or not (self._entry or part.notebook_imports):
            return False
        if sum(len(self._users[name]) for name in part.binds) > _MOST_USERS:
            return False
        users = {user for name in part.binds for user in self._users[name]} - {number}
        left = [self.all[user] for user in users if not self.all[user].gone]
        if len(left) == len(users) and not (part.notebook_imports and not left):
            return False  # nothing of a notebook's uses it
        if not all(self._only_handles(user, part.binds) for user in left):
            return False
        for user in left:
            user.gone = True
        return True

    def _only_handles(self, part: FilePortion, names: set[str]) -> bool:
        """Whether a statement does nothing but call something of these names: `file.close()`."""
        own = {name for name in part.uses if self._makers[name]}
        return isinstance(part.node, ast.Expr) and not part.binds and own <= names

    # --- what is missing then ---------------------------------------------------------------------

    def lost(self) -> Iterator[tuple[str, ast.AST, int]]:
        """Names that what is left uses and that only blanked statements make."""
        for name, makers in self._makers.items():
            if not makers or not all(self.all[number].gone for number in makers):
                continue
            line = min(self.all[number].line for number in makers)
            for node, scope, *_ in self._index.loads.get(name, ()):
                if not self._of(node).gone and self._is_top(name, _bindings(scope, name)):
                    yield name, node, line
                    break

    def set_from_outside(self) -> Iterator[tuple[ast.AST, str]]:
        """Attributes and items that blanked statements set on what is left of the file."""
        for part in self.all:
            if not part.gone or part.main or not part.acts:
                continue
            for node in _stores(part):
                makers = self._makers.get(_root(node), set())
                if any(not (self.all[n].gone or self.all[n].is_import) for n in makers):
                    yield node, ast.unparse(node)[:_TEXT]


def _bindings(scope: Scope, name: str) -> list[Binding]:
    """The bindings of what a name means here, of one scope; none where no scope binds it."""
    start: Scope = scope.module() if name in scope.global_names else scope
    inner: Scope | None = start
    while inner is not None:
        here = inner.bindings.get(name)
        if here and inner.kind != "class":
            return here
        inner = inner.parent
    return []


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [item.name for item in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


def _top(path: str) -> str:
    return path.partition(".")[0]


def _stores(part: FilePortion) -> list[ast.Attribute | ast.Subscript]:
    """Attributes and items that a statement assigns or deletes."""
    found = ast.walk(part.node) if part.node else ()
    places = [node for node in found if isinstance(node, ast.Attribute | ast.Subscript)]
    return [node for node in places if not isinstance(node.ctx, ast.Load)]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
