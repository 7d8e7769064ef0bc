from backtesting import Strategy
class EventStore:
    def __init__(self): self._rows = []
    def query(self, kind): return [r for r in self._rows if r["kind"] == kind]
    def dump(self): return list(self._rows)
    def add(self, **row): self._rows.append(row)
class S(Strategy):
    def init(self): self.store = EventStore()
    def next(self):
        self.store.add(kind="bar", price=self.data.Close[-1])
        if len(self.store.query("bar")) > 5 and self.store.dump(): self.buy()
