"""policies/schema.yaml: what the operator asks of definitions beyond the format itself."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from components.schema.definition.models import StrategyDefinition
from components.schema.documents.explain import near
from components.schema.results.values import Severity, Value
from components.schema.types import Flag, ShortText

if TYPE_CHECKING:
    from collections.abc import Mapping

Adjustable = Literal[
    "always-true",
    "missing-exit",
    "never-true",
    "no-entry",
    "suspicious-percent",
    "unreachable-target",
    "unused-indicator",
    "unused-parameter",
    "unused-source",
    "yes-no-text",
]
"""Rules whose severity a policy may set: all others are about being able to run at all."""

DEFAULT_SEVERITIES: dict[Adjustable, Severity] = {
    "always-true": Severity.WARNING,
    "missing-exit": Severity.WARNING,
    "never-true": Severity.ERROR,
    "no-entry": Severity.ERROR,
    "suspicious-percent": Severity.WARNING,
    "unreachable-target": Severity.WARNING,
    "unused-indicator": Severity.WARNING,
    "unused-parameter": Severity.WARNING,
    "unused-source": Severity.WARNING,
    "yes-no-text": Severity.WARNING,
}


class SchemaPolicy(Value):
    """What definitions in this repository must have."""

    schema_version: Literal["1"] = "1"
    """Version of this file's format."""
    required: tuple[ShortText, ...] = ("name", "description")
    """Fields that must be written and not empty."""
    name_pattern: ShortText = "^[A-Za-z][A-Za-z0-9_]*$"
    """Regular expression that names must match, on top of the format's own rule."""
    frameworks: tuple[Literal["backtesting.py", "rules", "portfolio"], ...] = (
        "backtesting.py",
        "rules",
        "portfolio",
    )
    """What may trade: code, rules, code over several symbols."""
    folder_is_name: Flag = True
    """A strategy's folder must be called as the strategy is."""
    max_rule_length: Annotated[int, Field(ge=10, le=1000, strict=True)] = 500
    """Characters of one rule."""
    severities: dict[Adjustable, Severity] = Field(default_factory=dict)
    """Severity by rule id, where it differs from the default."""

    @field_validator("required")
    @classmethod
    def _are_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in StrategyDefinition.model_fields]
        if unknown:
            hint = near(unknown[0], StrategyDefinition.model_fields)
            raise ValueError(f"`{unknown[0]}` is not a field of definitions; {hint}".rstrip("; "))
        return names

    @field_validator("name_pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    def severity(self, rule: str) -> Severity:
        """How much a finding of this rule weighs here."""
        # Most rules aren't adjustable: whatever is not named is an error.
        chosen: Mapping[Any, Severity] = {**DEFAULT_SEVERITIES, **self.severities}
        return chosen.get(rule, Severity.ERROR)
