"""All files of one strategy, and what a name in one of them really stands for."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from components.validator.analysis.scopes import Binding, Kind, Scope
from components.validator.registry.words import ENGINE, LOGGING_BASES, PLAIN_BASES, PORTFOLIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.validator.analysis.index import Index
    from components.validator.analysis.notebook import Cut
    from components.validator.registry.doors import Doors

_DEPTH = 12
_STEPS = 200_000
ROOT = "."


class Intricate(Exception):
    """Names lead to each other in more ways than are worth following."""


class Ref(NamedTuple):
    """Something from outside of the file.

    `path` is dotted; it starts with a dot inside the strategy's own folder.
    """

    path: str
    module: bool

    @property
    def own(self) -> bool:
        """Whether it lives in the strategy's own folder."""
        return self.path.startswith(ROOT)


@dataclass(frozen=True, slots=True)
class Unit:
    """One file: its name as given, its module path inside the folder (`.helpers`), its index.

    `cut` is what was blanked of it before the index was made.
    """

    file: str
    path: str
    index: Index
    lines: list[str]
    test: bool
    cut: Cut

    @property
    def folder(self) -> list[str]:
        """The folders that the file lies in, outermost first."""
        return self.file.split("/")[:-1]


class Project:
    """The files that were parsed. `missing` are relative imports without a file."""

    def __init__(self, units: Mapping[str, Unit], doors: Doors) -> None:
        self.units = units
        self.doors = doors
        self._steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count work. Raises Intricate when a file asks for more than any honest one does."""
        self._steps += steps
        if self._steps > _STEPS:
            raise Intricate

    @cached_property
    def folders(self) -> frozenset[str]:
        """Module paths of the folders that hold files, at whatever depth."""
        folders = [unit.folder for unit in self.units.values()]
        paths = {ROOT + ".".join(f[:depth]) for f in folders for depth in range(len(f) + 1)}
        return frozenset(paths | {ROOT})

    @cached_property
    def private_names(self) -> frozenset[str]:
        """Underscored names that the strategy defines itself: attributes, methods, functions."""
        found: set[str] = set()
        for unit in self.units.values():
            index = unit.index
            found |= {name for name in index.stored if name.startswith("_")}
            found |= {n for n, b in index.top.bindings.items() if n[0] == "_" and _defined(b)}
            for attr in index.stored_attributes:
                if attr[0] == "_" and any(
                    self.is_own(a.node.value, a.scope, unit) or is_host(a.node.value, a.scope)
                    for a in index.stores_of(attr)
                ):
                    found.add(attr)
        return frozenset(found | {f"_{name}" for name in self.slots})

    @cached_property
    def slots(self) -> frozenset[str]:
        """Names under which classes keep what a call gave: what `__set_name__` may be told."""
        units = self.units.values()
        if not any("__set_name__" in unit.index.stored for unit in units):
            return frozenset()
        return frozenset(
            target.id
            for unit in units
            for place in unit.index.classes
            for item in getattr(place.node, "body", ())
            if isinstance(getattr(item, "value", None), ast.Call)
            for target in getattr(item, "targets", None) or [getattr(item, "target", None)]
            if isinstance(target, ast.Name)
        )

    @cached_property
    def stored_names(self) -> frozenset[str]:
        """Attribute and method names that the strategy's own classes define."""
        found: set[str] = set()
        for unit in self.units.values():
            found |= unit.index.stored
            for attr in unit.index.stored_attributes:
                if any(
                    self.is_own(a.node.value, a.scope, unit) for a in unit.index.stores_of(attr)
                ):
                    found.add(attr)
        return frozenset(found)

    @cached_property
    def portfolio(self) -> bool:
        """Whether any file imports `algoops`: its strategies may be on several symbols."""
        nodes = [place.node for unit in self.units.values() for place in unit.index.imports]
        names = [item.name for node in nodes for item in getattr(node, "names", ())]
        names += [getattr(node, "module", None) or "" for node in nodes]
        return any(name.partition(".")[0] == "algoops" for name in names)

    @property
    def engine(self) -> frozenset[str]:
        """Private names of the engine in strategies of this folder."""
        return ENGINE | PORTFOLIO if self.portfolio else ENGINE

    @cached_property
    def given_account(self) -> frozenset[str]:
        """Names of classes that a strategy on several symbols derives from."""
        nodes = [place.node for unit in self.units.values() for place in unit.index.classes]
        likes = [n for n in nodes if isinstance(n, ast.ClassDef) and self.strategy_like(n)]
        bases = [base for node in likes for base in node.bases]
        return frozenset(str(getattr(base, "id", getattr(base, "attr", ""))) for base in bases)

    # --- what things are --------------------------------------------------------------------------

    def local_module(self, unit: Unit, path: str) -> str | None:
        """The module path in the folder that an import means.

        Args:
            unit: the file that imports.
            path: as written, with its leading dots.

        Returns:
            `.helpers` and the like; "" when it leaves the folder; None when it isn't local.
        """
        level = len(path) - len(path.lstrip("."))
        name = path[level:]
        if level == 0:
            found = f".{name}" in self.units or f".{name}" in self.folders
            return f".{name}" if found else None
        folder = unit.folder
        if level - 1 > len(folder):
            return ""
        base = folder[: len(folder) - (level - 1)]
        return "." + ".".join([*base, *([name] if name else [])])

    def member(self, path: str, name: str, depth: int = 0) -> list[Ref]:
        """What `name` of the module `path` is."""
        if not path.startswith(ROOT):
            child = self.doors.child(path, name)
            return [Ref(child, module=True) if child else Ref(f"{path}.{name}", module=False)]
        unit = self.units.get(path)
        bindings = unit.index.top.bindings.get(name, []) if unit else []
        found = [ref for b in bindings if unit for ref in self.bound(b, unit, depth + 1)]
        inner = f"{path.rstrip('.')}.{name}"
        if inner in self.units or inner in self.folders:
            found.append(Ref(inner, module=True))
        if not bindings and unit:
            found += self.starred(name, unit, depth + 1)
        return found or [Ref(inner, module=False)]

    def starred(self, name: str, unit: Unit, depth: int = 0) -> list[Ref]:
        """What a name may be that only a star import can have brought."""
        if depth > _DEPTH:
            return []
        found: list[Ref] = []
        for star in unit.index.stars:
            local = self.local_module(unit, star.path)
            if local is not None or self.doors.exports(star.path, name):
                path = star.path if local is None else local
                found += self.member(path, name, depth + 1)
        return found

    def bound(self, binding: Binding, unit: Unit, depth: int = 0) -> list[Ref]:
        """What one binding stands for; nothing when it is the file's own value."""
        self.spend()
        if depth > _DEPTH:
            return []
        if binding.kind is Kind.MODULE:
            local = self.local_module(unit, binding.path)
            return [Ref(local or binding.path, module=True)]
        if binding.kind is Kind.MEMBER:
            local = self.local_module(unit, binding.path)
            path = binding.path if local is None else local
            return self.member(path, binding.member, depth + 1)
        if binding.kind is Kind.VALUE:
            return self.resolve(binding.node, binding.scope, unit, depth + 1)
        return []

    def resolve(self, node: ast.AST, scope: Scope, unit: Unit, depth: int = 0) -> list[Ref]:
        """What an expression of names and attributes stands for outside of the file."""
        self.spend()
        if depth > _DEPTH:
            return []
        if isinstance(node, ast.Name):
            if node.id not in unit.index.modules and not unit.index.stars:
                return []
            bindings, falls = scope.lookup(node.id)
            self.spend(len(bindings))
            found = [ref for b in bindings for ref in self.bound(b, unit, depth + 1)]
            if not bindings and falls:
                found += self.starred(node.id, unit, depth + 1)
            return found
        if isinstance(node, ast.Attribute):
            return [
                step
                for ref in self.resolve(node.value, scope, unit, depth + 1)
                for step in self.step(ref, node.attr)
            ]
        return []

    def step(self, ref: Ref, attr: str) -> list[Ref]:
        """What an attribute of something from outside is."""
        if ref.module:
            return self.member(ref.path, attr)
        return [Ref(f"{ref.path}.{attr}", module=False)]

    def is_own(self, node: ast.AST, scope: Scope, unit: Unit) -> bool:
        """Whether it is the strategy's own object: self, cls, super(), one of its classes."""
        if isinstance(node, ast.Name):
            bindings, _ = scope.lookup(node.id)
            self.spend(len(bindings))
            return bool(bindings) and all(self._is_own_binding(b, unit) for b in bindings)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "super":
                return True
            return node.func.id == "type" and all(self.is_own(a, scope, unit) for a in node.args)
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return self.is_own(node.value, scope, unit)
        return False

    def _is_own_binding(self, binding: Binding, unit: Unit) -> bool:
        if binding.kind in (Kind.FIRST, Kind.KLASS, Kind.CLASS):
            return True
        if binding.kind is not Kind.MEMBER:
            return False
        return all(ref.own and not ref.module for ref in self.bound(binding, unit))

    def is_own_instance(self, node: ast.AST, scope: Scope, unit: Unit) -> bool:
        """Whether it can only be an instance of a class of the file, by how it is assigned."""
        if isinstance(node, ast.Name):
            values = [(b.node, b.scope) for b in scope.lookup(node.id)[0]]
            self.spend(len(values))
        elif isinstance(node, ast.Attribute) and self.is_own(node.value, scope, unit):
            places = unit.index.attribute_values.get(node.attr, [])
            self.spend(len(unit.index.accesses[node.attr]))
            stores = unit.index.stores_of(node.attr)
            values = [(p.node, p.scope) for p in places] if len(places) == len(stores) else []
        else:
            return False
        return bool(values) and all(self._constructs(v, s, unit) for v, s in values)

    def _constructs(self, node: ast.AST, scope: Scope, unit: Unit) -> bool:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return False
        bindings, _ = scope.lookup(node.func.id)
        return bool(bindings) and all(self._is_plain_class(b, unit) for b in bindings)

    def _is_plain_class(self, binding: Binding, unit: Unit, depth: int = 0) -> bool:
        """Whether a name is a class of the strategy's own, in this file or a helper module."""
        if isinstance(binding.node, ast.ClassDef):
            return not self.foreign(binding.node, unit)
        if binding.kind is not Kind.MEMBER or depth > _DEPTH:
            return False
        home = self.units.get(self.local_module(unit, binding.path) or "")
        found = home.index.top.bindings.get(binding.member, []) if home else []
        return bool(home and found) and all(
            self._is_plain_class(b, home, depth + 1) for b in found if home
        )

    def foreign(self, owner: ast.ClassDef | None, unit: Unit, depth: int = 0) -> bool:
        """Whether a class inherits from something that may have closed methods of its own."""
        if owner is None or depth > _DEPTH:
            return True
        return any(self._foreign_base(base, unit, depth) for base in owner.bases)

    def _foreign_base(self, base: ast.expr, unit: Unit, depth: int) -> bool:
        root = base.value if isinstance(base, ast.Subscript) else base
        name = root.attr if isinstance(root, ast.Attribute) else getattr(root, "id", "")
        refs = self.resolve(root, unit.index.top, unit)
        if any(ref.path.startswith(("backtesting.", "algoops.")) for ref in refs):
            return False
        self.spend(len(unit.index.classes))
        own = [p.node for p in unit.index.classes if getattr(p.node, "name", "") == name]
        if own and not refs:
            return any(
                self.foreign(node, unit, depth + 1)
                for node in own
                if isinstance(node, ast.ClassDef)
            )
        return name not in PLAIN_BASES or name in LOGGING_BASES

    def strategy_like(self, owner: ast.ClassDef | None, depth: int = 0) -> bool:
        """Whether a class may derive from the engine's Strategy: plain classes surely don't."""
        if owner is None or depth > _DEPTH:
            return True
        return any(self._base_like(base, depth) for base in owner.bases)

    def _base_like(self, base: ast.expr, depth: int) -> bool:
        root = base.value if isinstance(base, ast.Subscript) else base
        name = root.attr if isinstance(root, ast.Attribute) else getattr(root, "id", "")
        if name in PLAIN_BASES:
            return False
        for unit in self.units.values():
            for binding in unit.index.top.bindings.get(name, ()):
                self.spend()
                if isinstance(binding.node, ast.ClassDef):
                    return self.strategy_like(binding.node, depth + 1)
        return True


def is_host(node: ast.AST, scope: Scope) -> bool:
    """Whether it is the object on which a descriptor of the file's own hangs."""
    bindings = scope.lookup(node.id)[0] if isinstance(node, ast.Name) else []
    return bool(bindings) and all(b.kind is Kind.HOST for b in bindings)


def _defined(bindings: list[Binding]) -> bool:
    return all(b.kind in (Kind.FUNCTION, Kind.CLASS, Kind.VALUE) for b in bindings)
