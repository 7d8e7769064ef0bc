import numpy as np
import pandas as pd
from backtesting import Strategy


class S(Strategy):
    def init(self):
        df = self.data.df.copy()
        df.columns = [c.lower() for c in df.columns]
        df.index.name = "date"
        df["ret"] = df["close"].pct_change()
        s = df["ret"]
        s.name = "returns"
        df.loc[df.index[0], "ret"] = 0
        df = df.assign(z=lambda d: (d.ret - d.ret.rolling(20).mean()) / d.ret.rolling(20).std())
        by_year = df.groupby(df.index.year)["ret"].agg(["mean", "std"])
        by_month = df.groupby(pd.Grouper(freq="ME")).agg({"close": "last", "ret": "sum"})
        ranked = df["ret"].rolling(10).apply(lambda x: np.mean(x), raw=True, engine="cython")
        rows = df.apply(lambda row: row["close"] - row["open"], axis=1)
        piped = df["close"].pipe(np.log).diff()
        self.z = self.I(lambda: df.z.fillna(0).values)
        self.keep = (by_year, by_month, ranked, rows, piped)
        arr = df["close"].to_numpy().copy()
        arr[0] = 1.0
        arr[1:5] += 1
        np.resize(arr, 10)
        mask = np.zeros(len(arr), dtype=bool)
        mask[3:] = True
        self.windows = np.lib.stride_tricks.sliding_window_view(arr, 5)
        self.step = arr.strides, arr.dtype, arr.flags.writeable, arr.data.nbytes

    def next(self):
        if self.z[-1] < -1:
            self.buy()
