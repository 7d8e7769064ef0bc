from backtesting import Strategy


class Shared:
    _instance = None

    def __new__(cls, *args, **kwargs):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def query(self, x):
        return x

    def dump(self):
        return self.query(1)


class S(Strategy):
    def init(self):
        self.shared = Shared()

    def next(self):
        if self.shared is Shared():
            self.buy()
