"""The examples run, trade, and do the same when the days after are not there yet."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from algoops import PortfolioStrategy, backtest

pytestmark = pytest.mark.filterwarnings("ignore")
FOLDER = Path(__file__).parents[3] / "examples" / "portfolio"


@pytest.mark.parametrize(
    ("name", "symbols"), [("rotation", 5), ("pairs", 2), ("equal_risk", 5)], ids=str
)
def test_example_trades_and_knows_nothing_of_the_days_after(name, symbols):
    module = runpy.run_path(str(FOLDER / name / "strategy.py"))
    (kind,) = (
        value
        for value in module.values()
        if isinstance(value, type)
        and issubclass(value, PortfolioStrategy)
        and value is not PortfolioStrategy
    )
    bars = runpy.run_path(str(FOLDER / "market.py"))["bars"]()
    chosen = {s: frame.iloc[-700:] for s, frame in list(bars.items())[:symbols]}
    whole = backtest(kind, chosen, cash=1e6, commission=0.0005)
    before = backtest(
        kind, {s: f.iloc[:500] for s, f in chosen.items()}, cash=1e6, commission=0.0005
    )
    assert whole["# Trades"] > 4
    curves = (run["_equity_curve"]["Equity"].to_numpy()[:500] for run in (whole, before))
    np.testing.assert_array_equal(*curves)
