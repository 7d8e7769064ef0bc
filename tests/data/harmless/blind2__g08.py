from backtesting import Strategy
from decimal import Decimal
import json
CONFIG = """
{"levels": [0.236, 0.382, 0.5, 0.618], "system": "fib", "eval": true}
"""
class Fib(Strategy):
    config = json.loads(CONFIG)
    def init(self):
        self.levels = sorted(map(Decimal, map(str, self.config["levels"])), reverse=True)
        assert self.config.get("eval") is True, "config is broken"
    def next(self):
        hi, lo = Decimal(str(max(self.data.High[-50:]))), Decimal(str(min(self.data.Low[-50:])))
        prices = {f"{lvl:.1%}": hi - (hi - lo) * lvl for lvl in self.levels}
        if Decimal(str(self.data.Close[-1])) <= prices["61.8%"]: self.buy()
