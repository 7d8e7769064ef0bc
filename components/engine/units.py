"""Parts of a unit as what is traded: prices times the unit, volumes divided by it.

The semantics, to the bit, of `backtesting.lib.FractionalBacktest`: the broker counts whole numbers
of units that are so small, and the strategy sees their prices.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from components.schema.results.values import CheckName, Finding, Severity
from components.texts import number_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from components.ports import BacktestJob, Bars, SmokeJob
    from components.schema.definition.backtest import BacktestConfig

CHOSEN = 1e-6
"""What is traded where one unit is dear and the definition does not say."""

DEAR = 0.1
"""One unit is dear from this share of the capital on."""

_PRICES = ["Open", "High", "Low", "Close"]


def chosen_unit(config: BacktestConfig, frames: Mapping[str, pd.DataFrame]) -> float | None:
    """The unit where the definition names none; None: it names one, or whole units will do.

    The first close decides: a later one would tell the strategy how dear the asset gets.

    Args:
        config: the resolved configuration.
        frames: by symbol the bars of the whole backtest.
    """
    dearest = max(_first_closes(frames).values(), default=0.0)
    return CHOSEN if config.unit is None and dearest > DEAR * config.initial_capital else None


def _first_closes(frames: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Of the symbols that have a bar at the first time of all."""
    there = {symbol: frame for symbol, frame in frames.items() if len(frame)}
    start = min((frame.index[0] for frame in there.values()), default=None)
    first = {symbol: frame for symbol, frame in there.items() if frame.index[0] == start}
    return {symbol: float(frame["Close"].iloc[0]) for symbol, frame in first.items()}


def unit_of(job: BacktestJob | SmokeJob) -> float:
    """What the job trades whole numbers of, in units of the asset."""
    return job.config.unit or job.unit or 1.0


@lru_cache(maxsize=8)
def in_units(bars: Bars, unit: float) -> Bars:
    """The bars as the broker and the strategy see them."""
    if unit == 1:
        return bars
    frame = bars.frame.copy(deep=False)
    for name in _PRICES:
        frame[name] = frame[name] * unit
    if "Volume" in frame:
        frame["Volume"] = frame["Volume"] / unit
    return replace(bars, frame=frame, data_hash=f"{bars.data_hash} in units of {unit!r}")


def to_real_units(trades: pd.DataFrame, unit: float) -> None:
    """Have the package's table of trades show sizes and prices of the asset itself."""
    if unit != 1:
        trades["Size"] *= unit
        trades[["EntryPrice", "ExitPrice", "TP", "SL"]] /= unit


def rules_in_units(program: str, unit: float) -> str:
    """A rule program (JSON text, or "") that is told the unit: its rules see the asset's prices."""
    return json.dumps({**json.loads(program), "unit": unit}) if program and unit != 1 else program


def unit_findings(
    job: BacktestJob | SmokeJob, frames: Mapping[str, pd.DataFrame], counted: int
) -> tuple[Finding, ...]:
    """A note where the unit was chosen here; a warning where code asked for numbers of units.

    Args:
        job: what was run.
        frames: by symbol the bars that it ran on.
        counted: how many orders named a number of units.
    """
    if job.config.unit is not None or job.unit is None:
        return ()
    unit = number_words(job.unit)
    first = _first_closes(frames)
    symbol = max(first, key=first.__getitem__)
    price = first[symbol] / job.unit
    message = (
        f"{symbol}: one unit costs {price:,.0f}, more than a tenth of the capital of "
        f"{job.config.initial_capital:,.0f}: parts of it are traded, multiples of {unit}"
    )
    risky = counted > 0 and not job.rules
    if not job.rules:
        message += f"; prices are times {unit} in the strategy, as in FractionalBacktest"
    if risky:
        orders = "1 order names" if counted == 1 else f"{counted:,} orders name"
        message += f"; {orders} a number of units, and each of these is {unit}"
    return (
        Finding(
            check=CheckName.BACKTEST,
            rule="unit-chosen",
            severity=Severity.WARNING if risky else Severity.INFO,
            message=message,
            hint=(
                f"say it in the definition: `backtest: {{unit: {unit}}}`, or `unit: 1` where "
                "only whole units can be traded or the code has prices written into it"
            ),
            found=unit,
        ),
    )


def of_units(size: float | None, unit: float) -> Any:
    """What a definition says of sizes, in traded units: shares of the money stay as they are."""
    return round(size / unit) if size is not None and size >= 1 else size
