import operator
from backtesting import Strategy
OPS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "==": operator.eq}
class Cond:
    def __init__(self, left, op, right): self.left, self.op, self.right = left, OPS[op], right
    def evaluate(self, ctx): return self.op(ctx[self.left], self.right)
class RuleBased(Strategy):
    rules = (("close", ">", 100.0), ("volume", ">=", 1))
    def init(self): self.conds = [Cond(*r) for r in self.rules]
    def next(self):
        ctx = dict(close=self.data.Close[-1], volume=self.data.Volume[-1], open=self.data.Open[-1])
        if all(c.evaluate(ctx) for c in self.conds): self.buy()
