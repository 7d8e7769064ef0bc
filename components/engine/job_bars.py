"""The bars that a job needs, from the data that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.engine.intervals import check_detail
from components.errors import UserError
from components.ports import BacktestJob, SmokeJob

if TYPE_CHECKING:
    from components.ports import Bars, MarketData

FEWEST_BARS = 3


@dataclass(frozen=True)
class Market:
    """The bars that are traded on, those that are held to compare, and finer ones, if asked for."""

    bars: Bars
    benchmark: Bars
    finer: Bars | None


def market_of(job: BacktestJob | SmokeJob, data: MarketData) -> Market:
    """Read them. Raises UserError where something is not there, ConfigError where it is broken."""
    bars = data.bars(job.symbol, job.interval, job.start, job.end)
    if len(bars.frame) < FEWEST_BARS:
        raise UserError(f"{bars.symbol} has {len(bars.frame)} bars in that time: too few")
    return Market(bars, _benchmark(job, bars, data), _finer(job, data))


def _finer(job: BacktestJob | SmokeJob, data: MarketData) -> Bars | None:
    if job.config.detail is None or isinstance(job, SmokeJob):
        return None
    check_detail(job.config.detail, job.interval)
    return data.bars(job.symbol, job.config.detail, job.start, job.end)


def _benchmark(job: BacktestJob | SmokeJob, bars: Bars, data: MarketData) -> Bars:
    symbol = job.config.benchmark_symbol
    if symbol is None or symbol == job.symbol:
        return bars
    return data.bars(symbol, job.interval, job.start, job.end)
