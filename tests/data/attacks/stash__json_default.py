from backtesting import Strategy
import json


class S(Strategy):
    def init(self):
        json.JSONEncoder.default = lambda self, o: 1

    def next(self):
        pass
