"""policies/sandbox.yaml: how much a guest may use, and how guests are kept apart."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.schema.results.values import Limits, Value

SMALLEST_MEMORY_MB = 128
"""What the guest itself needs before a strategy's first line: interpreter, numpy, pandas."""

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class SmokeBudget(Value):
    """Time for the sandbox test: it sees only the first bars."""

    wall_s: Seconds = 300.0
    cpu_s: Seconds = 30.0


class SandboxPolicy(Value):
    """The operator's bounds; a request or a definition may lower them, never raise them."""

    schema_version: Literal["1"] = "1"
    """Version of this file's format."""
    isolation: Literal["job", "strategy"] = "strategy"
    """`strategy`: jobs of the very same files share a guest, a process each. `job`: a fresh guest
    for every job."""
    runtime: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$")] = ""
    """Docker's runtime (runsc, kata-runtime), which must be installed; empty: its default."""
    packages: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*\.txt)?$")] = ""
    """Requirements file with hashes, beside this file: what strategies may import beyond the
    sandbox's own packages. Empty: nothing."""
    limits: Limits = Limits()
    """Bounds of one backtest."""
    smoke: SmokeBudget = SmokeBudget()
    """Less time for the sandbox test; its other bounds are those of `limits`."""

    @property
    def smoke_limits(self) -> Limits:
        """Bounds of one sandbox test."""
        return self.limits.lowered_by(wall_s=self.smoke.wall_s, cpu_s=self.smoke.cpu_s)

    @model_validator(mode="after")
    def _the_guest_itself_fits(self) -> "SandboxPolicy":
        if self.limits.memory_mb < SMALLEST_MEMORY_MB:
            raise ValueError(
                f"limits.memory_mb is {self.limits.memory_mb}: the guest itself needs "
                f"{SMALLEST_MEMORY_MB}"
            )
        return self
