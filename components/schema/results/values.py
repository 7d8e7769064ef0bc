"""Values that travel between the parts: findings, results, verdicts. Frozen, JSON as they are."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from components.schema.results.base import Value as Value  # noqa: PLC0414  # also known from here
from components.schema.results.evidence import Evidence, RunCurve, Track
from components.schema.results.orders import OrderSheet


class CheckName(StrEnum):
    """The checks: of each strategy in the order in which they run, then of the proposal."""

    SCHEMA = "schema"
    CODE = "code"
    SANDBOX_TEST = "sandbox-test"
    LOOKAHEAD = "lookahead"
    BACKTEST = "backtest"
    POLICY = "policy"
    POLICY_CHANGE = "policy-change"


STRATEGY_CHECKS = tuple(check for check in CheckName if check is not CheckName.POLICY_CHANGE)
"""The checks of one strategy's content; `policy-change` is about the proposal as a whole."""


class Severity(StrEnum):
    """How much a finding weighs: an error fails its check, the others only inform."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Outcome(StrEnum):
    """How a check ended. `error` is ours or the machine's fault and never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What is said of one strategy's content, or (neutral) of a proposal without strategies."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NEUTRAL = "neutral"


class Finding(Value):
    """One problem, where it is, and what to do about it. Lines and columns count from 1.

    Attributes:
        fix: a unified diff of its file after which it is gone, where that is mechanical; or "".
    """

    check: CheckName
    rule: str
    severity: Severity = Severity.ERROR
    message: str
    hint: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    source_line: str = ""
    found: str = ""
    allowed: str = ""
    fix: str = ""


class Status(StrEnum):
    """How one sandboxed execution ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    PROTOCOL_ERROR = "protocol_error"
    KILLED = "killed"
    INFRASTRUCTURE_ERROR = "infrastructure_error"


class ResourceUsage(Value):
    """What an execution used; None where not measured.

    Attributes:
        max_memory_mb: peak memory in MiB.
        cpu_s: CPU time in seconds.
        waited_s: seconds that it waited for a processor; known where it reached a limit of time.
    """

    max_memory_mb: float | None = None
    cpu_s: float | None = None
    waited_s: float | None = None


class Limits(Value):
    """Bounds of one execution. A request may lower them, never raise them (`lowered_by`).

    `cpu_s` bounds work; `wall_s`, many times as long, only code that sleeps or waits.
    """

    wall_s: Annotated[float, Field(gt=0)] = 600.0
    cpu_s: Annotated[float, Field(gt=0)] = 60.0
    memory_mb: Annotated[int, Field(ge=64)] = 512
    cpus: Annotated[float, Field(gt=0)] = 1.0
    pids: Annotated[int, Field(ge=1)] = 64
    nofile: Annotated[int, Field(ge=16)] = 256
    fsize_mb: Annotated[int, Field(ge=1)] = 16
    tmpfs_mb: Annotated[int, Field(ge=1)] = 32
    output_kb: Annotated[int, Field(ge=1)] = 64
    frame_kb: Annotated[int, Field(ge=1)] = 1024

    def lowered_by(self, **requested: float | None) -> "Limits":
        """These limits with each requested one applied where it is lower.

        Args:
            requested: field names of `Limits` with values in the field's unit, or None.

        Returns:
            New limits; a value above the present one is ignored.

        Raises:
            pydantic.ValidationError: a requested value is not a valid limit.
        """
        wanted = {k: min(v, getattr(self, k)) for k, v in requested.items() if v is not None}
        return Limits.model_validate({**self.model_dump(), **wanted})


class Metrics(Value):
    """Statistics of a backtest from the engine. Percent where named; None: undefined."""

    start: str
    end: str
    duration: str
    exposure_pct: float | None = None
    equity_final: float | None = None
    equity_peak: float | None = None
    return_pct: float | None = None
    buy_hold_return_pct: float | None = None
    return_ann_pct: float | None = None
    volatility_ann_pct: float | None = None
    cagr_pct: float | None = None
    sharpe: float | None = None
    sharpe_geometric: float | None = None
    bars_a_year: float | None = None
    sortino: float | None = None
    calmar: float | None = None
    alpha: float | None = None
    beta: float | None = None
    max_drawdown_pct: float | None = None
    avg_drawdown_pct: float | None = None
    max_drawdown_duration: str | None = None
    trades: int = 0
    win_rate_pct: float | None = None
    best_trade_pct: float | None = None
    worst_trade_pct: float | None = None
    avg_trade_pct: float | None = None
    profit_factor: float | None = None
    expectancy_pct: float | None = None
    sqn: float | None = None
    kelly: float | None = None
    commissions: float | None = None
    turnover: float | None = None


class Trade(Value):
    """One closed trade. Bars are indices into the data, sizes in units, `return_pct` in percent."""

    entry_bar: int
    exit_bar: int
    entry_time: str
    exit_time: str
    size: float
    entry_price: float
    exit_price: float
    sl: float | None = None
    tp: float | None = None
    pnl: float
    return_pct: float
    commission: float
    tag: str | None = None
    symbol: str = ""


class Contribution(Value):
    """What one of several symbols brought, in account currency.

    Attributes:
        pnl: `closed` and `open` together.
        closed: of closed trades; `open`: of those still open, at the newest close.
        trades: how many were closed.
        first: time of its first bar, "" where it has none in that time; `delisted`: of its last
            one, where others go on, else "".
    """

    symbol: str
    pnl: float
    closed: float
    open: float
    trades: int
    first: str
    delisted: str = ""


class EquityPoint(Value):
    """One point of a downsampled equity curve: time (ISO), equity and drawdown (percent, <= 0)."""

    time: str
    equity: float
    drawdown_pct: float
    benchmark: float | None = None


class FillDifferences(Value):
    """Bars in which plain backtesting.py would have filled otherwise than a real exchange could.

    `money` is how much more that would have been worth at the closes of these bars, in account
    currency; `money_pct` the same in percent of the initial capital.
    """

    bars: int
    first_bar: int
    first_time: str
    money: float
    money_pct: float


class Band(Value):
    """What single bars leave open: the same orders with the other order of events in them.

    Attributes:
        trades: how many trades hang on it; the first in bar `first_bar`.
        stops_first: metrics with each such stop-loss before its take-profit, and before the bar
            of its entry ends; None: this could not be played.
        targets_first: the same with the take-profits first.
    """

    trades: int
    first_bar: int
    first_time: str
    stops_first: Metrics | None = None
    targets_first: Metrics | None = None

    def span(self, metric: str, counted: Metrics) -> tuple[float, float] | None:
        """The least and the largest value of a metric, the counted one included; None: unknown."""
        if self.stops_first is None or self.targets_first is None:
            return None
        values = [getattr(m, metric) for m in (counted, self.stops_first, self.targets_first)]
        known = [value for value in values if value is not None]
        return (min(known), max(known)) if len(known) == len(values) else None


class Provenance(Value):
    """Everything that a result depends on; equal provenance means equal result."""

    strategy_tree: str = ""
    base_commit: str = ""
    policy_hash: str = ""
    data_hash: str = ""
    detail_hash: str = ""
    engine: str = ""
    image: str = ""
    backend: str = ""
    causality: str = ""
    seed: int = 0


class AuthorTest(Value):
    """One test of the author's own `test_*.py`, as pytest in the sandbox reported it."""

    name: str
    outcome: Outcome
    duration_s: float = 0.0
    message: str = ""


