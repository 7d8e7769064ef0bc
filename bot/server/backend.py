"""Backend: exactly what the HTTP server asks of the bot, beside reading the Store.

Every method may block and may be called from any thread; the server calls them off its event
loop. Errors: `UserError` (and its kinds below) is the caller's fault and becomes a 4xx,
`TransientError` a 503 with Retry-After. Texts reach API clients: no host paths, no secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from components.state.db.errors import NotFound as NotFound  # noqa: PLC0414  # for those who implement Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.agents.door import Door
    from bot.config.settings import Settings
    from bot.core.events import Event
    from bot.core.notices import Progress
    from bot.core.requests import (
        BacktestRequest,
        BacktestState,
        ComponentHealth,
        DeployOutcome,
        DeployRequest,
        DriftOutcome,
        DriftRequest,
        FileDiff,
        Measures,
        PromoteOutcome,
        PromoteRequest,
        RollbackOutcome,
        RollbackRequest,
        SandboxTestRequest,
    )
    from components.schema.results.values import ExecutionResult
    from components.state import Store
    from components.state.tables.looks import SealedLook


class Backend(Protocol):
    """The bot, as the HTTP server sees it."""

    @property
    def store(self) -> Store:
        """The State Manager, for reads."""

    @property
    def settings(self) -> Settings:
        """The whole configuration; frozen."""

    def deploy(self, request: DeployRequest) -> DeployOutcome:
        """Land a proposal. Raises NotFound, NotReady, Conflict, Moved, UserError (held)."""

    def rollback(self, request: RollbackRequest) -> RollbackOutcome:
        """Restore an earlier version. Raises NotFound, NotReady, UserError, Moved."""

    def promote(self, request: PromoteRequest) -> PromoteOutcome:
        """Put a strategy on a stage. Raises NotFound, NotReady, UserError (held), Moved."""

    def answer_drift(self, request: DriftRequest) -> DriftOutcome:
        """Adopt or restore what has drifted. Raises NotFound, NotReady, UserError, Moved."""

    def sealed_figures(self, name: str) -> SealedLook | None:
        """What the policy shows of the sealed bars of what is deployed; None: nothing."""

    def hold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        """Forbid a version to be deployed. Raises NotFound, UserError."""

    def unhold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        """Lift a hold. Raises NotFound, UserError (not held)."""

    def sandbox_test(self, request: SandboxTestRequest) -> ExecutionResult:
        """Run the smoke test and wait for it. Raises NotFound, UserError, TransientError."""

    def start_backtest(self, request: BacktestRequest) -> int:
        """Queue a backtest, durably; its number. Raises NotFound, UserError (unknown symbol...)."""

    def backtest(self, backtest_id: int) -> BacktestState | None:
        """A requested backtest as it is now; None when there is none of this number."""

    def forge_number(self, repository: str) -> int | None:
        """The forge's own id of a repository, None where it has none or was not asked yet."""

    def receive(self, delivery: str, events: tuple[Event, ...]) -> bool:
        """Store verified events durably before the webhook is answered.

        Args:
            delivery: the forge's unique delivery id.
            events: what the payload meant; may be empty.

        Returns:
            False when this delivery was received already: nothing was done.
        """

    def diff(self, name: str, old: str, new: str) -> tuple[FileDiff, ...]:
        """The files that differ between two versions of a strategy. Raises NotFound."""

    def health(self) -> Mapping[str, ComponentHealth]:
        """Ask each component now (see HEALTH_COMPONENTS); never raises. Bounded to 5 s."""

    def measure(self) -> Measures:
        """Values for /metrics."""

    def job_output(self, run_id: int) -> Mapping[str, tuple[str, ...]]:
        """What the jobs of a run that is at work said so far: untrusted lines by strategy."""

    def door(self, author: str, repository: str) -> Door:
        """An author's way in for agents.

        Args:
            author: the name of a token.
            repository: its key; "" is the first one.
        """

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        """Call `listener` from any thread for each Progress from now on; returns the way to stop.

        The listener returns at once and never raises.
        """
