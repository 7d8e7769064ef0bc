import algoops


class S(algoops.PortfolioStrategy):
    def init(self):
        self.stats = algoops.backtest(S, {})

    def next(self):
        algoops.plot(self.stats, "/tmp/x.html")
