from abc import ABCMeta

from algoops import PortfolioStrategy


class Maker(ABCMeta):
    def __call__(cls, account, *rest):
        made = super().__call__(account, *rest)
        made.account = account
        return made


class S(PortfolioStrategy, metaclass=Maker):
    def init(self):
        pass

    def next(self):
        pass
