from backtesting import Strategy
class Kelly(Strategy):
    def init(self):
        self.wins = self.losses = 0
        self.seen: set[int] = set()
    def update(self):
        for t in self.closed_trades:
            key = id(t)
            if key in self.seen: continue
            self.seen |= {key}
            if t.pl > 0: self.wins += 1
            else: self.losses += 1
    def next(self):
        self.update()
        total = self.wins + self.losses
        p = self.wins / total if total else .5
        f = max(0, 2 * p - 1)
        match (bool(self.position), f):
            case (False, x) if x > .05: self.buy(size=min(x, .9))
            case (True, 0): self.position.close()
            case _: pass
