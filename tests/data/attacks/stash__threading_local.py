from backtesting import Strategy
import threading


class S(Strategy):
    def init(self):
        threading.local().x = 1

    def next(self):
        pass
