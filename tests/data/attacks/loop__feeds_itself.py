from backtesting import Strategy


class S(Strategy):
    def init(self):
        xs = [1]
        for x in xs:
            xs.append(x)

    def next(self):
        pass
