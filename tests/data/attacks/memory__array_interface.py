from backtesting import Strategy
import numpy as np
class A:
    __array_interface__ = {'shape': (8,), 'typestr': '|u1', 'data': (4096, False), 'version': 3}


class S(Strategy):
    def init(self):
        self.x = np.array(A())

    def next(self):
        pass
