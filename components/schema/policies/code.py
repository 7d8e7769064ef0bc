"""policies/code.yaml: what a strategy's code may import, and which doors of that stay closed."""

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, field_validator

from components.schema.results.values import Value

Weight = Literal["block", "warn", "off"]
_DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"


class ModuleRule(Value):
    """What may be used of one module.

    Attributes:
        why: why the module is there, for whoever reads the policy.
        closed: public names that must not be used; a trailing `*` closes a whole family.
        also: names to allow beside those which the catalogue knows.
        only: where given, nothing but these names (`*` as above); `[]` opens just submodules.
        tests_only: only for the author's own `test_*.py` and `conftest.py`.
    """

    why: str = ""
    closed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    tests_only: bool = False


class CodeLimits(Value):
    """Bounds that are checked before anything is parsed; sizes in bytes, lengths in characters."""

    file_bytes: Annotated[int, Field(ge=1, le=1_048_576)] = 131_072
    total_bytes: Annotated[int, Field(ge=1, le=16_777_216)] = 1_048_576
    files: Annotated[int, Field(ge=1, le=1_000)] = 64
    tokens: Annotated[int, Field(ge=1, le=200_000)] = 40_000
    brackets: Annotated[int, Field(ge=1, le=200)] = 60
    result_bits: Annotated[int, Field(ge=64)] = 100_000
    repeat: Annotated[int, Field(ge=1)] = 10_000_000
    findings: Annotated[int, Field(ge=1, le=1_000)] = 100


class CodePolicy(Value):
    """The rules for strategy code.

    Attributes:
        modules: importable modules by exact path.
        known: modules that exist and are not dangerous, but are not allowed by default: refused
            in strict mode, a warning otherwise.
        dangerous: third-party modules that are refused in either mode; of the standard library,
            everything that is neither in `modules` nor in `known` is dangerous.
        closed_methods: attribute names that are refused on any object (writers, readers, frames).
        closed_unless_own: refused unless the strategy itself defines something by that name.
        rules: rule id -> block | warn | off; a rule that isn't named keeps its own weight.
    """

    schema_version: Literal["1"] = "1"
    modules: dict[Annotated[str, Field(pattern=_DOTTED)], ModuleRule]
    known: tuple[str, ...] = ()
    dangerous: tuple[str, ...] = ()
    closed_methods: tuple[str, ...] = ()
    closed_unless_own: tuple[str, ...] = ()
    rules: dict[str, Weight] = Field(default_factory=dict)
    limits: CodeLimits = CodeLimits()

    _installed: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def installed(self) -> frozenset[str]:
        """Top-level names of the packages for strategies: open but for what this policy names."""
        return self._installed

    def with_installed(self, modules: Iterable[str]) -> Self:
        """This policy where the sandbox has these modules beyond its own."""
        policy = self.model_validate(self.model_dump())
        policy._installed = frozenset(modules)  # noqa: SLF001  # of our own class
        return policy

    @field_validator("modules", mode="before")
    @classmethod
    def _bare_entries(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {} if rule is None else rule for name, rule in value.items()}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the whole policy: equal fingerprints give equal findings."""
        text = f"{self.model_dump_json()}\n{sorted(self._installed)}"
        return hashlib.sha256(text.encode()).hexdigest()
