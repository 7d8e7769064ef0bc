"""What every judge is given: the file, its project, the doors, and where findings go."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from components.validator.analysis.scopes import Kind, Scope

if TYPE_CHECKING:
    from components.validator.analysis.index import Index, Role
    from components.validator.analysis.project import Project, Unit
    from components.validator.findings import Findings
    from components.validator.registry.doors import Doors

_DEPTH = 8
BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Case:
    """One file before the judges."""

    unit: Unit
    project: Project
    doors: Doors
    findings: Findings

    @property
    def index(self) -> Index:
        """The file's index."""
        return self.unit.index

    def is_own(self, node: ast.AST, scope: Scope) -> bool:
        """Whether it is the strategy's own object or class."""
        return self.project.is_own(node, scope, self.unit)

    def is_plainly_own(self, node: ast.AST, scope: Scope) -> bool:
        """As `is_own`, and its class inherits nothing that has methods of such names itself."""
        plain = not self.project.foreign(scope.owner, self.unit)
        return plain and self.is_own(node, scope)

    def path(self, node: ast.AST, scope: Scope) -> str:
        """The dotted path of something from outside, "" where it is none or not certain."""
        if isinstance(node, ast.Name) and node.id in BUILTINS and not scope.lookup(node.id)[0]:
            return f"builtins.{node.id}"
        refs = self.project.resolve(node, scope, self.unit)
        return refs[0].path if refs else ""

    def texts(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> frozenset[str] | None:
        """All texts that an expression can be; None when that can't be told.

        Follows constants, `+`, conditions, names with nothing but such values, loops over
        constants, and constants of the own class.
        """
        self.project.spend()
        if node is None or depth > _DEPTH:
            return None
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return self._written(node, scope, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._sums(node, scope, depth)
        if isinstance(node, ast.IfExp | ast.BoolOp):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return self._union(parts, scope, depth)
        if isinstance(node, ast.Name):
            return self._named(node, scope, depth)
        own = isinstance(node, ast.Attribute) and self.is_own(node.value, scope)
        return self._class_text(node, depth) if own else None  # type: ignore[arg-type]

    def _written(
        self, node: ast.Constant | ast.JoinedStr, scope: Scope, depth: int
    ) -> frozenset[str] | None:
        """A text, or an f-string of texts without formats: `f"_{name}"`."""
        if isinstance(node, ast.Constant):
            return frozenset({node.value}) if isinstance(node.value, str) else None
        found: frozenset[str] | None = frozenset({""})
        for part in node.values:
            inner: ast.expr = part
            if isinstance(part, ast.FormattedValue):
                if part.conversion != -1 or part.format_spec is not None:
                    return None
                inner = part.value
            found = _joined(found, self.texts(inner, scope, depth + 1))
        return found

    def _sums(self, node: ast.BinOp, scope: Scope, depth: int) -> frozenset[str] | None:
        left = self.texts(node.left, scope, depth + 1)
        right = self.texts(node.right, scope, depth + 1)
        return _joined(left, right)

    def _union(self, nodes: list[ast.expr], scope: Scope, depth: int) -> frozenset[str] | None:
        return self._each([(node, scope) for node in nodes], depth)

    def _named(self, node: ast.Name, scope: Scope, depth: int) -> frozenset[str] | None:
        bindings, _ = scope.lookup(node.id)
        found: set[str] = set()
        for binding in bindings:
            value = binding.node
            if binding.kind is Kind.VALUE:
                texts = self.texts(value, binding.scope, depth + 1)
            elif binding.kind is Kind.SLOT:
                texts = self.project.slots or None
            elif binding.kind is Kind.EACH:
                texts = self._union(_elements(value, binding.scope), binding.scope, depth)
            else:
                return None
            if texts is None:
                return None
            found |= texts
        return frozenset(found) if bindings else None

    def _class_text(self, node: ast.Attribute, depth: int) -> frozenset[str] | None:
        """What an attribute can be, where every class and assignment that gives it is known."""
        given: list[tuple[ast.expr, Scope]] = []
        for unit in self.project.units.values():
            index = unit.index
            places = index.attribute_values.get(node.attr, ())
            self.project.spend(len(index.accesses.get(node.attr, ())) + len(index.classes))
            if len(places) != len(index.stores_of(node.attr)):
                return None
            given += [(p.node, p.scope) for p in places if isinstance(p.node, ast.expr)]
            for place in index.classes:
                values = _class_values(place.node, node.attr)
                given += [(value, place.scope) for value in values]
        return self._each(given, depth) if given else None

    def _each(self, nodes: list[tuple[ast.expr, Scope]], depth: int) -> frozenset[str] | None:
        found: set[str] = set()
        for node, scope in nodes:
            texts = self.texts(node, scope, depth + 1)
            if texts is None:
                return None
            found |= texts
        return frozenset(found)


class Use(NamedTuple):
    """One use of an attribute, whether written out, by getattr or in a pattern."""

    node: ast.AST
    attr: str
    base: ast.AST
    scope: Scope
    role: Role
    outer: str = ""
    call: ast.Call | None = None


def _elements(node: ast.AST, scope: Scope) -> list[ast.expr]:
    """The elements of a literal sequence, or of a tuple that a name surely is."""
    if isinstance(node, ast.Tuple | ast.List):
        return node.elts
    bindings = scope.lookup(node.id)[0] if isinstance(node, ast.Name) else []
    values = [b.node for b in bindings if b.kind is Kind.VALUE]
    if len(values) == len(bindings) == 1 and isinstance(values[0], ast.Tuple):
        return values[0].elts
    return [ast.Constant(None)]


def _class_values(owner: ast.AST, name: str) -> list[ast.expr]:
    values: list[ast.expr] = []
    for item in getattr(owner, "body", ()):
        targets = item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)]
        value = getattr(item, "value", None)
        if value is not None and any(isinstance(t, ast.Name) and t.id == name for t in targets):
            values.append(value)
    return values


def _joined(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None or len(left) * len(right) > 64:  # noqa: PLR2004  # enough
        return None
    return frozenset(a + b for a in left for b in right)


def is_dunder(name: str) -> bool:
    """`__name__` and the like."""
    return len(name) > 4 and name.startswith("__") and name.endswith("__")  # noqa: PLR2004  # four underscores
