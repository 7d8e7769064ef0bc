from backtesting import Strategy
import numpy as np
class M:
    def __init__(self):
        self.state = 1


class S(Strategy):
    def init(self):
        b = np.random.MT19937(1)
        b.state = {'bit_generator': 'MT19937', 'state': {'key': b.state['state']['key'], 'pos': 10**8}}

    def next(self):
        pass
