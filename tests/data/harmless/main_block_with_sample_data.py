from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Hold(Strategy):
    def init(self):
        self.ma = self.I(SMA, self.data.Close, 50)

    def next(self):
        if not self.position and self.data.Close[-1] > self.ma[-1]:
            self.buy(size=0.95)


if __name__ == "__main__":
    bt = Backtest(GOOG, Hold, cash=10_000, commission=0.002, exclusive_orders=True)
    stats = bt.run()
    print(stats)
    print(f"Return: {stats['Return [%]']:.2f}%")
    bt.plot(open_browser=False)
