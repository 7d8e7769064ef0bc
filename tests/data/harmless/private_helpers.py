from backtesting import Strategy
import numpy as np

_CACHE: dict = {}
_LIMIT = 100


def _true_range(h, l, c):
    prev = np.roll(c, 1)
    return np.maximum(h - l, np.maximum(abs(h - prev), abs(l - prev)))


class _State:
    def __init__(self):
        self._bars = 0
        self._data = []

    def _tick(self):
        self._bars += 1
        self._data.append(self._bars)
        return self._bars

    def __len__(self):
        return len(self._data)


class S(Strategy):
    _warmup = 20
    __private = 5

    def init(self):
        self._tr = self.I(_true_range, self.data.High, self.data.Low, self.data.Close)
        self._state = _State()

    def _ready(self):
        return self._state._tick() > self._warmup + self.__private

    def next(self):
        if self._ready() and self._tr[-1] < _LIMIT and not _CACHE and len(self._state):
            self.__go()

    def __go(self):
        self.buy()
