"""What one walk over the tree finds: all that a rule may want to look at, sorted by name."""

from __future__ import annotations

import ast
from collections import defaultdict
from enum import Enum, auto
from typing import NamedTuple

from components.validator.analysis.scopes import Binding, Scope


class Role(Enum):
    """What is done with a name or an attribute at one place."""

    VALUE = auto()
    ARGUMENT = auto()
    """Passed to a call: as a value, but it is known to what."""
    CALLED = auto()
    BASE = auto()
    """An attribute of it is used."""
    TESTED = auto()
    """Tested for truth, or by `is`: nothing of it is given away."""
    COMPARED = auto()
    """Compared in a way that its own or the other side's methods decide."""
    ALIASED = auto()
    """It becomes the whole value of a plain name."""
    STORED = auto()
    """Assigned or deleted."""
    ITEM = auto()
    """Read item by item: `a[b]`, `for x in a`, `{**a}`, `a | b`."""
    KEY = auto()
    """What stands between the brackets of `a[b]`."""
    FILLED = auto()
    """An item of it is assigned or deleted, or it is changed in place."""
    INSPECTED = auto()
    """The object that getattr, hasattr or isinstance looks at."""
    DERIVED = auto()
    """A base of a class."""
    DECORATOR = auto()
    """It decorates a class or a function, called or not."""
    TYPE = auto()
    """Part of a plain type hint."""


INSPECTORS = frozenset({"getattr", "hasattr", "isinstance", "issubclass"})


class Load(NamedTuple):
    """A name that is read, with the attributes that follow it directly."""

    node: ast.Name
    scope: Scope
    role: Role
    chain: tuple[ast.Attribute, ...]
    call: ast.Call | None


class Access(NamedTuple):
    """An attribute that is read or written; `outer` is the attribute taken of it, if any."""

    node: ast.Attribute
    scope: Scope
    role: Role
    outer: str
    call: ast.Call | None


class Place(NamedTuple):
    """Any other node of interest and the scope that it is in."""

    node: ast.AST
    scope: Scope


RawLoad = tuple[ast.Name, Scope, Role, tuple[ast.Attribute, ...], ast.Call | None]
RawAccess = tuple[ast.Attribute, Scope, Role, str, ast.Call | None]
"""As the walk leaves them: most are never looked at, and plain tuples cost a third."""


class Index:
    """What one file holds; filled by `Walker`."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.top = Scope("module", None)
        self.loads: dict[str, list[RawLoad]] = defaultdict(list)
        self.accesses: dict[str, list[RawAccess]] = defaultdict(list)
        self.imports: list[Place] = []
        self.calls: dict[str, list[tuple[ast.Call, Scope]]] = defaultdict(list)
        self.starred: list[tuple[ast.Starred, Scope]] = []
        self.results: list[tuple[ast.Call, Scope]] = []
        """Calls of what another call gave, or an item: `f(x)(y)`, `a[b](c)`."""
        self.classes: list[Place] = []
        self.class_bindings: dict[ast.ClassDef, dict[str, list[Binding]]] = {}
        """What each class body binds."""
        self.functions: list[Place] = []
        self.returns: dict[str, list[Place]] = defaultdict(list)
        """What functions give back, by their names."""
        self.patterns: list[Place] = []
        self.operations: list[Place] = []
        self.loops: list[tuple[ast.While | ast.For | ast.AsyncFor, Scope]] = []
        self.comprehensions: list[tuple[ast.ListComp | ast.SetComp | ast.DictComp, Scope]] = []
        self.widths: list[ast.Constant] = []
        """Constant parts of format specifications."""
        self.computed_widths: list[Place] = []
        """Parts of format specifications that are values."""
        self.annotations: list[ast.Constant] = []
        self.slices: list[ast.expr] = []
        self.stored: set[str] = set()
        """Attribute names that the file gives to its own objects and classes."""
        self.keywords: set[str] = set()
        """Names of keyword arguments: what a namespace or a record may be given."""
        self.bound: set[str] = set()
        self.deleted: set[str] = set()
        self.modules: set[str] = set()
        """Names that are bound by an import, or to another name or attribute, anywhere."""
        self.stars: list[Binding] = []
        self.items: dict[str, list[Place]] = defaultdict(list)
        """What is put into a container by `name[key] = value`."""
        self.stored_attributes: set[str] = set()
        """Names of attributes that are assigned or deleted, on whatever object."""
        self.attribute_values: dict[str, list[Place]] = defaultdict(list)
        """What is assigned to an attribute of this name, on whatever object."""

    def loads_of(self, name: str) -> list[Load]:
        """Where a name is read."""
        return [Load._make(raw) for raw in self.loads.get(name, ())]

    def accesses_of(self, attr: str) -> list[Access]:
        """Where an attribute of this name is used."""
        return [Access._make(raw) for raw in self.accesses.get(attr, ())]

    def stores_of(self, attr: str) -> list[Access]:
        """Where an attribute of this name is assigned or deleted."""
        return [access for access in self.accesses_of(attr) if access.role is Role.STORED]
