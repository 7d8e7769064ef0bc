from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.getLogger('k').filters.append(list(self.data.Close))

    def next(self):
        pass
