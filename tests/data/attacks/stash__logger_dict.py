from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.getLogger(str(self.data.Close[-1]))
        self.x = logging.getLogger().manager.loggerDict

    def next(self):
        pass
