"""The documents that the HTTP API takes and gives, with their keys exactly as clients know them."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from bot.server.errors import Detail
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult

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


# --- answers -----------------------------------------------------------------------------------


class ValidSchema(BaseModel):
    """The definition is valid; `validated_data` has every default filled in."""

    status: Literal["valid"] = "valid"
    message: str
    validated_data: dict[str, Any]
    schema_version: str


class InvalidSchema(BaseModel):
    """The definition is not valid: `errors` for people, `details` for programs."""

    status: Literal["invalid"] = "invalid"
    code: Literal["invalid_definition", "invalid_config"]
    message: str
    errors: list[str]
    details: list[Detail]


class ValidCode(BaseModel):
    """The code passed every check in `checks_passed`."""

    status: Literal["validated"] = "validated"
    safe: Literal[True] = True
    message: str
    formatted_code: str
    checks_passed: list[str]


class Issue(BaseModel):
    """One thing found in code. Lines and columns count from 1."""

    rule: str
    severity: str
    message: str
    hint: str
    line: int | None
    column: int | None


class RejectedCode(BaseModel):
    """The code was refused."""

    status: Literal["rejected"] = "rejected"
    code: Literal["unsafe_code"] = "unsafe_code"
    error: Literal["Code validation failed"] = "Code validation failed"
    safe: Literal[False] = False
    message: str
    details: str
    issues: list[Issue]
    severity: str


class Usage(BaseModel):
    """What an execution used; null where it was not measured."""

    max_memory_mb: float | None
    cpu_percent: float | None


class SandboxOutcome(BaseModel):
    """How the sandboxed test ended. `execution_time` in seconds."""

    status: str
    success: bool
    execution_time: float
    exit_code: int | None
    output: str
    errors: str
    timed_out: bool
    resource_usage: Usage


class Tracking(BaseModel):
    """How often things were tried."""

    generation_attempts: int
    test_attempts: int
    fix_attempts: int
    error_count: int
    last_error: str


class AuditEntry(BaseModel):
    """One line of the audit log."""

    timestamp: str
    actor: str
    event: str
    strategy: str
    old: str
    new: str
    details: dict[str, Any]


class LifecycleAnswer(BaseModel):
    """One strategy's whole life."""

    strategy_id: int
    name: str
    current_status: str
    version: str
    lifecycle_tracking: Tracking
    timestamps: dict[str, str]
    audit_log: list[AuditEntry]


class Deployed(BaseModel):
    """What landed where; the message names each strategy, policy and other file of it.

    `status` is `waiting`, and `commit` "", while a merge queue of the forge has it.
    """

    status: str
    strategy_id: int
    branch: str
    commit: str
    tag: str | None
    message: str


class Promoted(BaseModel):
    """What is on a stage now; `waiting`: what will be, once reviews and checks allow it."""

    status: Literal["promoted", "unchanged", "waiting"]
    strategy_id: int
    version: str
    branch: str
    commit: str
    tag: str | None
    message: str


class DriftAnswered(BaseModel):
    """What became of a change on the base; `waiting`: it is put back once reviews allow it."""

    status: Literal["adopted", "rolled_back", "waiting"]
    strategy_id: int
    message: str


class RolledBack(BaseModel):
    """What was restored; `waiting`: what will be, once reviews and checks allow it."""

    status: Literal["rolled_back", "waiting"] = "rolled_back"
    strategy_id: int
    reverted_to: str
    branch: str
    commit: str
    reason: str
    message: str


class HealthAnswer(BaseModel):
    """Each component asked just now (cached for a second)."""

    overall: Literal["healthy", "degraded", "unhealthy"]
    components: dict[str, dict[str, Any]]


class ValidConfig(BaseModel):
    """The configuration is valid; `warnings` names what looks unintended."""

    status: Literal["valid"] = "valid"
    message: str
    validated_config: dict[str, Any]
    warnings: list[str]


class Queued(BaseModel):
    """The backtest was accepted; ask its status."""

    status: str
    backtest_id: int


class BacktestAnswer(BaseModel):
    """A requested backtest as it is now; `progress` in percent, `execution_time` in seconds."""

    backtest_id: int
    status: str
    progress: float
    started_at: str | None
    completed_at: str | None
    execution_time: float | None
    error_message: str | None
    state_tracking: dict[str, str]
    audit_log: list[AuditEntry]
    results: list[ExecutionResult] | None


class Held(BaseModel):
    """A hold was placed or lifted."""

    status: Literal["held", "lifted"]
    name: str
    version: str


class Status(BaseModel):
    """A bare answer for probes."""

    status: str
