"""Finer bars decide what one bar can't, on the trusted side; the strategy sees the same fills."""

import numpy as np
import pandas as pd
import pytest
from engine_support import run

from components.engine.market_data import FolderData
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status
from tests.engine_requests import tasks_of

HOURS, FINE, STEPS = 160, 12, 40
HEAD = "from backtesting import Strategy\n\nclass Narrow(Strategy):\n    def init(self): pass\n"
BRACKET = (
    HEAD
    + """
    def next(self):
        print(repr(float(self.equity)), len(self.trades), len(self.closed_trades))
        price = self.data.Close[-1]
        if not self.position:
            self.buy(size=.9, sl=price * .998, tp=price * 1.002)
"""
)
ENTRY = (
    HEAD
    + """
    def next(self):
        print(repr(float(self.equity)), len(self.trades), len(self.closed_trades))
        price = self.data.Close[-1]
        for order in self.orders:
            order.cancel()
        if not self.position:
            self.sell(size=.5, limit=price * 1.003, sl=price * 1.009, tp=price * .997)
            self.buy(size=20, stop=price * 1.004, sl=price * .998, tp=price * 1.012)
        elif len(self.data) % 5 == 0:
            self.trades[-1].sl = price * (.998 if self.trades[-1].is_long else 1.002)
"""
)


def _bars(path, size, step):
    parts = path.reshape(-1, size)
    index = pd.date_range("2024-01-01", periods=len(parts), freq=step, name="Date")
    opens = np.append(path[0], parts[:-1, -1])
    columns = {"Open": opens, "High": np.maximum(parts.max(1), opens)}
    columns |= {"Low": np.minimum(parts.min(1), opens), "Close": parts[:, -1]}
    return pd.DataFrame(columns, index).assign(Volume=1.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detail")
    chance = np.random.default_rng(5)
    size = FINE * STEPS
    path = 1_000 * np.exp(chance.normal(0, 0.008 / size**0.5, HOURS * size).cumsum())
    for symbol in ("FULL", "HALF"):
        _bars(path, size, "h").to_csv(folder / f"{symbol}_1h.csv")
    fine = _bars(path, STEPS, "5min")
    fine.to_csv(folder / "FULL_5m.csv")
    fine.iloc[: len(fine) // 2].to_csv(folder / "HALF_5m.csv")
    return FolderData(folder)


def ran(data, source, symbol="FULL", causality="streamed", **more):
    config = BacktestConfig(initial_capital=100_000, finalize_trades=False, **more)
    ours = run(source, data, symbol=symbol, interval="1h", config=config, causality=causality)
    assert ours.status is Status.PASSED, (ours.message, ours.traceback)
    return ours, {f.rule: f for f in ours.order_findings}


@pytest.mark.parametrize("unit", [None, 0.01], ids=["whole", "parts"])
@pytest.mark.parametrize("source", [BRACKET, ENTRY], ids=["bracket", "entry"])
def test_finer_bars_decide_and_the_strategy_sees_the_same_account(source, unit, data):
    alone, _ = ran(data, source, unit=unit)
    ours, said = ran(data, source, unit=unit, detail="5m")
    assert alone.band.trades > 5
    asked = said["detail"].message
    assert "bars of 5m decided" in asked
    assert ours.band is None or ours.band.trades < alone.band.trades / 2
    assert ours.metrics.return_pct != alone.metrics.return_pct
    seen = [line.split() for line in ours.stdout.splitlines()]
    assert [float(equity) for equity, *_ in seen] == [p.equity for p in ours.equity][-len(seen) :]
    assert ours.lookahead == ()
    assert ours.provenance.detail_hash == data.data_hash("FULL", "5m", None, None)


def test_bars_without_finer_ones_stay_undecided(data):
    full, _ = ran(data, BRACKET, detail="5m")
    ours, said = ran(data, BRACKET, symbol="HALF", detail="5m")
    assert ours.band.trades > (full.band.trades if full.band else 0) + 10
    assert "finer bars are missing there" in said["detail"].hint
    early = [t for t in ours.trades if t.exit_bar < HOURS // 2]
    assert early == [t for t in full.trades if t.exit_bar < HOURS // 2]


def test_audited_run_says_that_finer_bars_decide_nothing_in_it(data):
    alone, _ = ran(data, BRACKET, causality="audited")
    ours, said = ran(data, BRACKET, causality="audited", detail="5m")
    assert "decide nothing in an audited run" in said["detail"].message
    assert ours.metrics == alone.metrics


def task_of(data, symbol, **backtest):
    tasks, findings, _ = tasks_of(data, symbol=symbol, interval="1h", backtest=backtest)
    return tasks, findings


def test_finer_bars_are_part_of_what_a_verdict_depends_on(data):
    (task,), _ = task_of(data, "FULL", detail="5m")
    (half,), _ = task_of(data, "HALF", detail="5m")
    (alone,), _ = task_of(data, "FULL")
    assert len({task.data_hash, half.data_hash, alone.data_hash}) == 3
    assert task.data_hash.startswith(f"{alone.data_hash}+")


@pytest.mark.parametrize(
    ("detail", "says"), [("1m", "no data for FULL 1m"), ("1d", "must be shorter than the interval")]
)
def test_detail_that_cannot_be_had_is_said_at_once(detail, says, data):
    tasks, (finding,) = task_of(data, "FULL", detail=detail)
    assert tasks == ()
    assert says in finding.message


def test_finer_bars_bring_a_fair_walk_near_to_fair(data):
    """The bracket loses nearly all where its stop-loss always comes first."""
    alone, _ = ran(data, BRACKET)
    ours, _ = ran(data, BRACKET, detail="5m")
    low, high = alone.band.span("return_pct", alone.metrics)
    assert low == alone.metrics.return_pct < -10
    assert low < ours.metrics.return_pct < high
    assert abs(ours.metrics.return_pct) < abs(low) / 2


def test_lookback_is_judged_with_the_same_fills(data):
    """An average of four bars on a lookback of two: found, and no other difference beside it."""
    source = BRACKET.replace(
        "def init(self): pass",
        "def init(self): self.a = self.I(lambda c: c.rolling(4, min_periods=1).mean(), self.data.Close.s)",
    ).replace("if not self.position", "if not self.position and price > self.a[-1]")
    ours, _ = ran(data, source, detail="5m")
    assert ours.lookahead == ()
    short = run(
        source,
        data,
        symbol="FULL",
        interval="1h",
        lookback=2,
        config=BacktestConfig(initial_capital=100_000, finalize_trades=False, detail="5m"),
    )
    (leak,) = short.lookahead
    assert leak.rule == "lookback"
    assert "the smallest lookback that would do is 4" in leak.message


def test_finer_bars_decide_in_the_real_sandbox(data, wall):
    config = BacktestConfig(initial_capital=100_000, finalize_trades=False, detail="5m")
    forked, _ = ran(data, BRACKET, detail="5m")
    ours = run(BRACKET, data, symbol="FULL", interval="1h", config=config, sandbox=wall)
    assert (ours.status, ours.trades) == (Status.PASSED, forked.trades)
    assert ours.stdout == forked.stdout
