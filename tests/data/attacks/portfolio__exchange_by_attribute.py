import algoops


class S(algoops.PortfolioStrategy):
    def init(self):
        self.kind = algoops.exchange.shared.SharedAccount

    def next(self):
        pass
