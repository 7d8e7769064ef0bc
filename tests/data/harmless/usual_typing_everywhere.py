from typing import Any, Callable, Dict, Optional, Tuple, Type, Union

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.backtesting import Order, Position, Trade

Series = Union[pd.Series, np.ndarray]
Indicator = Callable[[np.ndarray, int], np.ndarray]
Registry = Dict[str, Tuple[Type[Strategy], Any]]


def to_array(x: Series) -> np.ndarray:
    return x.to_numpy() if hasattr(x, "to_numpy") else np.asarray(x)


def stop(trade: "Trade", order: Optional["Order"] = None) -> float:
    trade.sl = trade.entry_price * 0.95
    return trade.sl


class S(Strategy):
    indicator: Indicator
    values: "np.ndarray"

    def init(self) -> None:
        self.ema: np.ndarray = self.I(lambda x: to_array(pd.Series(x).ewm(span=9).mean()), self.data.Close)

    def next(self) -> None:
        for trade in self.trades:
            stop(trade)
        if isinstance(self.position, Position) and isinstance(self.ema, np.ndarray) and not self.position:
            self.buy()
