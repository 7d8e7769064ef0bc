from backtesting import Strategy
class Portfolio:
    """Holds `open` and `close` events; `compile` a summary; `help` text; `exec` plan."""
    help = "Buy low, sell high"
    def __init__(self): self.events = []
    def open(self, price): self.events.append(("open", price)); return self
    def close(self, price): self.events.append(("close", price)); return self
    def compile(self): return {k: sum(1 for e, _ in self.events if e == k) for k in ("open", "close")}
    def exec(self): return self.compile()
    def input(self, x): self.events.append(("input", x))
class S(Strategy):
    def init(self): self.p = Portfolio()
    def next(self):
        self.p.open(self.data.Open[-1]).close(self.data.Close[-1])
        self.p.input(1)
        if self.p.exec()["open"] > 5 and self.p.help: self.buy()
