from backtesting import Backtest, Strategy
from backtesting.lib import crossover, plot_heatmaps
from backtesting.test import GOOG, SMA


class SmaCross(Strategy):
    n1 = 10
    n2 = 20

    def init(self):
        close = self.data.Close
        self.sma1 = self.I(SMA, close, self.n1)
        self.sma2 = self.I(SMA, close, self.n2)

    def next(self):
        if crossover(self.sma1, self.sma2):
            self.position.close()
            self.buy()
        elif crossover(self.sma2, self.sma1):
            self.position.close()
            self.sell()


if __name__ == "__main__":
    bt = Backtest(GOOG, SmaCross, cash=10_000, commission=0.002, exclusive_orders=True)
    stats, heatmap = bt.optimize(
        n1=range(5, 30, 5),
        n2=range(10, 70, 5),
        maximize="Equity Final [$]",
        constraint=lambda param: param.n1 < param.n2,
        return_heatmap=True,
    )
    print(stats, heatmap.sort_values().iloc[-3:])
    print(stats._strategy, stats["_trades"])
    bt.plot(plot_volume=False, plot_pl=False)
