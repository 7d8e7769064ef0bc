from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.getLogger('k').name = str(list(self.data.Close))

    def next(self):
        pass
