from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.x = pd.get_option('display.width')

    def next(self):
        pass
