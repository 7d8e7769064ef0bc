from backtesting import Strategy
class Helper:
    def eval(self, text):
        return text
class S(Strategy):
    def init(self):
        self.h = Helper()
        self.h = self.data.df
        self.h.eval("@x")
    def next(self):
        pass
