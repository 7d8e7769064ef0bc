"""BacktestConfig: how a strategy is to be backtested."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from components.schema.results.values import Value
from components.schema.types import INTERVAL_PATTERN, Count, Flag, IsoDate, Lookback, Number, Symbol

Fraction = Annotated[Number, Field(ge=0, lt=1)]
CommissionRate = Annotated[Number, Field(ge=0, lt=0.1)]


class CommissionScheme(Value):
    """Commission per order: `fixed` in cash plus `pct` as a fraction of the order's value."""

    fixed: Annotated[Number, Field(ge=0)] = 0.0
    pct: CommissionRate = 0.0


def _commission_kind(value: Any) -> str:
    return "spec" if isinstance(value, dict | CommissionScheme) else "number"


Commission = Annotated[
    Annotated[CommissionRate, Tag("number")] | Annotated[CommissionScheme, Tag("spec")],
    Discriminator(_commission_kind),
]


class BacktestConfig(Value):
    """Settings of one backtest; money in account currency, rates as fractions (0.002 is 0.2 %)."""

    initial_capital: Annotated[Number, Field(gt=0)] = 10_000.0
    commission: Commission = 0.0
    slippage: Fraction = 0.0
    position_size: Annotated[Number, Field(gt=0)] | None = None
    max_positions: Count | None = None
    margin: Annotated[Number, Field(gt=0, le=1)] = 1.0
    trade_on_close: Flag = False
    hedging: Flag = False
    exclusive_orders: Flag = False
    finalize_trades: Flag = True
    start: IsoDate | None = None
    end: IsoDate | None = None
    symbols: tuple[Symbol, ...] = ()
    benchmark_symbol: Symbol | None = None
    risk_free_rate: Fraction = 0.0
    unit: Annotated[Number, Field(ge=1e-9, le=1)] | None = None
    """The smallest amount that can be traded; none: 1, or 1e-6 where one unit is dear."""
    detail: Annotated[str, StringConstraints(strict=True, pattern=INTERVAL_PATTERN)] | None = None
    """Finer bars that decide what one bar can't, such as 1m; only the trusted side has them."""
    lookback: Lookback | None = None
    """Bars that init() needs to look back; declared, it makes long series cheap to stream."""

    @model_validator(mode="after")
    def _start_before_end(self) -> "BacktestConfig":
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start} must be before end {self.end}")
        return self
