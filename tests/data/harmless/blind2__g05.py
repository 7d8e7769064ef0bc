import pandas as pd
from backtesting import Strategy
def ichimoku(df: pd.DataFrame):
    nine = (df["High"].rolling(9).max() + df["Low"].rolling(9).min()) / 2
    kijun = df[["High", "Low"]].rolling(26).agg({"High": "max", "Low": "min"}).mean(axis=1)
    a = ((nine + kijun) / 2).shift(26)
    b = ((df["High"].rolling(52).max() + df["Low"].rolling(52).min()) / 2).shift(26)
    return nine.to_numpy(), kijun.to_numpy(), a.to_numpy(), b.to_numpy()
class Ichi(Strategy):
    def init(self):
        self.t, self.k, self.a, self.b = self.I(ichimoku, self.data.df)
    def next(self):
        c = self.data.Close[-1]
        if c > max(self.a[-1], self.b[-1]) and self.t[-1] > self.k[-1] and not self.position:
            self.buy()
        elif self.position and c < min(self.a[-1], self.b[-1]):
            self.position.close()
