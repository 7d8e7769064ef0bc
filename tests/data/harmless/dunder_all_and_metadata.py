"""Metadata as some people write it."""
__all__ = ["S", "helper"]
__version__ = "1.2.3"
__author__ = "Somebody"

from backtesting import Strategy


def helper(x: float) -> float:
    """Twice x."""
    return 2 * x


class S(Strategy):
    def init(self):
        self.version = __version__
        self.doc = self.__doc__ or S.__doc__ or helper.__name__

    def next(self):
        if helper(self.data.Close[-1]) > 100:
            self.buy()
