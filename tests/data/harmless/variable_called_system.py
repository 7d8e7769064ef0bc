from backtesting import Strategy


class Rules:
    def __init__(self, threshold):
        self.threshold = threshold

    def evaluate(self, price):
        return price > self.threshold


class S(Strategy):
    """No subprocess, no os.system, no eval() and no exec() here: only words."""

    def init(self):
        system = Rules(100.0)
        self.system = system
        self.message = "import os; os.system('id')"

    def next(self):
        if self.system.evaluate(self.data.Close[-1]):
            self.buy()
