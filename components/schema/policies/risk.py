"""policies/risk.yaml: how strategies are backtested, and what their results must be."""

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Value
from components.schema.types import INTERVAL_PATTERN, PERIOD_PATTERN, Flag, ShortText, Symbol

LuckMetric = Literal["dsr", "min_track_years", "pbo", "psr"]
LUCK_METRICS: frozenset[str] = frozenset(get_args(LuckMetric))
"""Metrics of `results.evidence.Luck`: they depend on how many tries were counted."""

FurtherMetric = Literal["cost_multiple", "delay_keep", "oos_keep"]
FURTHER_METRICS: frozenset[str] = frozenset(get_args(FurtherMetric))
"""Metrics of `results.further.Further`: a gate on one of them asks for further runs."""

BookMetric = Literal["correlation_with_book", "marginal_sharpe"]
BOOK_METRICS: frozenset[str] = frozenset(get_args(BookMetric))
"""Metrics of `results.book.BookFit`: they depend on what is deployed."""

CHANGING_METRICS = LUCK_METRICS | BOOK_METRICS
"""What the content alone does not decide: judged at the verdict, and again at the deploy."""

FamilyScope = Literal["data", "strategy", "repository"]

GateMetric = Literal[
    "alpha",
    "avg_drawdown_pct",
    "avg_trade_pct",
    "best_trade_pct",
    "beta",
    "buy_hold_return_pct",
    "cagr_pct",
    "calmar",
    "commissions",
    "equity_final",
    "equity_peak",
    "expectancy_pct",
    "exposure_pct",
    "kelly",
    "max_drawdown_pct",
    "profit_factor",
    "return_ann_pct",
    "return_pct",
    "sharpe",
    "sharpe_geometric",
    "sortino",
    "sqn",
    "trades",
    "turnover",
    "volatility_ann_pct",
    "win_rate_pct",
    "worst_trade_pct",
]
"""Metrics that a gate can look at: the numeric fields of `values.Metrics`."""

Share = Annotated[float, Field(ge=0, le=1)]


class Defaults(Value):
    """What a definition that does not say it is backtested on."""

    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1)] = ("SPX",)
    interval: Annotated[str, Field(pattern=INTERVAL_PATTERN)] = "1d"
    period: Annotated[str, Field(pattern=PERIOD_PATTERN)] | None = None
    """How far back from the data's end; none: all there is."""
    initial_capital: Annotated[float, Field(gt=0)] = 100_000.0
    """Account currency."""


class Floors(Value):
    """Costs and leverage that no strategy may undercut; fractions (0.0005 is 0.05 %)."""

    commission_pct: Annotated[float, Field(ge=0, lt=0.1)] = 0.0005
    commission_fixed: Annotated[float, Field(ge=0)] = 0.0
    slippage: Annotated[float, Field(ge=0, lt=1)] = 0.0002
    margin: Annotated[float, Field(gt=0, le=1)] = 0.5


class Gate(Value):
    """One condition on a result.

    `absolute`: metric op value. `base`: metric op (the deployed version's metric + value).
    `benchmark`: metric op (buy-and-hold's metric + value).
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    metric: GateMetric | LuckMetric | FurtherMetric | BookMetric
    op: Literal[">=", ">", "<=", "<"]
    value: float
    compare: Literal["absolute", "base", "benchmark"] = "absolute"
    severity: Literal["block", "warn"] = "block"
    scope: Literal["symbol", "aggregate", "both"] = "both"
    """Judged on each symbol, on the account of several (`aggregate`), or on both."""
    message: ShortText = ""

    @model_validator(mode="after")
    def _luck_is_compared_with_nothing(self) -> "Gate":
        alone = CHANGING_METRICS | FURTHER_METRICS
        if self.metric in alone and self.compare != "absolute":
            raise ValueError(f"{self.metric} is about one result: it takes `compare: absolute`")
        if self.metric in alone and self.scope == "aggregate":
            raise ValueError(f"{self.metric} is of each symbol alone: it takes `scope: symbol`")
        return self


class LuckPolicy(Value):
    """Whose tries a result is held against."""

    family: FamilyScope = "data"
    """All on the same symbol and interval, those of the strategy, or all of the repository."""


class Robustness(Value):
    """Whether neighbouring parameter values may collapse the result."""

    enabled: Flag = False
    metric: GateMetric = "sharpe"
    step_pct: Annotated[float, Field(gt=0, le=100)] = 20.0
    """How far a neighbour is away, in percent, where the parameter names no step."""
    keep: Share = 0.5
    """Share of the metric that the worst neighbour must keep."""
    max_runs: Annotated[int, Field(ge=1, le=200)] = 20
    severity: Literal["block", "warn"] = "warn"


class WalkForward(Value):
    """Whether the result holds on the part of the data that comes last."""

    enabled: Flag = False
    metric: GateMetric = "sharpe"
    out_of_sample: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the time kept for the second part."""
    keep: Share = 0.5
    """Share of the first part's metric that the second part must keep."""
    severity: Literal["block", "warn"] = "warn"


