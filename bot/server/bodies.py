"""The documents that the HTTP API takes, with their keys exactly as clients know them."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from components.schema.definition.backtest import BacktestConfig

NAME = r"^([A-Za-z][A-Za-z0-9_]{0,99}|[1-9][0-9]{0,15})$"
REF = r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$"
SHA = r"^[0-9a-f]{40}([0-9a-f]{24})?$"
VERSION = r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$"

_MEMORY = re.compile(r"^\s*([0-9]{1,9})\s*([kmg]?)i?b?\s*$", re.IGNORECASE)
_MIB = {"k": 1 / 1024, "m": 1.0, "": 1 / (1024 * 1024), "g": 1024.0}


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_mebibytes(value: object) -> object:
    """Read text as Docker takes it ("512m") as MiB; anything else stays for the validator."""
    found = _MEMORY.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    amount, unit = int(found[1]), found[2].lower()
    return max(1, round(amount * _MIB[unit])) if unit else amount


StrategyId = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=NAME),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": NAME}, {"type": "integer", "minimum": 1}],
            "description": "the strategy's number or its name",
            "examples": ["sma_cross"],
        }
    ),
]
Ref = Annotated[str, Field(pattern=REF, description="a branch", examples=["improve-sma"])]
Sha = Annotated[str, Field(pattern=SHA, description="a whole commit id")]
VersionText = Annotated[str, Field(pattern=VERSION, examples=["1.2.0"])]
StageName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="a stage", examples=["live"])
]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ResourceLimits(_Request):
    """Limits for one execution; they lower the policy's and never raise them."""

    cpu: Annotated[float, Field(gt=0, le=1024, description="CPUs")] | None = None
    memory: (
        Annotated[
            int,
            BeforeValidator(_as_mebibytes),
            Field(ge=64, le=1 << 24, description='MiB, or text such as "512m"'),
        ]
        | None
    ) = None


class CodeToValidate(_Request):
    """Python source to be judged."""

    code: Annotated[str, Field(max_length=1 << 20, examples=["x = 1\n"])]
    strict_mode: bool = True


class SandboxTest(_Request):
    """Which strategy to run in the sandbox, and how tightly."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"strategy_id": "sma_cross", "timeout": 30}]}
    )

    strategy_id: StrategyId | None = None
    name: StrategyId | None = None
    ref: Ref | None = None
    timeout: Annotated[float, Field(gt=0, le=86_400, description="seconds")] | None = None
    resource_limits: ResourceLimits = ResourceLimits()

    @model_validator(mode="after")
    def _names_one(self) -> "SandboxTest":
        if (self.strategy_id is None) == (self.name is None):
            raise ValueError("give strategy_id or name, one of them")
        return self

    @property
    def strategy(self) -> str:
        """Number or name of the strategy."""
        return self.strategy_id or self.name or ""


class DeployBody(_Request):
    """What to deploy: a branch or a pull request; `sha` is the commit that was looked at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ref": "improve-sma", "create_tag": True}]}
    )

    ref: Ref | None = None
    pr: Annotated[int, Field(ge=1, le=2**31)] | None = None
    sha: Sha | None = None
    commit_message: Annotated[str, Field(max_length=10_000)] = ""
    create_tag: bool = True
    tag_version: VersionText | None = None

    @model_validator(mode="after")
    def _not_both(self) -> "DeployBody":
        if self.ref is not None and self.pr is not None:
            raise ValueError("give ref or pr, not both")
        return self


class RollbackBody(_Request):
    """Where to go back to: a version or a commit; neither takes the version before."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": "1.0.0", "reason": "losses live"}]}
    )

    version: VersionText | None = None
    commit_hash: Sha | None = None
    stage: StageName | None = None
    reason: Reason

    @model_validator(mode="after")
    def _not_both(self) -> "RollbackBody":
        if self.version is not None and self.commit_hash is not None:
            raise ValueError("give version or commit_hash, not both")
        return self


class PromoteBody(_Request):
    """Which stage to put a strategy on (without: the next one), as it is on the one before.

    `version`: refuse where another one is there by now.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "live"}]})

    to: StageName | None = None
    version: VersionText | None = None


class DriftBody(_Request):
    """The answer to a change on the base that the bot did not make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "restore"}]})

    answer: Literal["adopt", "restore"]
    reason: Annotated[str, Field(max_length=1000)] = ""


class HoldBody(_Request):
    """A version that must not be deployed, and why."""

    version: VersionText
    reason: Reason


class RunSandbox(_Request):
    """A backtest to be run in the sandbox."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"strategy_id": "sma_cross", "symbols": ["SPX"]}]}
    )

    strategy_id: StrategyId
    ref: Ref | None = None
    config: BacktestConfig | None = None
    start_date: date | None = None
    end_date: date | None = None
    symbols: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9_.^=-]{0,31}$")], ...],
        Field(max_length=100),
    ] = ()
    resource_limits: ResourceLimits = ResourceLimits()
    wait: Annotated[bool, Field(description="answer with the results (200)")] = False

    @model_validator(mode="after")
    def _start_before_end(self) -> "RunSandbox":
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            raise ValueError("start_date must be before end_date")
        return self
