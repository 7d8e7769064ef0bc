"""Orders with limits, stops and take-profits around the newest close of each symbol."""

from algoops import PortfolioStrategy


class Brackets(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        for order in self.orders:
            if not order.is_contingent:
                order.cancel()
        for symbol in self.listed:
            close = self.data[symbol].Close[-1]
            units = int(self.equity / len(self.symbols) / close * 0.5)
            if units and not self.position(symbol):
                self.buy(symbol, size=units, limit=close * 0.99, sl=close * 0.95, tp=close * 1.04)
