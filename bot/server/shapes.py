"""The documents that the HTTP API gives, with their keys exactly as clients know them."""

from typing import Any, Literal

from pydantic import BaseModel

from bot.server.errors import Detail
from components.schema.results.values import ExecutionResult


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
    """What became of a change on the base; `waiting`: it is put back once reviews allow it.

    `strategy_id` is null for content that never was on record as a strategy's.
    """

    status: Literal["adopted", "rolled_back", "waiting"]
    strategy_id: int | None
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
