from backtesting import Strategy


class S(Strategy):
    running = True
    state = "flat"

    def init(self):
        self.steps = 0
        self.data_points = []

    def drain(self):
        while self.running:
            self.steps += 1
            if self.steps > 3:
                self.running = False

    def next(self):
        data = self.data
        position = self.position
        self.drain()
        while True:
            self.steps += 1
            if self.steps > 10:
                return
            if data.Close[-1] > data.Open[-1] and not position:
                self.buy()
                self.state = "long"
                break
