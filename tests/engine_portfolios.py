"""Strategies on several symbols, and made-up markets of them, for the engine's tests."""

from __future__ import annotations

import types
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from engine_support import run

import algoops
from components.engine.market_data import FolderData
from components.sandbox.guest.runtime import loading
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.results.values import ExecutionResult, Status
from tests.unit.portfolio.made_up import walk

if TYPE_CHECKING:
    from pathlib import Path

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
HEAD = """
import random
import numpy as np
import pandas as pd
from algoops import PortfolioStrategy

def roc(close, bars):
    return pd.Series(close).pct_change(bars)

def sma(close, bars):
    return pd.Series(close).rolling(bars).mean()
"""

ROTATION = (
    HEAD
    + """
class Rotation(PortfolioStrategy):
    lookback = 15
    def init(self):
        self.gain = {s: self.I(roc, self.data[s].Close, self.lookback) for s in self.symbols}
    def next(self):
        known = [s for s in self.listed if not np.isnan(self.gain[s][-1])]
        if known:
            self.target({max(known, key=lambda s: self.gain[s][-1]): 0.95})
"""
)
EQUAL_RISK = (
    HEAD
    + """
class EqualRisk(PortfolioStrategy):
    def init(self):
        self.risk = [self.I(self.noise, self.data[s].Close, symbol=s, name="risk") for s in self.symbols]
    @staticmethod
    def noise(close):
        return pd.Series(close).pct_change().rolling(10).std()
    def next(self):
        risk = {s: r[-1] for s, r in zip(self.symbols, self.risk)
                if s in self.listed and not np.isnan(r[-1])}
        total = sum(1 / r for r in risk.values())
        if total:
            self.target({s: 0.9 / r / total for s, r in risk.items()})
"""
)
ORDERS = (
    HEAD
    + """
class Orders(PortfolioStrategy):
    def init(self):
        self.chance = random.Random(4)
        for s in self.symbols:
            self.I(sma, self.data[s].Close, 5)
    def next(self):
        for s in self.listed:
            close, side = self.data[s].Close[-1], self.chance.choice((1, -1))
            order = self.buy if side > 0 else self.sell
            kind = self.chance.randrange(7)
            if kind == 0:
                order(s, size=self.chance.randint(1, 20), tag="market")
            elif kind == 1:
                order(s, size=5, limit=close * (1 - 0.01 * side))
            elif kind == 2:
                order(s, size=5, stop=close * (1 + 0.01 * side))
            elif kind == 3:
                order(s, size=0.1, sl=close * (1 - 0.05 * side), tp=close * (1 + 0.05 * side))
            elif kind == 4:
                self.position(s).close()
        for trade in self.trades:
            if self.chance.random() < 0.05:
                trade.close(0.5)
            elif self.chance.random() < 0.05:
                trade.sl = self.data[trade.symbol].Close[-1] * (0.9 if trade.is_long else 1.1)
        for order in self.orders:
            if self.chance.random() < 0.1 and not order.is_contingent:
                order.cancel()
"""
)
PLAIN_ARRAYS = (
    HEAD
    + """
class PlainArrays(PortfolioStrategy):
    def init(self):
        self.means = {s: sma(self.data[s].Close, 8).to_numpy() for s in self.symbols}
    def next(self):
        for s in self.listed:
            bar = len(self.data[s]) - 1
            if self.data[s].Close[-1] > self.means[s][bar] and not self.position(s):
                self.buy(s, size=10)
            elif self.data[s].Close[-1] < self.means[s][bar]:
                self.position(s).close()
"""
)
SOUND = {
    "rotation": ROTATION,
    "equal_risk": EQUAL_RISK,
    "orders": ORDERS,
    "plain_arrays": PLAIN_ARRAYS,
}


def write_market(folder: Path, bars: int = 160) -> FolderData:
    """Four symbols: one with holes, one that is listed late, one that is delisted."""
    folder.mkdir(exist_ok=True)
    frames = {
        "AAA": walk(1, bars),
        "BBB": walk(2, bars, gaps=(5, 6, 40, 41, 42)),
        "CCC": walk(3, bars - 31, "2020-02-01"),
        "DDD": walk(4, bars - 45),
    }
    for symbol, frame in frames.items():
        frame.to_csv(folder / f"{symbol}_1d.csv", index_label="Date")
    return FolderData(folder)


def together(source: str, data: FolderData, symbols=SYMBOLS, **how) -> ExecutionResult:
    """One strategy on these symbols, by the guest's code and the account outside."""
    return run(source, data, symbol="+".join(symbols), symbols=symbols, **how)


def notebook(
    source: str, data: FolderData, symbols=SYMBOLS, config=None, universe=None
) -> pd.Series:
    """The same by `algoops.backtest`, in this process."""
    module = types.ModuleType("strategy")
    exec(compile(source, "strategy.py", "exec"), module.__dict__)
    config = config or BacktestConfig()
    scheme = config.commission
    fixed, part = (
        (scheme.fixed, scheme.pct) if isinstance(scheme, CommissionScheme) else (0.0, scheme)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return algoops.backtest(
            loading.choose(module, "Test", algoops.PortfolioStrategy),
            {s: data.bars(s, "1d", None, None).frame for s in symbols},
            cash=config.initial_capital,
            commission=(fixed, part),
            spread=config.slippage,
            margin=config.margin,
            hedging=config.hedging,
            exclusive_orders=config.exclusive_orders,
            finalize_trades=config.finalize_trades,
            universe=universe,
        )


def assert_as_in_notebook(result: ExecutionResult, stats: pd.Series) -> None:
    """Every trade, every bar's equity, each symbol's contribution."""
    assert result.status is Status.PASSED, (result.message, result.traceback)
    rows = stats["_trades"]
    assert len(result.trades) == len(rows)
    for ours, theirs in zip(result.trades, rows.itertuples(), strict=True):
        assert (ours.symbol, ours.size, ours.entry_bar, ours.exit_bar) == (
            theirs.Symbol,
            theirs.Size,
            theirs.EntryBar,
            theirs.ExitBar,
        )
        assert (ours.entry_price, ours.exit_price, ours.pnl, ours.tag) == (
            theirs.EntryPrice,
            theirs.ExitPrice,
            theirs.PnL,
            None if pd.isna(theirs.Tag) else theirs.Tag,
        )
    curve = stats["_equity_curve"]["Equity"]
    np.testing.assert_array_equal(np.frombuffer(result.curve.equity), curve.to_numpy())
    assert [c.pnl for c in result.contributions] == stats["_contributions"]["PnL"].tolist()
    assert result.metrics.equity_final == stats["Equity Final [$]"]
    assert result.metrics.max_drawdown_pct == stats["Max. Drawdown [%]"]
