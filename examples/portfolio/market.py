"""Bars for the examples of this folder, all of the same days.

SPX and IXIC are the indices of examples/data. BOND, GOLD and REIT are made up (a random walk with
a fixed seed): they are no market, and what a strategy earns on them says nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[1] / "data"


def index(name: str) -> pd.DataFrame:
    """An index's daily bars."""
    return pd.read_csv(DATA / f"{name}_1d.csv", index_col=0, parse_dates=True)


def made_up(seed: int, days: pd.DatetimeIndex, volatility: float) -> pd.DataFrame:
    """Daily bars of a random walk."""
    chance = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(chance.normal(0.0001, volatility, len(days))))
    opening = np.concatenate(([100.0], close[:-1]))
    high, low = np.maximum(opening, close) * 1.002, np.minimum(opening, close) * 0.998
    return pd.DataFrame({"Open": opening, "High": high, "Low": low, "Close": close}, index=days)


def bars() -> dict[str, pd.DataFrame]:
    """Five symbols on the days that both indices have."""
    spx, ixic = index("SPX"), index("IXIC")
    days = spx.index.intersection(ixic.index)
    return {
        "SPX": spx.loc[days],
        "IXIC": ixic.loc[days],
        "BOND": made_up(1, days, 0.004),
        "GOLD": made_up(2, days, 0.010),
        "REIT": made_up(3, days, 0.012),
    }
