from backtesting import Strategy
import random
random.seed(7)
class Noise(Strategy):
    def init(self): self.r = random.Random(1234)
    def next(self):
        if self.r.random() > .99: self.buy()
        elif random.choice([0, 1]) and self.position: self.position.close()
