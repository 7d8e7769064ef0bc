"""Buy when the day opens well below yesterday's close."""

from backtesting import Strategy


class GapFade(Strategy):
    gap = 0.01

    def init(self):
        pass

    def next(self):
        if not self.position and self.data.Open[-1] < self.data.Close[-2] * (1 - self.gap):
            self.buy(size=0.5)
        elif self.position:
            self.position.close()
