import copy
import types
from types import SimpleNamespace as NS
from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.ns = NS(system=1, open=2, eval=3)
        self.shadow = copy.copy(self.ns)
        self.frozen = types.MappingProxyType({"a": 1})
    def next(self):
        self.ns.system += self.frozen["a"]
        if self.shadow.open < self.ns.system: self.buy()
