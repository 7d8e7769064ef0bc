"""Scopes and what names are bound to in them: Python's own rules, on the tree."""

from __future__ import annotations

import ast
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What sort of thing a name is bound to."""

    MODULE = auto()
    """`import a.b as c`: `path` is the module's path."""
    MEMBER = auto()
    """`from a import b`: `path` is the module, `member` the name."""
    VALUE = auto()
    """`name = node`: one assignment of a whole expression."""
    EACH = auto()
    """`for name in node`."""
    FIRST = auto()
    """The first parameter of a method: the object itself."""
    KLASS = auto()
    """The first parameter of a class method: the class."""
    HOST = auto()
    """The object, or its class, that a descriptor's `__get__` and `__set__` are given."""
    SLOT = auto()
    """The name that `__set_name__` is given: one under which a class of the file keeps a value."""
    PARAMETER = auto()
    FUNCTION = auto()
    CLASS = auto()
    OTHER = auto()


class Binding(NamedTuple):
    """One place where a name gets a value."""

    kind: Kind
    node: ast.AST
    scope: Scope
    path: str = ""
    member: str = ""


class Scope:
    """One namespace.

    Attributes:
        kind: module, class or function (comprehensions and lambdas are functions).
        name: of the function, where it has one.
        owner: the class statement whose body this is, or whose method it is.
    """

    __slots__ = (
        "bindings",
        "comprehension",
        "global_names",
        "kind",
        "name",
        "nonlocal_names",
        "owner",
        "parent",
    )

    def __init__(
        self,
        kind: str,
        parent: Scope | None,
        owner: ast.ClassDef | None = None,
        *,
        name: str = "",
        comprehension: bool = False,
    ) -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.owner = owner
        self.comprehension = comprehension
        self.bindings: dict[str, list[Binding]] = {}
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()

    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def method(self) -> str:
        """The name of the method around this place, "" outside of any."""
        scope: Scope | None = self
        while scope is not None and scope.parent is not None:
            if scope.kind == "function" and scope.parent.kind == "class":
                return scope.name
            scope = scope.parent
        return ""

    def bind(self, name: str, binding: Binding) -> None:
        """Record a binding where Python would put it."""
        if not (self.comprehension or self.global_names or self.nonlocal_names):
            self.bindings.setdefault(name, []).append(binding)
            return
        for target in self._targets(name, binding):
            target.bindings.setdefault(name, []).append(binding)

    def _targets(self, name: str, binding: Binding) -> list[Scope]:
        if name in self.global_names:
            return [self.module()]
        if name in self.nonlocal_names:
            return [scope for scope in self._outward() if scope.kind == "function"]
        if self.comprehension and isinstance(binding.node, ast.NamedExpr) and self.parent:
            return self.parent._targets(name, binding)  # noqa: SLF001  # one's own class
        return [self]

    def _outward(self) -> list[Scope]:
        found, scope = [], self.parent
        while scope is not None:
            found.append(scope)
            scope = scope.parent
        return found

    def lookup(self, name: str) -> tuple[list[Binding], bool]:
        """What a name loaded here may be bound to.

        Returns:
            The bindings, and whether the name may also fall through to the builtins. In modules
            and classes a name which isn't bound yet does; a function's own name never does.
        """
        found: list[Binding] = []
        scope: Scope | None = self.module() if name in self.global_names else self
        start = scope
        while scope is not None:
            here = scope.bindings.get(name)
            if here and (scope.kind != "class" or scope is start):
                found += here
                if scope.kind == "function":
                    return found, False
            scope = scope.parent
        return found, True