class OutOfSample(Value):
    """How a gate on `oos_keep` walks forward: parameters chosen on the past, judged after it."""

    windows: Annotated[int, Field(ge=2, le=50)] = 8
    past: Literal["rolling", "anchored"] = "rolling"
    """The past part of each window: as long as the first one, or all since the first bar."""
    first_past: Annotated[float, Field(ge=0.1, le=0.9)] = 0.33
    """Share of the time before the first part that is judged."""
    choices: Annotated[int, Field(ge=1, le=50)] = 8
    """Sets of parameters beside the strategy's own; each costs one run, whatever the windows."""


class Holdout(Value):
    """The bars that are sealed: no result that anybody sees is made of them.

    With `last` the seal moves on as new bars arrive; with `from` it stays.
    """

    last: Annotated[str, Field(pattern=r"^[1-9]\d?(\.\d+)?%$")] | None = None
    """Share of a symbol's time, from its first bar to its last one: "20%"."""
    since: Annotated[dt.date | None, Field(alias="from")] = None
    """First day that is sealed."""
    looks: Annotated[int, Field(ge=1, le=1_000)] = 10
    """Answers that are given, whatever they are; one more is never given."""
    per: Literal["family", "repository"] = "family"
    """Whose looks are counted together: all on the same symbol and interval, whatever the strategy
    is called, or all of the repository."""
    severity: Literal["block", "warn"] = "block"
    shown: Literal["never", "after_deploy"] = "never"
    """Whether readers see the figures of what is deployed. They tell of bars that stay sealed."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Holdout":
        if (self.last is None) == (self.since is None):
            raise ValueError("holdout takes either `last: 20%` or `from: 2016-01-01`")
        return self

    @property
    def share(self) -> float:
        """`last` as a fraction; 0 without it."""
        return float(self.last.rstrip("%")) / 100 if self.last else 0.0


class CausalityPolicy(Value):
    """How future bars are kept from a strategy."""

    mode: Literal["streamed", "audited"] | None = None
    """None: as `engine.causality` in config.yaml says."""
    audited_above_bars: Annotated[int, Field(ge=1)] | None = None
    """Longer series are audited; None: never for their length."""
    stream_cpu_s: Annotated[float, Field(gt=0)] | None = 10.0
    """CPU seconds of one streamed run; one that would take more is audited. None: no such bound."""


class DataPolicy(Value):
    """Which market data a backtest is not run on, beside what is impossible."""

    max_gap_days: Annotated[float, Field(gt=0)] = 14.0
    """Days without a bar, where that is also more than four usual steps of the data."""
    block: tuple[Literal["spike", "split", "frozen", "outage"], ...] = ()
    """Suspicious bars that are refused; the others are warnings."""


class Recheck(Value):
    """What happens when a deployed strategy fails on new data."""

    action: Literal["notify", "propose_rollback", "rollback"] = "notify"


class RiskPolicy(Value):
    """How strategies are backtested and judged."""

    defaults: Defaults = Defaults()
    floors: Floors = Floors()
    gates: tuple[Gate, ...] = ()
    causality: CausalityPolicy = CausalityPolicy()
    robustness: Robustness = Robustness()
    walk_forward: WalkForward = WalkForward()
    out_of_sample: OutOfSample = OutOfSample()
    recheck: Recheck = Recheck()
    data: DataPolicy = DataPolicy()
    luck: LuckPolicy = LuckPolicy()
    holdout: Holdout | None = None
    """None: no bars are sealed."""
    backtest: BacktestConfig | None = None
    """Settings for definitions that bring none."""

    @model_validator(mode="after")
    def _gates_have_different_names(self) -> "RiskPolicy":
        names = [gate.id for gate in self.gates]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"gates need different ids, found twice: {', '.join(twice)}")
        return self
