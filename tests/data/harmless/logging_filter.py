import logging

from backtesting import Strategy


class BarFilter(logging.Filter):
    def __init__(self):
        super().__init__()
        self.bar = 0

    def filter(self, record):
        record.bar = self.bar
        return True


class S(Strategy):
    def init(self):
        self.filter = BarFilter()
        self.log = logging.getLogger("bars")
        self.log.addFilter(self.filter)

    def next(self):
        self.filter.bar += 1
        self.log.info("next")
        self.buy()
