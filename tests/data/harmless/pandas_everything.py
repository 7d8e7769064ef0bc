import pandas as pd
from backtesting import Strategy


def features(close, volume) -> pd.DataFrame:
    s = pd.Series(close).rename("close")
    v = pd.Series(volume)
    df = pd.DataFrame({"close": s, "volume": v})
    df["ret"] = df["close"].pct_change().fillna(0.0)
    df["lag"] = df.close.shift(1)
    df["z"] = (df.close - df.close.rolling(20).mean()) / df.close.rolling(20).std(ddof=0)
    df["vwap"] = (df.close * df.volume).cumsum() / df.volume.cumsum().replace(0, pd.NA)
    df["rank"] = df.close.rolling(50).apply(lambda w: (w[-1] > w).mean(), raw=True)
    df["q"] = df.close.expanding().quantile(0.9)
    df.loc[df.index[-1], "flag"] = True
    df = df.assign(up=lambda d: d.ret > 0).astype({"up": "int8"}).ffill().dropna(how="all")
    agg = df.agg({"ret": ["mean", "std"], "volume": "sum"})
    stats = df.groupby("up")["ret"].agg(["mean", "count"]).reset_index()
    named = df.groupby("up").agg(total=("volume", "sum"), best=("ret", "max"), own=("ret", lambda x: x.sum()))
    wide = df.pivot_table(index="up", values="ret", aggfunc="mean")
    norm = df[["ret", "z"]].apply(lambda col: (col - col.mean()) / col.std())
    scaled = df[["ret"]].transform("cumsum")
    merged = pd.concat([agg, stats, named, wide, norm, scaled], axis=0).reset_index(drop=True)
    return merged.sort_values("ret").head(5).to_dict(orient="records") and df


class S(Strategy):
    def init(self):
        self.f = self.I(lambda c, v: features(c, v)["z"], self.data.Close, self.data.Volume)

    def next(self):
        if self.f[-1] < -2:
            self.buy()
