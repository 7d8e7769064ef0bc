from backtesting import Strategy
import operator


class S(Strategy):
    def init(self):
        self.x = self.data.df.pipe(operator.methodcaller('to_pickle', '/tmp/x'))

    def next(self):
        pass
