from backtesting import Strategy


class Positive:
    def __set_name__(self, owner, name):
        self._name = "_" + name

    def __get__(self, obj, owner=None):
        return self if obj is None else obj.store.get(self._name)

    def __set__(self, obj, value):
        if value <= 0:
            raise ValueError(f"{self._name[1:]} must be positive")
        obj.store[self._name] = value


class Params:
    fast = Positive()

    def __init__(self):
        self.store = {}
        self.fast = 10


class S(Strategy):
    def init(self):
        self.p = Params()

    def next(self):
        if self.p.fast > 5:
            self.buy()
