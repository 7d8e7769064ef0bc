import pandas as pd
from backtesting import Strategy


class S(Strategy):
    def init(self):
        df = self.data.df.copy()
        self.arr = df["Close"].to_numpy()
        self.lst = df["Close"].to_list() + df.Close.tolist()
        self.frm = df["Close"].to_frame("c").to_dict("list")
        self.per = df.index.to_period("M") if hasattr(df.index, "to_period") else None
        self.rec = df.reset_index().to_records(index=False)
        self.dts = pd.to_datetime(df.index).tz_localize(None)
        self.num = pd.to_numeric(df["Volume"], errors="coerce")
        self.off = df.index[-1] + pd.offsets.BDay(1) + pd.DateOffset(months=1) + pd.Timedelta(days=1)
        self.cut = pd.cut(df.Close, 3, labels=False)
        self.txt = df.tail().to_string()
        self.idx = pd.date_range("2020-01-01", periods=3, freq="D").to_series().index
        self.sel = df[(df.Close > df.Open) & (df.Volume > 0)].filter(like="Clo").iloc[:, 0]
        self.melt = df.stack().unstack().sum().map(lambda x: x * 2).map({1: "a"})
        self.where = df.Close.where(df.Close > 0, other=0).mask(df.Close > 10**9).between(1, 2)

    def next(self):
        if self.sel is not None:
            self.buy()
