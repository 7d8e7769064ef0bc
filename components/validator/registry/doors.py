"""The policy, made ready to be asked: which modules and names are open."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from components.schema.policies.code import CodePolicy, ModuleRule
from components.validator.registry import catalogue
from components.validator.registry.words import UNSETTABLE

OPTIONS = "pandas.options"
_OPEN_OPTIONS = frozenset({"display", "mode", "future"})
_ANSWERS = 10_000
_MODULE_FACTS = frozenset({"__name__", "__doc__", "__version__"})


class Refusal(NamedTuple):
    """Why something is not open."""

    rule: str
    message: str


@dataclass(frozen=True)
class Doors:
    """A policy with its lists as sets.

    Attributes:
        closed_methods: attribute names refused on any object.
        closed_unless_own: refused unless the strategy defines such a name.
        installed: top-level names of the packages that the sandbox has beyond its own.
        taken: names of libraries, which no file of a strategy may have.
        answers: what was asked of `member` before; emptied when it grows.
    """

    modules: dict[str, ModuleRule]
    known: frozenset[str]
    dangerous: frozenset[str]
    closed_methods: frozenset[str]
    closed_unless_own: frozenset[str]
    stdlib: frozenset[str]
    installed: frozenset[str]
    taken: frozenset[str]
    answers: dict[tuple[str, str, bool], Refusal | None]

    @cached_property
    def watched(self) -> frozenset[str]:
        """Attribute names that are looked at wherever they stand."""
        return self.closed_methods | self.closed_unless_own | UNSETTABLE | {"I"}

    def module(self, path: str, *, in_test: bool) -> Refusal | None:
        """May this module be imported, by exactly this path?"""
        rule = self.modules.get(path)
        if rule is not None:
            if rule.tests_only and not in_test:
                return Refusal("import-tests-only", f"{path} is for tests only")
            return None
        return self._unlisted(path)

    def _unlisted(self, path: str) -> Refusal | None:
        top = path.partition(".")[0]
        if any(part.startswith("_") for part in path.split(".")):
            return Refusal("import-dangerous", f"{path} is a private module")
        closed = self.dangerous & {path, top}
        if top in self.installed and not closed:
            return None
        if path in self.known or top in self.known:
            return Refusal("import-unknown", f"{path} is not on the list of allowed modules")
        if top in self.stdlib or closed:
            return Refusal("import-dangerous", f"{path} reaches outside of the strategy")
        if top in self.modules:
            return Refusal("module-door", f"{path} is not an open part of {top}")
        return Refusal("import-unknown", f"{path} is not on the list of allowed modules")

    def child(self, path: str, name: str) -> str | None:
        """The listed module behind `path.name`, where it is one."""
        child = catalogue.ALIASES.get(f"{path}.{name}", f"{path}.{name}")
        return child if child in self.modules else None

    def member(self, path: str, name: str, *, in_test: bool) -> Refusal | None:
        """May `name` be taken from the module `path`?"""
        key = (path, name, in_test)
        if key not in self.answers:
            if len(self.answers) > _ANSWERS:
                self.answers.clear()
            self.answers[key] = self._member(path, name, in_test=in_test)
        return self.answers[key]

    def _member(self, path: str, name: str, *, in_test: bool) -> Refusal | None:
        rule = self.modules.get(path)
        child = self.child(path, name)
        if name in _MODULE_FACTS:
            return None
        if name.startswith("_"):
            return Refusal("module-door", f"{path}.{name} is private")
        if child is not None:
            return self.module(child, in_test=in_test)
        return None if rule is None else _listed(path, name, rule)

    def exports(self, path: str, name: str) -> bool:
        """Whether a star import of the module may bring this name; unknown modules may."""
        known = catalogue.names().get(path)
        rule = self.modules.get(path)
        return known is None or name in known or (rule is not None and name in rule.also)

    def star(self, path: str) -> Refusal | None:
        """A module without `__all__` gives what it imports itself to whoever takes everything."""
        if path in catalogue.leaky():
            return Refusal("module-door", f"{path} hands out its own imports with a star")
        return None

    def option(self, path: str) -> Refusal | None:
        """pandas.options: only what changes the display is open, plotting loads modules."""
        parts = path.split(".")
        if parts[:2] == OPTIONS.split(".") and len(parts) > 2 and parts[2] not in _OPEN_OPTIONS:  # noqa: PLR2004  # pandas.options.<group>
            return Refusal("module-door", f"{path} is closed")
        return None


def _listed(path: str, name: str, rule: ModuleRule) -> Refusal | None:
    if name in rule.also:
        return None
    if any(_matches(name, pattern) for pattern in rule.closed) or (
        rule.only is not None and not any(_matches(name, pattern) for pattern in rule.only)
    ):
        return Refusal("module-door", f"{path}.{name} is closed")
    known = catalogue.names().get(path)
    if known is not None and name not in known:
        return Refusal("module-door", f"{path} has no public name {name!r}")
    return None


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


@lru_cache(maxsize=16)
def _doors(fingerprint: str, key: "_Key") -> Doors:  # noqa: ARG001  # equal keys by fingerprint
    policy = key.policy
    return Doors(
        modules=dict(policy.modules),
        known=frozenset(policy.known),
        dangerous=frozenset(policy.dangerous),
        closed_methods=frozenset(policy.closed_methods),
        closed_unless_own=frozenset(policy.closed_unless_own),
        stdlib=catalogue.stdlib(),
        installed=policy.installed,
        taken=catalogue.stdlib()
        | frozenset(policy.dangerous)
        | policy.installed
        | {path.partition(".")[0] for path in policy.modules},
        answers={},
    )


class _Key:
    """Carries a policy through the cache; the fingerprint beside it is what is compared."""

    def __init__(self, policy: CodePolicy) -> None:
        self.policy = policy

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key)


def doors_of(policy: CodePolicy) -> Doors:
    """The policy's doors; made once for each distinct policy."""
    return _doors(policy.fingerprint, _Key(policy))
