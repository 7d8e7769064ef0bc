import pandas as pd
from pandas import DataFrame, Series, Timedelta, Timestamp, concat, isna, to_datetime
from pandas.tseries.offsets import BDay, MonthEnd
from pandas.api.types import is_numeric_dtype
from backtesting import Strategy
class S(Strategy):
    cutoff = Timestamp("2010-01-01")
    def init(self):
        s: Series = self.data.Close.s
        d: DataFrame = concat([s.rename("a"), s.diff(5).rename("b")], axis=1)
        assert is_numeric_dtype(d["a"])
        self.x = d.corr().loc["a", "b"]
        self.y = d.apply(pd.to_numeric, errors="coerce").apply(lambda r: r.a + r.b, axis=1).ewm(halflife=3).mean()
        self.z = d["a"].rolling("30D").agg("mean") if isinstance(d.index, pd.DatetimeIndex) else None
        self.nan = isna(self.x)
    def next(self):
        ts = self.data.index[-1]
        if ts > self.cutoff and ts + BDay(1) <= ts + MonthEnd(0) and ts - to_datetime("2000-01-01") > Timedelta("1D"): self.buy()
