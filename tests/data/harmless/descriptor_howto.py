from backtesting import Strategy


class Bounded:
    def __init__(self, low, high):
        self.low = low
        self.high = high

    def __set_name__(self, owner, name):
        self.public_name = name
        self.private_name = "_" + name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return getattr(instance, self.private_name, self.low)

    def __set__(self, instance, value):
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.public_name} must be within {self.low} and {self.high}")
        setattr(instance, self.private_name, value)

    def __delete__(self, instance):
        delattr(instance, self.private_name)


class S(Strategy):
    risk = Bounded(0.01, 0.5)
    size_fraction: float = Bounded(0.1, 0.9)

    def init(self):
        self.risk = 0.1

    def next(self):
        if not self.position:
            self.buy(size=self.size_fraction, sl=self.data.Close[-1] * (1 - self.risk))
