from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.addLevelName(99, str(list(self.data.Close)))

    def next(self):
        pass
