from __future__ import annotations

from typing import Dict, List, Optional, Union

import numpy as np
import pandas as pd
from backtesting import Strategy
from numpy.typing import NDArray

ArrayLike = Union[np.ndarray, pd.Series, List[float]]
Array = np.ndarray


def sma(values: ArrayLike, n: int) -> np.ndarray:
    if isinstance(values, (np.ndarray, list)):
        values = pd.Series(values)
    if not isinstance(values, pd.Series):
        raise TypeError(f"{type(values)} is not a series")
    return values.rolling(n).mean().to_numpy()


def weights(x: Array, table: Dict[str, np.ndarray], out: Optional[np.ndarray] = None) -> NDArray[np.float64]:
    out = np.asarray(x, dtype=float).view(np.ndarray)
    return out.astype(object).astype(float)


class S(Strategy):
    n = 10

    def init(self):
        self.cache: dict[str, np.ndarray] = {}
        self.sma = self.I(sma, self.data.Close, self.n)

    def next(self):
        x = np.array([1.0, 2.0, 3.0, 4.0])
        x = x.reshape(2, 2)
        x.flat = 0
        if type(x) == np.ndarray and type(x) is not list and self.data.Close[-1] > self.sma[-1]:
            self.buy()
