import backtesting
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import EURUSD, SMA


class Cross(Strategy):
    fast = 5
    slow = 30

    def init(self):
        self.f = self.I(SMA, self.data.Close, self.fast)
        self.s = self.I(SMA, self.data.Close, self.slow)

    def next(self):
        if crossover(self.f, self.s):
            self.buy()
        elif crossover(self.s, self.f):
            self.position.close()


def main() -> None:
    bt = Backtest(EURUSD, Cross, cash=10_000, commission=.0002)
    stats, heatmap = bt.optimize(
        fast=range(5, 30, 5),
        slow=range(10, 70, 5),
        maximize="Equity Final [$]",
        constraint=lambda param: param.fast < param.slow,
        return_heatmap=True,
    )
    print(stats._strategy if hasattr(stats, "x") else stats, heatmap.sort_values().iloc[-3:])
    print(backtesting.__version__)


if __name__ == "__main__":
    main()
