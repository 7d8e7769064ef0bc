from backtesting import Strategy
import logging
class H(logging.Handler):
    kept = ()


class S(Strategy):
    def init(self):
        logging.getLogger('k').addHandler(H())
        self.x = logging.getLogger('k').handlers[0].kept

    def next(self):
        pass
