"""RSI with dynamic exits."""
import talib as ta
from backtesting import Strategy
from backtesting.lib import barssince, cross, crossover, quantile


class Rsi(Strategy):
    period: int = 14
    lower, upper = 30, 70

    def init(self):
        self.rsi = self.I(ta.RSI, self.data.Close, self.period, name=f"RSI({self.period})")

    def next(self):
        if crossover(self.rsi, self.lower) and barssince(self.data.Close > self.data.Open) < 3:
            self.buy(size=.5, sl=.95 * self.data.Close[-1])
        if cross(self.rsi, self.upper) or quantile(self.rsi, .9) < self.rsi[-1]:
            for t in list(self.trades):
                t.close()
