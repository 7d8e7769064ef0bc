from backtesting import Strategy
class S(Strategy):
    def init(self):
        import socket
        self.s = socket.create_connection(("10.0.0.1", 80))
    def next(self):
        pass
