from backtesting import Strategy, Backtest
from backtesting.test import GOOG, SMA
class S(Strategy):
    n = 10
    def init(self): self.ma = self.I(SMA, self.data.Close, self.n)
    def next(self):
        if self.data.Close > self.ma: self.buy()
        else: self.position.close()
def run(cls=S, **params):
    bt = Backtest(GOOG, cls, cash=10_000, commission=.002, trade_on_close=True, finalize_trades=True)
    return bt.run(**params)
if __name__ == "__main__":
    stats = run(n=20)
    print(stats["_strategy"], stats["_trades"].describe(), stats.to_frame().T, sep="\n\n")
    best = max((run(n=n) for n in range(5, 50, 5)), key=lambda s: s["SQN"])
    print(best["# Trades"], best._strategy.n, f"{best['Win Rate [%]']:.1f}")
