"""What the bot tells those who watch: one value for each thing that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from components.schema.results.values import Outcome


@dataclass(frozen=True)
class CheckEnded:
    """One check of one strategy ended, in a run."""

    run_id: int
    strategy: str
    check: str
    outcome: Outcome
    duration_s: float


@dataclass(frozen=True)
class RunChanged:
    """A run began, moved on or ended; `verdict` is "" until it ended."""

    run_id: int
    verdict: str = ""


@dataclass(frozen=True)
class RunSpoke:
    """Jobs of a run that is at work said something; read it with `Backend.job_output`."""

    run_id: int


@dataclass(frozen=True)
class StrategyChanged:
    """A strategy's lifecycle state, deployed version or holds changed."""

    strategy: str


@dataclass(frozen=True)
class OrdersChanged:
    """What a deployed strategy wants next is told anew, or why it wants nothing."""

    strategy: str
    symbol: str


@dataclass(frozen=True)
class BacktestChanged:
    """A requested backtest moved on; read it with `Backend.backtest`."""

    backtest_id: int


@dataclass(frozen=True)
class Answered:
    """An author was told something: that a check fails for certain or waits, or the verdict."""

    until: Literal["first", "verdict"]
    waited_s: float


Progress = (
    CheckEnded
    | RunChanged
    | RunSpoke
    | StrategyChanged
    | OrdersChanged
    | BacktestChanged
    | Answered
)
