from backtesting import Strategy
import pandas as pd
class S(Strategy):
    how = "mean"
    columns = ("Open", "High", "Low", "Close")
    def init(self):
        df = self.data.df
        self.mid = df[list(self.columns)].agg(self.how, axis=1)
        self.stats = {c: df[c].agg(["min", "max", self.how]) for c in self.columns}
        self.q = df.Close.rolling(20).quantile(.9).shift()
        self.grp = df.groupby(df.index.dayofweek).agg({"Close": self.how, "Volume": "sum"})
        self.custom = df.Close.rolling(5).apply(lambda w: w.iloc[-1] - w.iloc[0], raw=False)
        self.fn = df.groupby(df.index.month)["Close"].apply(lambda s: s.iloc[-1])
        self.tr = df.groupby(df.index.year)["Close"].transform("mean")
        self.str = pd.Series(["a", "b"]).str.upper().map(str.lower).tolist()
        for col in self.columns:
            setattr(self, "last_" + col.lower(), getattr(self.data, "Close")[-1])
    def next(self):
        if self.data.Close[-1] > self.mid.iloc[0]: self.buy()
