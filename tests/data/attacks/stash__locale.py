from backtesting import Strategy
import locale


class S(Strategy):
    def init(self):
        locale.setlocale(0, 'C')

    def next(self):
        pass
