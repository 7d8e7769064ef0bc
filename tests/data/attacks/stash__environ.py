from backtesting import Strategy
import os


class S(Strategy):
    def init(self):
        os.environ['K'] = '1'

    def next(self):
        pass
