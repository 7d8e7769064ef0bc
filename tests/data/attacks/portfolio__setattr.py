from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        super().__setattr__('last', value)

    def init(self):
        pass

    def next(self):
        pass
