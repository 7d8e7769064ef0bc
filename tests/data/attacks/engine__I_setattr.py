from backtesting import Strategy


class S(Strategy):
    def init(self):
        setattr(self, 'I', lambda f, *a: f(*a))

    def next(self):
        pass
