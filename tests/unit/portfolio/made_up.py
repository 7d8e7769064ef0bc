"""Made-up bars of several symbols."""

import numpy as np
import pandas as pd


def walk(seed, bars=300, start="2020-01-01", *, gaps=(), volatility=0.02, freq="D"):
    """Bars of a random walk; `gaps`: numbers of bars that are missing."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, bars)))
    opening = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, volatility / 4, bars))
    frame = pd.DataFrame(
        {
            "Open": opening,
            "High": np.maximum(opening, close)
            * np.exp(np.abs(rng.normal(0, volatility / 2, bars))),
            "Low": np.minimum(opening, close)
            * np.exp(-np.abs(rng.normal(0, volatility / 2, bars))),
            "Close": close,
            "Volume": rng.integers(100, 900, bars),
        },
        index=pd.date_range(start, periods=bars, freq=freq),
    )
    return frame.drop(frame.index[list(gaps)])


def flat(price, days=10, start="2020-01-01"):
    """Bars that do not move."""
    index = pd.date_range(start, periods=days, freq="D")
    return pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), float(price)), index=index)


def at(frame, place, **prices):
    """The same bars with other prices in one of them."""
    changed = frame.copy()
    for name, price in prices.items():
        changed.iloc[place, changed.columns.get_loc(name)] = price
    return changed
