from backtesting import Strategy
import contextvars


class S(Strategy):
    def init(self):
        contextvars.ContextVar('k').set(1)

    def next(self):
        pass
