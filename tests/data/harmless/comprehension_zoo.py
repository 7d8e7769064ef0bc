from backtesting import Strategy


class S(Strategy):
    periods = (5, 10, 20)
    table = {p: p * 2 for p in periods}
    squares = [x ** 2 for x in range(5) if x % 2]

    def init(self):
        closes = list(self.data.Close)
        self.mas = {n: sum(closes[-n:]) / n for n in self.periods}
        self.pairs = {(a, b) for a in self.periods for b in self.periods if a < b}
        self.gen = (x for x in closes)
        self.deep = [[c * n for c in closes] for n in self.periods]
        self.any = any(v > 0 for v in self.mas.values())
        self.d = dict(zip("abc", range(3)), **{"z": 1})
        self.t = (*self.periods, 50)
        self.s = closes[::-1][:5]

    def next(self):
        fast, *_, slow = self.periods
        if self.mas[fast] > self.mas[slow]:
            self.buy()
