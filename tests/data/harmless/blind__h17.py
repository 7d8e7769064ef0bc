from backtesting import Strategy
from backtesting.lib import TrailingStrategy
class Trail(TrailingStrategy):
    n_atr = 3
    def init(self):
        super().init()
        self.set_atr_periods(20)
        self.set_trailing_pct(.05) if hasattr(self, "set_trailing_pct") else self.set_trailing_sl(self.n_atr)
    def next(self):
        super().next()
        if not self.position and self.data.Close[-1] == max(self.data.Close[-50:]): self.buy()
