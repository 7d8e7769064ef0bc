from backtesting import Strategy
class S(Strategy):
    '''print statements for debugging'''
    verbose = False
    def log(self, *args, **kwargs):
        if self.verbose: print(self.data.index[-1], *args, **kwargs)
    def init(self): self.log("start")
    def next(self):
        self.log(f"{self.data.Close[-1]=:.2f}", end="")
        if self.data.Close[-1] > self.data.Close[-2]: self.buy()
