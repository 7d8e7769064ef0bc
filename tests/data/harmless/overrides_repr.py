from backtesting import Strategy


class S(Strategy):
    sl_pct = 0.05
    size = 0.9

    def init(self):
        self.trades_seen = 0
        self.entry = None
        self.manager = Manager(self)
        self.handlers = [self.enter, self.leave]

    def enter(self):
        if not self.position:
            self.entry = self.buy(size=self.size)

    def leave(self):
        self.manager.check()

    def next(self):
        for handler in self.handlers:
            handler()


class Manager:
    def __init__(self, strategy):
        self.strategy = strategy
        self.base = None

    def check(self):
        s = self.strategy
        self.base = self.base or s.data.Close[-1]
        if s.position and s.data.Close[-1] < self.base * (1 - s.sl_pct):
            s.position.close()
            self.base = None
