"""The bars that a job needs, from the data that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from components.engine.data.listed import bars_of
from components.engine.intervals import check_detail
from components.engine.joined import JoinedBars, held_alike, join, side_by_side
from components.engine.units import unit_of
from components.errors import UserError
from components.ports import BacktestJob, SmokeJob

if TYPE_CHECKING:
    from components.ports import Bars, BarSource

FEWEST_BARS = 3


@dataclass(frozen=True)
class Market:
    """The bars that are traded on, those that are held to compare, and finer ones, if asked for.

    `joined`: of a portfolio its symbols' bars; `bars` is then what holding them alike is worth.
    `noted`: the bars as sheets of orders note them, where those are asked for.
    """

    bars: Bars
    benchmark: Bars
    finer: Bars | None
    joined: JoinedBars | None = None
    noted: Bars | None = None


def market_of(job: BacktestJob | SmokeJob, data: BarSource) -> Market:
    """Read them. Raises UserError where something is not there, ConfigError where it is broken."""
    if job.symbols:
        return _of_portfolio(job, data)
    bars = data.bars(job.symbol, job.interval, job.start, job.end)
    if len(bars.frame) < FEWEST_BARS:
        raise UserError(f"{bars.symbol} has {len(bars.frame)} bars in that time: too few")
    return Market(bars, _benchmark(job, bars, data), _finer(job, data))


def _of_portfolio(job: BacktestJob | SmokeJob, data: BarSource) -> Market:
    several = bars_of(data, job.symbols, job.interval, job.start, job.end)
    orders = isinstance(job, BacktestJob) and job.sheets_since is not None
    going_on = job.going_on if isinstance(job, BacktestJob) else ()
    joined = join(several, unit_of(job), job.universe, going_on)
    if joined.moments < FEWEST_BARS:
        raise UserError(f"{job.symbol} has bars at {joined.moments} times: too few")
    bars = held_alike(job.symbol, several, joined)
    noted = side_by_side(job.symbol, several, joined) if orders else None
    return Market(bars, _benchmark(job, bars, data), None, joined, noted)


def needed(job: BacktestJob | SmokeJob) -> set[tuple[str, str]]:
    """Symbol and interval of all bars that `market_of` may read."""
    found = {(symbol, job.interval) for symbol in job.symbols or (job.symbol,)}
    if job.config.benchmark_symbol is not None:
        found.add((job.config.benchmark_symbol, job.interval))
    if job.config.detail is not None:
        found.add((job.symbol, job.config.detail))
    return found


def times_of(job: BacktestJob, data: BarSource) -> pd.DatetimeIndex:
    """The times of a job's bars; of a portfolio those of all its symbols. Raises as `market_of`."""
    several = bars_of(data, job.symbols or (job.symbol,), job.interval, job.start, job.end)
    if not job.symbols:
        return pd.DatetimeIndex(several[0].frame.index)
    return join(several, unit=1.0).timeline.index


def _finer(job: BacktestJob | SmokeJob, data: BarSource) -> Bars | None:
    if job.config.detail is None or isinstance(job, SmokeJob):
        return None
    check_detail(job.config.detail, job.interval)
    return data.bars(job.symbol, job.config.detail, job.start, job.end)


def _benchmark(job: BacktestJob | SmokeJob, bars: Bars, data: BarSource) -> Bars:
    symbol = job.config.benchmark_symbol
    if symbol is None or symbol == job.symbol:
        return bars
    return data.bars(symbol, job.interval, job.start, job.end)
