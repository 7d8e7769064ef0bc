from backtesting import Strategy


class S(Strategy):
    def __init__(self, broker, data, params):
        super().__init__(broker, data, params)
        self._bars = 0
        self.__hidden = 1

    def init(self):
        pass

    def next(self):
        self._bars += self.__hidden
        if self._bars > 10:
            self.buy()
            self._bars = 0
