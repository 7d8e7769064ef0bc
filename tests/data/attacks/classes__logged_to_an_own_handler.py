import logging

import numpy as np
from backtesting import Strategy


class Keep(logging.Handler):
    def emit(self, record):
        self.made = record.args[0](4)


class S(Strategy):
    def init(self):
        log = logging.getLogger("k")
        log.addHandler(Keep())
        log.info("%s", type(np.zeros(1)))

    def next(self):
        pass