class ExecutionResult(Value):
    """What came of one sandboxed execution. Decided by the trusted side only."""

    status: Status
    message: str = ""
    exit_code: int | None = None
    duration_s: float = 0.0
    phases_s: dict[str, float] = Field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    resource_usage: ResourceUsage = ResourceUsage()
    unlimited: tuple[str, ...] = ()
    """Limits that this backend could not enforce on this machine, for the report."""
    traceback: str = ""
    symbol: str = ""
    interval: str = ""
    metrics: Metrics | None = None
    benchmark: Metrics | None = None
    """Buying and holding over the same bars, without costs."""
    equity: tuple[EquityPoint, ...] = ()
    trades: tuple[Trade, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    """Of a portfolio: what each symbol brought."""
    orders_sha256: str = ""
    """Of all requests of the strategy with their bars; "" where it did not run to its end."""
    evidence: Evidence | None = None
    track: SkipJsonSchema[Track | None] = Field(default=None, exclude=True, repr=False)
    """For the ledger of tries; in no document."""
    curve: SkipJsonSchema[RunCurve | None] = Field(default=None, exclude=True, repr=False)
    """For the account of several symbols; in no document."""
    sheets: SkipJsonSchema[tuple[OrderSheet, ...]] = Field(default=(), exclude=True, repr=False)
    """What it wanted after each of the last bars, where the job asked for that; as above."""
    lookahead: tuple[Finding, ...] = ()
    looked_at: str = ""
    """What the look for future bars compared, in words; "": it found something, or was not done."""
    unit: float = 1.0
    """The smallest amount that was traded; trades' sizes and prices are the asset's own."""
    fill_differences: FillDifferences | None = None
    band: Band | None = None
    data_findings: tuple[Finding, ...] = ()
    """What is suspicious in the bars that it ran on."""
    order_findings: tuple[Finding, ...] = ()
    """Orders that came to nothing, and why there is no trade."""
    tests: tuple[AuthorTest, ...] = ()
    provenance: Provenance = Provenance()
