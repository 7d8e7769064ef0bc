import pandas as pd
from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        self.members = pd.read_csv('universe.csv')

    def next(self):
        pass
