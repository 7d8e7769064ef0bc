"""BacktestConfig: how a strategy is to be backtested."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from components.schema.values import Value

Fraction = Annotated[float, Field(ge=0, lt=1)]


class CommissionScheme(Value):
    """Commission per order: `fixed` in cash plus `pct` as a fraction of the order's value."""

    fixed: Annotated[float, Field(ge=0)] = 0.0
    pct: Annotated[float, Field(ge=0, lt=0.1)] = 0.0


class BacktestConfig(Value):
    """Settings of one backtest; money in account currency, rates as fractions (0.002 is 0.2 %)."""

    initial_capital: Annotated[float, Field(gt=0)] = 10_000.0
    commission: Annotated[float, Field(ge=0, lt=0.1)] | CommissionScheme = 0.0
    slippage: Fraction = 0.0
    position_size: Annotated[float, Field(gt=0)] | None = None
    max_positions: Annotated[int, Field(ge=1)] | None = None
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    trade_on_close: bool = False
    hedging: bool = False
    exclusive_orders: bool = False
    finalize_trades: bool = True
    start: date | None = None
    end: date | None = None
    symbols: tuple[str, ...] = ()
    benchmark_symbol: str | None = None
    risk_free_rate: Fraction = 0.0

    @model_validator(mode="after")
    def _start_before_end(self) -> "BacktestConfig":
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start} must be before end {self.end}")
        return self
