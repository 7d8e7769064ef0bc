from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.history: list[float] = []

    def next(self):
        if (n := len(self.history)) > 10 and (last := self.history[-1]) > 0:
            best = max(self.history, key=lambda v, k=n: v / k)
            worst, *middle, top = sorted(self.history)
            print_me = [y for x in self.history if (y := x * 2) > last]
            if best > worst and middle and print_me and top:
                self.buy()
        self.history.append(self.data.Close[-1])
        assert n >= 0, "never negative"
        del n
